//! The losses: gradients, closed forms, PyTorch's values (`reference/layers.py`), stability.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use dl_nn::gradient_check::check_loss;
use dl_nn::losses::mean_loss;
use dl_nn::ndarray::{Array2, ArrayView2, Axis, Slice, array};
use dl_nn::prelude::*;
use dl_nn::{Scalar, TargetRow};
use proptest::prelude::*;
use serde::Deserialize;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Reference {
    losses: Losses,
}

#[derive(Deserialize)]
struct Losses {
    outputs: Tensor,
    values: Tensor,
    labels: Vec<usize>,
    soft: Tensor,
    units: Tensor,
    class_weights: Vec<f64>,
    table: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    loss: f64,
    gradient: Tensor,
}

#[derive(Deserialize)]
struct Tensor {
    shape: [usize; 2],
    values: Vec<f64>,
}

impl Tensor {
    fn array(&self) -> Array2<f64> {
        Array2::from_shape_vec(self.shape, self.values.clone()).unwrap()
    }
}

fn target<'a>(targets: impl IntoTarget<'a, f64>) -> Target<'a, f64> {
    targets.into_target().unwrap()
}

/// The mean loss over all rows and its gradient.
fn mean(
    loss: &dyn Loss<f64>,
    outputs: ArrayView2<f64>,
    targets: &Target<f64>,
    weights: Option<&[f64]>,
) -> (f64, Array2<f64>) {
    let mut delta = Array2::from_elem(outputs.dim(), f64::NAN);
    let (flat, rows) = (outputs.as_slice().unwrap(), 0..outputs.nrows());
    let gradient = delta.as_slice_mut().unwrap();
    let value = mean_loss(loss, flat, targets, rows, weights, gradient);
    (value, delta)
}

fn sample<F: Scalar>(loss: &dyn Loss<F>, z: &[F], target: TargetRow<F>) -> (F, Vec<F>) {
    let mut delta = vec![F::nan(); z.len()];
    let value = loss.sample(z, target, &mut delta);
    (value, delta)
}

/// Name, loss, targets, weights.
type Case<'a> = (
    &'a str,
    &'a dyn Loss<f64>,
    Target<'a, f64>,
    Option<&'a [f64]>,
);

#[test]
fn equal_to_pytorch() {
    let Reference { losses } = serde_json::from_str(include_str!("reference/layers.json")).unwrap();
    let outputs = losses.outputs.array();
    let (values, soft, units) = (
        losses.values.array(),
        losses.soft.array(),
        losses.units.array(),
    );
    let half = values.slice_axis(Axis(1), Slice::from(..2));
    let labels = &losses.labels;
    let weights: Vec<f64> = labels.iter().map(|&l| losses.class_weights[l]).collect();
    let smoothed = SoftmaxCrossEntropy::new().label_smoothing(0.1);
    let cases: [Case<'_>; 11] = [
        (
            "MeanSquaredError",
            &MeanSquaredError::new(),
            target(&values),
            None,
        ),
        (
            "MeanAbsoluteError",
            &MeanAbsoluteError::new(),
            target(&values),
            None,
        ),
        ("Huber", &Huber::new(0.6), target(&values), None),
        (
            "BinaryCrossEntropy",
            &BinaryCrossEntropy::new(),
            target(&units),
            None,
        ),
        (
            "SoftmaxCrossEntropy",
            &SoftmaxCrossEntropy::new(),
            target(labels),
            None,
        ),
        (
            "SoftmaxCrossEntropy smoothed",
            &smoothed,
            target(labels),
            None,
        ),
        (
            "SoftmaxCrossEntropy weighted",
            &SoftmaxCrossEntropy::new(),
            target(labels),
            Some(&weights),
        ),
        (
            "SoftmaxCrossEntropy soft",
            &SoftmaxCrossEntropy::new(),
            target(&soft),
            None,
        ),
        (
            "SoftmaxCrossEntropy soft smoothed",
            &smoothed,
            target(&soft),
            None,
        ),
        ("KlDivergence", &KlDivergence::new(), target(&soft), None),
        ("GaussianNll", &GaussianNll::new(), target(half), None),
    ];
    assert_eq!(losses.table.len(), cases.len());
    for (name, loss, targets, weights) in cases {
        let (value, gradient) = mean(loss, outputs.view(), &targets, weights);
        let expected = &losses.table[name];
        let difference = (value - expected.loss).abs();
        assert!(
            difference <= TOLERANCE,
            "{name}: {value} against {}",
            expected.loss
        );
        for (a, b) in gradient.iter().zip(&expected.gradient.values) {
            assert!((a - b).abs() <= TOLERANCE, "{name}: {a} against {b}");
        }
    }
}

/// Values that a person can follow.
#[test]
fn closed_forms() {
    let close = |(value, delta): (f64, Vec<f64>), expected: f64, gradient: &[f64]| {
        assert!((value - expected).abs() <= TOLERANCE, "{value}, {expected}");
        for (a, b) in delta.iter().zip(gradient) {
            assert!((a - b).abs() <= TOLERANCE, "{delta:?}, {gradient:?}");
        }
    };
    let t = TargetRow::Values(&[1.0, 2.0]);
    close(
        sample(&MeanSquaredError::new(), &[4.0, 2.0], t),
        4.5,
        &[3.0, 0.0],
    );
    close(
        sample(&MeanAbsoluteError::new(), &[4.0, 2.0], t),
        1.5,
        &[0.5, 0.0],
    );
    // one error beyond δ, one within
    let huber = sample(&Huber::new(2.0), &[4.0, 3.0], t);
    close(huber, (2.0 * 3.0 - 2.0 + 0.5) / 2.0, &[1.0, 0.5]);
    let t = TargetRow::Class(1);
    close(
        sample(&BinaryCrossEntropy::new(), &[0.0], t),
        2f64.ln(),
        &[-0.5],
    );
    let thirds = [1.0 / 3.0, -2.0 / 3.0, 1.0 / 3.0];
    close(
        sample(&SoftmaxCrossEntropy::new(), &[5.0; 3], t),
        3f64.ln(),
        &thirds,
    );
    close(
        sample(&KlDivergence::new(), &[5.0; 3], t),
        3f64.ln(),
        &thirds,
    );
    // an error of e, variance e²: ½ (ln 2π + 2 + 1)
    let gaussian = sample(
        &GaussianNll::new(),
        &[1f64.exp(), 2.0],
        TargetRow::Values(&[0.0]),
    );
    close(
        gaussian,
        0.5 * ((2.0 * PI).ln() + 3.0),
        &[(-1f64).exp(), 0.0],
    );
}

#[test]
fn soft_targets_with_zeros() {
    let t = TargetRow::Values(&[0.0, 1.0, 0.0]);
    for loss in [
        &SoftmaxCrossEntropy::new() as &dyn Loss<f64>,
        &KlDivergence::new(),
    ] {
        let soft = sample(loss, &[0.3, -1.0, 2.0], t);
        let class = sample(loss, &[0.3, -1.0, 2.0], TargetRow::Class(1));
        assert!((soft.0 - class.0).abs() <= TOLERANCE, "{loss:?}");
        assert_eq!(soft.1, class.1, "{loss:?}");
        // an impossible class costs nothing where its target is 0
        let impossible = sample(loss, &[f64::NEG_INFINITY, 1.0, 1.0], t);
        assert!((impossible.0 - 2f64.ln()).abs() <= TOLERANCE, "{loss:?}");
    }
}

/// −ln p for logits of ±10⁴ in single precision: finite, right, and with gradients in [−1, 1].
#[test]
fn stable_at_large_logits() {
    let losses: [&dyn Loss<f32>; 3] = [
        &SoftmaxCrossEntropy::new(),
        &SoftmaxCrossEntropy::new().label_smoothing(0.1),
        &KlDivergence::new(),
    ];
    for loss in losses {
        for sign in [1e4, -1e4] {
            let (value, delta) = sample(loss, &[sign, 0.0, -sign], TargetRow::Class(0));
            assert!(value.is_finite() && value >= 0.0, "{loss:?}: {value}");
            assert!(delta.iter().all(|d| d.abs() <= 1.0), "{loss:?}: {delta:?}");
        }
    }
    let (value, delta) = sample(&KlDivergence::new(), &[-1e4_f32, 1e4], TargetRow::Class(0));
    assert_eq!((value, delta), (2e4, vec![-1.0, 1.0]));
    // a common offset of the logits changes nothing, not even the last digits by much
    let ln_2 = std::f32::consts::LN_2;
    for loss in [
        &SoftmaxCrossEntropy::new() as &dyn Loss<f32>,
        &KlDivergence::new(),
    ] {
        for offset in [1e4, -1e4] {
            let (value, delta) = sample(loss, &[offset; 2], TargetRow::Class(0));
            assert!(
                (value - ln_2).abs() <= 1e-6,
                "{loss:?} at {offset}: {value}"
            );
            assert_eq!(delta, [-0.5, 0.5]);
        }
    }
    for (logit, class, expected) in [(1e4, 1, 0.0), (1e4, 0, 1e4), (-1e4, 1, 1e4), (-1e4, 0, 0.0)] {
        let (value, delta) = sample(
            &BinaryCrossEntropy::new(),
            &[logit as f32],
            TargetRow::Class(class),
        );
        assert_eq!(value, expected);
        assert!(delta[0].abs() <= 1.0);
    }
}

/// Σ wᵢ ℓᵢ / Σ wᵢ: weight 2 is a sample twice, weight 0 none; a batch of zeros costs nothing.
#[test]
fn weights_are_repetitions() {
    let z = array![[0.5, -1.0], [1.5, 0.2], [-0.3, 0.9]];
    let twice = array![[0.5, -1.0], [0.5, -1.0], [-0.3, 0.9]];
    let loss = SoftmaxCrossEntropy::new();
    let (weighted, gradient) = mean(&loss, z.view(), &target([0, 1, 1]), Some(&[2.0, 0.0, 1.0]));
    let (repeated, repeated_gradient) = mean(&loss, twice.view(), &target([0, 0, 1]), None);
    assert!((weighted - repeated).abs() <= TOLERANCE);
    for column in 0..2 {
        let both = repeated_gradient[[0, column]] + repeated_gradient[[1, column]];
        assert!((gradient[[0, column]] - both).abs() <= TOLERANCE);
        assert_eq!(gradient[[1, column]], 0.0);
    }
    let (nothing, gradient) = mean(&loss, z.view(), &target([0, 1, 1]), Some(&[0.0; 3]));
    assert_eq!((nothing, gradient), (0.0, Array2::zeros((3, 2))));
}

/// Rows pick targets and weights, so that a batch may be any part of the data in any order.
#[test]
fn rows_pick_targets_and_weights() {
    let targets = target([0, 1, 1, 0]);
    let (z, weights) = ([0.5, -1.0, 1.5, 0.2], [1.0, 5.0, 2.0, 3.0]);
    let mut delta = [f64::NAN; 4];
    let loss = SoftmaxCrossEntropy::new();
    let value = mean_loss(
        &loss,
        &z,
        &targets,
        [3, 1].into_iter(),
        Some(&weights),
        &mut delta,
    );
    let first = sample(&loss, &z[..2], TargetRow::Class(0)).0;
    let second = sample(&loss, &z[2..], TargetRow::Class(1)).0;
    let expected = (3.0 * first + 5.0 * second) / 8.0;
    assert!((value - expected).abs() <= TOLERANCE);
}

fn distribution(draws: &[f64]) -> Vec<f64> {
    let sum: f64 = draws.iter().sum();
    draws.iter().map(|d| d / sum).collect()
}

proptest! {
    #[test]
    fn gradients(
        (z, t, draws, class, smoothing) in (2..6_usize).prop_flat_map(|k| (
            prop::collection::vec(-3.0..3.0_f64, k),
            prop::collection::vec(-3.0..3.0_f64, k),
            prop::collection::vec(0.05..1.0, k),
            0..k,
            0.0..0.9,
        )),
    ) {
        let values = TargetRow::Values(&t);
        // away from the kink of |e|, and from e = 0, where nothing is left to compare
        let near = z.iter().zip(&t).any(|(z, t)| (z - t).abs() < 1e-2);
        prop_assume!(!near);
        let huber_kink = |d: f64| z.iter().zip(&t).any(|(z, t)| ((z - t).abs() - d).abs() < 1e-2);
        prop_assume!(!huber_kink(1.3));
        check_loss(&MeanSquaredError::new(), &z, values)?;
        check_loss(&MeanAbsoluteError::new(), &z, values)?;
        check_loss(&Huber::new(1.3), &z, values)?;
        check_loss(&BinaryCrossEntropy::new(), &z, TargetRow::Values(&draws))?;
        check_loss(&BinaryCrossEntropy::new(), &z[..1], TargetRow::Class(class % 2))?;
        let soft = distribution(&draws);
        for target in [TargetRow::Class(class), TargetRow::Values(&soft)] {
            check_loss(&SoftmaxCrossEntropy::new(), &z, target)?;
            check_loss(&KlDivergence::new(), &z, target)?;
            let smoothed = SoftmaxCrossEntropy::new().label_smoothing(smoothing);
            check_loss(&smoothed, &z, target)?;
        }
        let d = z.len() / 2;
        check_loss(&GaussianNll::new(), &z[..2 * d], TargetRow::Values(&t[..d]))?;
    }

    /// Cross-entropy = divergence + the target's entropy; smoothing is a mixture of targets.
    #[test]
    fn identities_of_the_softmax_losses(
        (z, draws, smoothing) in (2..6_usize).prop_flat_map(|k| (
            prop::collection::vec(-5.0..5.0, k),
            prop::collection::vec(0.05..1.0, k),
            0.0..0.9,
        )),
    ) {
        let t = distribution(&draws);
        let plain = SoftmaxCrossEntropy::new();
        let cross_entropy = sample(&plain, &z, TargetRow::Values(&t));
        let divergence = sample(&KlDivergence::new(), &z, TargetRow::Values(&t));
        let entropy: f64 = t.iter().map(|t| -t * t.ln()).sum();
        prop_assert!((cross_entropy.0 - divergence.0 - entropy).abs() <= TOLERANCE);
        prop_assert!(divergence.0 >= -TOLERANCE);
        for (a, b) in cross_entropy.1.iter().zip(&divergence.1) {
            prop_assert!((a - b).abs() <= TOLERANCE);
        }
        let uniform = 1.0 / t.len() as f64;
        let mixed: Vec<f64> = t.iter().map(|t| (1.0 - smoothing) * t + smoothing * uniform).collect();
        let mixed = sample(&plain, &z, TargetRow::Values(&mixed));
        let smoothed = plain.label_smoothing(smoothing);
        let smoothed = sample(&smoothed, &z, TargetRow::Values(&t));
        prop_assert!((mixed.0 - smoothed.0).abs() <= TOLERANCE);
        // the gradient of a softmax loss sums to 0
        prop_assert!(smoothed.1.iter().sum::<f64>().abs() <= TOLERANCE);
    }

    /// With variance 1: ½ (ln 2π + squared error); two logits (0, z) are one logit z.
    #[test]
    fn losses_that_are_one_another(
        y in prop::collection::vec(-3.0..3.0, 3),
        t in prop::collection::vec(-3.0..3.0, 3),
        z in -20.0..20.0_f64,
        class in 0..2_usize,
    ) {
        let outputs = [&y[..], &[0.0; 3]].concat();
        let gaussian = sample(&GaussianNll::new(), &outputs, TargetRow::Values(&t));
        let squared = sample(&MeanSquaredError::new(), &y, TargetRow::Values(&t));
        let expected = 0.5 * ((2.0 * PI).ln() + squared.0);
        prop_assert!((gaussian.0 - expected).abs() <= TOLERANCE);
        for (a, b) in gaussian.1.iter().zip(&squared.1) {
            prop_assert!((a - b / 2.0).abs() <= TOLERANCE);
        }
        let wide = sample(&Huber::new(100.0), &y, TargetRow::Values(&t));
        prop_assert!((2.0 * wide.0 - squared.0).abs() <= TOLERANCE);
        let binary = sample(&BinaryCrossEntropy::new(), &[z], TargetRow::Class(class));
        let softmax = sample(&SoftmaxCrossEntropy::new(), &[0.0, z], TargetRow::Class(class));
        prop_assert!((binary.0 - softmax.0).abs() <= TOLERANCE);
        prop_assert!((binary.1[0] - softmax.1[1]).abs() <= TOLERANCE);
    }
}
