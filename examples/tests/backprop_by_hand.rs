//! The binary `backprop_by_hand`, and the numbers of its chapter.

mod common;

use common::{Directory, assert_refused, run};
use dl_math::activation::sigmoid;
use examples::by_hand::{
    EXAMPLE, Example, NAMES, backward, by_differences, by_dl_nn, by_matrices, forward,
};

const BINARY: &str = env!("CARGO_BIN_EXE_backprop_by_hand");

#[test]
fn prints_every_derivative_three_times_the_same() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    for name in NAMES {
        let row = ended
            .stdout
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        let words: Vec<&str> = row.expect("a row").split_whitespace().collect();
        let [_, _, by_hand, library, differences] = words[..] else {
            panic!("{row:?}")
        };
        assert_eq!((by_hand, by_hand), (library, differences), "{row:?}");
    }
    assert_eq!(
        out.files(),
        ["backprop_by_hand.png", "backprop_by_hand.svg"]
    );
}

#[test]
fn refuses_rates_that_lead_nowhere() {
    let message = "--learning-rate is 0, but must be positive and finite";
    assert_refused(BINARY, &["--learning-rate", "0"], message);
    assert_refused(
        BINARY,
        &["--learning-rate", "slow"],
        "invalid float literal",
    );
}

fn slopes(example: &Example) -> ndarray::Array1<f64> {
    backward(example, &forward(example)).parameters()
}

#[test]
fn by_hand_is_what_dl_nn_and_the_matrices_give() {
    let by_hand = slopes(&EXAMPLE);
    assert!(by_hand.iter().all(|slope| slope.abs() > 0.1), "{by_hand}");
    for other in [by_dl_nn(&EXAMPLE).unwrap(), by_matrices(&EXAMPLE)] {
        assert_eq!(other.len(), by_hand.len());
        for (i, (a, b)) in by_hand.iter().zip(&other).enumerate() {
            assert!((a - b).abs() <= 1e-12, "{}: {a} {b}", NAMES[i]);
        }
    }
    let differences = by_differences(&EXAMPLE);
    assert!((&by_hand - &differences).iter().all(|d| d.abs() <= 1e-9));
}

/// The numbers of the chapter from the closed forms, without the code under test.
#[test]
fn the_worked_numbers() {
    let values = forward(&EXAMPLE);
    assert_eq!(values.z, [0.5, -1.0]);
    let (h1, h2) = (1.0 / (1.0 + (-0.5f64).exp()), 1.0 / (1.0 + 1.0f64.exp()));
    let y = h1 - 2.0 * h2 + 0.5;
    assert!((values.y - y).abs() <= 1e-12);
    assert!((values.loss - (y - 1.0) * (y - 1.0)).abs() <= 1e-12);
    let dy = 2.0 * (y - 1.0);
    let (d1, d2) = (dy * h1 * (1.0 - h1), -2.0 * dy * h2 * (1.0 - h2));
    let expected = [d1, d2, 2.0 * d1, 2.0 * d2, d1, d2, dy * h1, dy * h2, dy];
    for (a, b) in slopes(&EXAMPLE).iter().zip(expected) {
        assert!((a - b).abs() <= 1e-12, "{a} {b}");
    }
}

#[test]
fn the_inputs_have_derivatives_too() {
    let slopes = backward(&EXAMPLE, &forward(&EXAMPLE)).x;
    for (i, slope) in slopes.into_iter().enumerate() {
        let loss = |step: f64| {
            let mut moved = EXAMPLE;
            moved.x[i] += step;
            forward(&moved).loss
        };
        let difference = (loss(1e-5) - loss(-1e-5)) / 2e-5;
        assert!((slope - difference).abs() <= 1e-9 && difference.abs() > 0.05);
    }
}

/// Exercise 1: the change that the derivative of w₂₁ foretells.
#[test]
fn a_derivative_foretells_a_change() {
    let mut moved = EXAMPLE;
    moved.w[1][0] += 0.01;
    let change = forward(&moved).loss - forward(&EXAMPLE).loss;
    let foretold = 0.01 * slopes(&EXAMPLE)[2];
    assert_eq!(format!("{foretold:.5} {change:.5}"), "-0.00391 -0.00387");
}

/// Exercise 2: a sigmoid output with cross-entropy, for which δ₂ = σ(y) − t.
#[test]
fn with_cross_entropy() {
    let loss = |e: &Example| -sigmoid(forward(e).y).ln();
    let values = forward(&EXAMPLE);
    let delta = sigmoid(values.y) - EXAMPLE.t;
    let by_hand = [delta, delta * values.h[0]];
    let at = |change: fn(&mut Example, f64)| {
        let moved = |step: f64| {
            let mut example = EXAMPLE;
            change(&mut example, step);
            loss(&example)
        };
        (moved(1e-5) - moved(-1e-5)) / 2e-5
    };
    let differences = [at(|e, s| e.c += s), at(|e, s| e.v[0] += s)];
    for (a, b) in by_hand.iter().zip(differences) {
        assert!((a - b).abs() <= 1e-9, "{a} {b}");
    }
    assert_eq!(
        format!("{:.4} {:.4}", by_hand[0], by_hand[1]),
        "-0.3579 -0.2228"
    );
}

/// Exercise 3: hidden neurons that start alike stay alike.
#[test]
fn equal_neurons_have_equal_gradients() {
    let mut alike = Example {
        w: [[0.5, 0.5], [0.25, 0.25]],
        b: [-0.5, -0.5],
        v: [1.0, 1.0],
        ..EXAMPLE
    };
    for _ in 0..20 {
        let slopes = slopes(&alike);
        assert!(slopes[0].abs() > 1e-6);
        alike = alike.with_parameters(&(alike.parameters() - 0.1 * slopes));
    }
    assert_eq!(alike.w[0][0], alike.w[0][1]);
    assert_eq!((alike.b[0], alike.v[0]), (alike.b[1], alike.v[1]));
    assert_ne!(alike.w[0][0], 0.5);
}
