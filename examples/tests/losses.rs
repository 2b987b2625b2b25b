//! The binary `losses`, and the answers of its page's exercises.

mod common;

use common::{Directory, assert_refused, run};
use dl_nn::{TargetRow, losses::Loss, prelude::*};

const BINARY: &str = env!("CARGO_BIN_EXE_losses");

#[test]
fn prints_what_the_page_quotes() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let value = |label: &str| ended.value(label);
    let near = |label: &str, expected: f64, tolerance: f64| {
        let found = value(label);
        assert!(
            (found - expected).abs() <= tolerance,
            "{label}: {found}, not {expected}"
        );
    };
    for (label, expected) in [
        ("squared: loss at 3", 9.0),
        ("absolute: gradient at 3", 1.0),
        ("huber: loss at 0.5", 0.125),
        ("huber: loss at 3", 2.5),
        // the mean is 30/9, and 35.1/9 more with 39 for 3.9; the median stays
        ("constant: squared, right", 3.333),
        ("constant: squared, mistyped", 7.233),
        ("constant: absolute, right", 3.4),
        ("constant: absolute, mistyped", 3.4),
        // all other errors are below δ = 1: Σ (c − y) over those eight is 1
        ("constant: huber, mistyped", (26.1 + 1.0) / 8.0),
        ("z = 0: cross-entropy", 2f64.ln()),
    ] {
        near(label, expected, 6e-4);
    }
    let sigma = 1.0 / (1.0 + 5f64.exp());
    near("z = -5: its gradient", sigma - 1.0, 5e-5);
    let chain = 2.0 * (sigma - 1.0) * sigma * (1.0 - sigma);
    near("z = -5: gradient of that", chain, 5e-5);
    // the trained line is that of least squares
    near("slope: squared, right", 0.416, 1e-3);
    assert!(value("slope: squared, mistyped") >= 0.5);
    for robust in ["absolute", "huber"] {
        let right = value(&format!("slope: {robust}, right"));
        near(&format!("slope: {robust}, mistyped"), right, 0.01);
    }
    let names = ["classification", "outlier", "regression"];
    let files = names.map(|name| ["png", "svg"].map(|kind| format!("losses_{name}.{kind}")));
    assert_eq!(out.files(), files.concat());
}

#[test]
fn refuses_too_few_steps() {
    assert_refused(BINARY, &["--steps", "5"], "5 is not in 100..=100000");
}

/// The sum of the gradients of the losses of a constant c.
fn slope(loss: &dyn Loss<f64>, c: f64, y: &[f64]) -> f64 {
    let mut gradient = [f64::NAN];
    let of = |&y: &f64| {
        loss.sample(&[c], TargetRow::Values(&[y]), &mut gradient);
        gradient[0]
    };
    y.iter().map(of).sum()
}

#[test]
fn exercise_1_five_numbers() {
    let y = [1.0, 2.0, 3.0, 4.0, 100.0];
    let huber = Huber::new(1.0);
    let answers: [(&dyn Loss<f64>, f64); 3] = [
        (&MeanSquaredError::new(), 22.0),
        (&MeanAbsoluteError::new(), 3.0),
        (&huber, 3.0),
    ];
    for (loss, c) in answers {
        assert!(slope(loss, c - 1e-6, &y) < 0.0, "{}", loss.name());
        assert!(slope(loss, c + 1e-6, &y) > 0.0, "{}", loss.name());
    }
}

#[test]
fn exercise_2_a_loss_that_is_not_symmetric() {
    let mean = |c: f64| {
        let of = |y: f64| if y > c { 3.0 * (y - c) } else { c - y };
        (1..=8).map(|y| of(f64::from(y))).sum::<f64>() / 8.0
    };
    assert_eq!((mean(6.0), mean(6.5), mean(7.0)), (3.0, 3.0, 3.0));
    assert!(mean(5.99) > 3.0 && mean(7.01) > 3.0);
}

#[test]
fn exercise_3_where_the_squared_error_of_a_sigmoid_is_steepest() {
    use dl_math::{activation::sigmoid_derivative, special::sigmoid};
    let gradient = |z: f64| 2.0 * (sigmoid(z) - 1.0) * sigmoid_derivative(z);
    let grid = (-6000..6000).map(|i| f64::from(i) / 1000.0);
    let steepest = grid
        .min_by(|&a, &b| gradient(a).total_cmp(&gradient(b)))
        .unwrap();
    assert_eq!(steepest, -0.693);
    assert!((sigmoid(steepest) - 1.0 / 3.0).abs() <= 1e-4);
    assert!((gradient(steepest) + 8.0 / 27.0).abs() <= 1e-6);
}
