//! The chain rule by hand against dl-nn, and against differences of the loss.

use dl_math::random::generator;
use examples::backpropagation::{History, Network, by_dl_nn, by_hand, noisy_line};
use ndarray::{Array1, array};

const SEED: u64 = 42;
const LEARNING_RATE: f64 = 0.01;

fn course() -> (Array1<f64>, Array1<f64>, Network) {
    let mut rng = generator(SEED);
    let (x, y) = noisy_line(100, &mut rng);
    (x, y, Network::random(&mut rng))
}

fn series(history: &History) -> [(&str, &[f64]); 5] {
    [
        ("loss", &history.loss),
        ("w1", &history.w1),
        ("b1", &history.b1),
        ("w2", &history.w2),
        ("b2", &history.b2),
    ]
}

#[test]
fn by_hand_is_what_dl_nn_does() {
    let (x, y, start) = course();
    let by_hand = by_hand(&x, &y, start, LEARNING_RATE, 0..100);
    let by_dl_nn = by_dl_nn(&x, &y, start, LEARNING_RATE, 0..100).unwrap();
    for ((name, hand), (_, library)) in series(&by_hand).into_iter().zip(series(&by_dl_nn)) {
        assert_eq!((hand.len(), library.len()), (10_000, 10_000), "{name}");
        for (update, (hand, library)) in hand.iter().zip(library).enumerate() {
            let difference = (hand - library).abs();
            assert!(
                difference <= 1e-12,
                "{name}, update {update}: {hand} and {library}"
            );
        }
    }
}

#[test]
fn an_update_goes_down_the_gradient() {
    let (x, y) = (array![0.7], array![2.9]);
    let start = Network {
        w1: 0.5,
        b1: -0.3,
        w2: 0.8,
        b2: 0.2,
    };
    let loss = |n: Network| (n.w2 * (n.w1 * x[0] + n.b1) + n.b2 - y[0]).powi(2);
    let after = by_hand(&x, &y, start, LEARNING_RATE, 0..1);
    assert!((after.loss[0] - loss(start)).abs() <= 1e-15);

    let h = 1e-6;
    let by_differences = |change: fn(&mut Network, f64)| {
        let (mut above, mut below) = (start, start);
        change(&mut above, h);
        change(&mut below, -h);
        (loss(above) - loss(below)) / (2.0 * h)
    };
    for (name, before, after, gradient) in [
        (
            "w1",
            start.w1,
            after.w1[0],
            by_differences(|n, h| n.w1 += h),
        ),
        (
            "b1",
            start.b1,
            after.b1[0],
            by_differences(|n, h| n.b1 += h),
        ),
        (
            "w2",
            start.w2,
            after.w2[0],
            by_differences(|n, h| n.w2 += h),
        ),
        (
            "b2",
            start.b2,
            after.b2[0],
            by_differences(|n, h| n.b2 += h),
        ),
    ] {
        let found = (before - after) / LEARNING_RATE;
        assert!(gradient.abs() >= 0.1, "{name}: {gradient} shows nothing");
        assert!(
            (found - gradient).abs() <= 1e-8,
            "{name}: {found} and {gradient}"
        );
    }
}

#[test]
fn the_dynamics_are_what_the_course_points_out() {
    let (x, y, start) = course();
    let history = by_hand(&x, &y, start, LEARNING_RATE, 0..100);
    let epochs: Vec<f64> = history
        .loss
        .chunks(100)
        .map(|losses| losses.iter().sum::<f64>() / 100.0)
        .collect();
    // the loss falls fast, then levels …
    assert!(epochs[0] >= 3.0 * epochs[10], "{epochs:?}");
    assert!(
        (epochs[10] - epochs[99]).abs() <= 0.01 * epochs[99],
        "{epochs:?}"
    );
    // … and fluctuates with the period of the points' fixed order
    let last = &history.loss[9_800..];
    let differences = last[..100]
        .iter()
        .zip(&last[100..])
        .map(|(a, b)| (a - b).abs());
    assert!(differences.fold(0.0, f64::max) <= 0.01, "{last:?}");
    // the line lies close to the points' own
    let network = history.network().unwrap();
    assert!((network.slope() - 2.0).abs() <= 0.1, "{network:?}");
    assert!((network.intercept() - 1.0).abs() <= 0.1, "{network:?}");
}

#[test]
fn exercise_1_gradients_by_hand() {
    let start = Network {
        w1: 0.5,
        b1: -0.3,
        w2: 0.8,
        b2: 0.2,
    };
    let after = by_hand(&array![0.7], &array![2.9], start, 1.0, 0..1);
    let end = after.network().unwrap();
    for (name, found, expected) in [
        ("w1", start.w1 - end.w1, -2.9792),
        ("b1", start.b1 - end.b1, -4.256),
        ("w2", start.w2 - end.w2, -0.266),
        ("b2", start.b2 - end.b2, -5.32),
    ] {
        assert!((found - expected).abs() <= 1e-12, "{name}: {found}");
    }
}

#[test]
fn exercise_2_from_zero_only_the_mean_is_learnt() {
    let (x, y, _) = course();
    let zero = Network {
        w1: 0.0,
        b1: 0.0,
        w2: 0.0,
        b2: 0.0,
    };
    let end = by_hand(&x, &y, zero, LEARNING_RATE, 0..100);
    let end = end.network().unwrap();
    assert_eq!((end.w1, end.b1, end.w2), (0.0, 0.0, 0.0));
    // at the end of a pass over rising points, b2 leans towards the last of them
    assert!((end.b2 - y.mean().unwrap()).abs() <= 1.0, "{end:?}");
}

#[test]
fn exercise_3_too_large_a_learning_rate() {
    let (x, y, start) = course();
    let trains = |rate: f64| {
        let history = by_hand(&x, &y, start, rate, 0..100);
        history.loss.iter().all(|loss| loss.is_finite())
    };
    assert!(trains(0.08) && trains(0.16));
    assert!(!trains(0.32) && !trains(0.64));
}

#[test]
fn a_combination_of_the_parameters_hardly_moves() {
    let (x, y, start) = course();
    let of = |n: Network| n.w1.powi(2) + n.b1.powi(2) - n.w2.powi(2);
    let drift = |rate: f64, epochs: u32| {
        let end = by_hand(&x, &y, start, rate, 0..epochs).network().unwrap();
        (of(end) - of(start)).abs()
    };
    // a tenth of the rate for ten times as long: about a tenth of the drift
    let (coarse, fine) = (drift(1e-2, 10), drift(1e-3, 100));
    assert!(fine <= 0.3 * coarse, "{coarse} and {fine}");
}

#[test]
fn dl_nn_names_what_is_wrong() {
    let (x, y, start) = course();
    let error = by_dl_nn(&x, &y, start, -1.0, 0..1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Sgd learning_rate is -1, but must be positive and finite"
    );
}
