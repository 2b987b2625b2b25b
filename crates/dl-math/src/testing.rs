//! Helpers shared by the tests.

use ndarray::{Array1, Array2};
use proptest::collection::vec;
use proptest::prelude::*;

/// A distribution over 2 to 6 outcomes, some of probability 0.
pub(crate) fn distribution() -> impl Strategy<Value = Array1<f64>> {
    (2usize..=6).prop_flat_map(distribution_of)
}

/// Two distributions over the same outcomes.
pub(crate) fn distributions() -> impl Strategy<Value = (Array1<f64>, Array1<f64>)> {
    (2usize..=6).prop_flat_map(|n| (distribution_of(n), distribution_of(n)))
}

/// A table of probabilities of 1 to 5 rows and columns, some of them 0.
pub(crate) fn joint() -> impl Strategy<Value = Array2<f64>> {
    (1usize..=5, 1usize..=5).prop_flat_map(|(rows, columns)| {
        distribution_of(rows * columns)
            .prop_map(move |p| p.into_shape_with_order((rows, columns)).unwrap())
    })
}

/// A distribution whose outcomes are all possible.
pub(crate) fn positive_distribution(n: usize) -> impl Strategy<Value = Array1<f64>> {
    vec(0.01f64..1.0, n).prop_map(normalised)
}

fn distribution_of(n: usize) -> impl Strategy<Value = Array1<f64>> {
    let weight = prop_oneof![1 => Just(0.0), 4 => 0.001f64..1.0];
    vec(weight, n).prop_map(|mut weights| {
        if weights.iter().all(|&w| w == 0.0) {
            weights[0] = 1.0;
        }
        normalised(weights)
    })
}

fn normalised(weights: Vec<f64>) -> Array1<f64> {
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// ∫ f over [from, to] by the midpoint rule.
pub(crate) fn integral(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    let n = 20_000;
    let step = (to - from) / f64::from(n);
    (0..n)
        .map(|i| f(from + (f64::from(i) + 0.5) * step))
        .sum::<f64>()
        * step
}

/// Within the tolerance, which is relative for values above 1.
pub(crate) fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}
