//! Temperature scaling compared with PyTorch and scipy (`reference/temperature.py`), and its properties.

use dl_nn::metrics::{CalibrationCurve, MetricError, Temperature, accuracy, argmax, log_loss};
use dl_nn::ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, array};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    logits: Vec<Vec<f64>>,
    labels: Vec<usize>,
    temperature: f64,
    before: f64,
    after: f64,
}

fn table(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, k)| rows[i][k])
}

/// The mean of −ln softmax(z / T)ᵧ.
fn loss(temperature: f64, logits: &ArrayRef2<f64>, truth: &ArrayRef1<usize>) -> f64 {
    let scaled = Temperature::new(temperature).unwrap().apply(logits);
    let losses = scaled.rows().into_iter().zip(truth).map(|(z, &class)| {
        let most = z.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        z.mapv(|z| (z - most).exp()).sum().ln() + most - z[class]
    });
    losses.sum::<f64>() / truth.len() as f64
}

#[test]
fn the_temperature_is_pytorchs() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("reference/temperature.json")).unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let (logits, truth) = (table(&case.logits), Array1::from(case.labels));
        let found = Temperature::fit(&logits, &truth).unwrap();
        let error = (found.value() / case.temperature - 1.0).abs();
        assert!(
            error <= 1e-9,
            "{} is not {}",
            found.value(),
            case.temperature
        );
        for (temperature, expected) in [(1.0, case.before), (found.value(), case.after)] {
            let found = loss(temperature, &logits, &truth);
            assert!(
                (found - expected).abs() <= 1e-11 * expected.max(1.0),
                "{found} {expected}"
            );
        }
        // the same logits, rounded to f32
        let single = Temperature::fit(&logits.mapv(|z| z as f32), &truth).unwrap();
        assert!((single.value() / case.temperature - 1.0).abs() <= 1e-3);
    }
}

#[test]
fn probabilities_are_the_softmax_of_the_scaled_logits() {
    let logits = array![[2.0, 0.0], [-1.0, 3.0]];
    let temperature = Temperature::new(2.0).unwrap();
    assert_eq!(temperature.apply(&logits), array![[1.0, 0.0], [-0.5, 1.5]]);
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let p = temperature.probabilities(&logits);
    assert!((p[[0, 0]] - sigmoid(1.0)).abs() <= 1e-15);
    assert!((p[[1, 1]] - sigmoid(2.0)).abs() <= 1e-15);
    // in memory column by column
    let transposed = logits.t().as_standard_layout().into_owned();
    assert_eq!(temperature.probabilities(&transposed.t()), p);
}

#[test]
fn it_is_written_as_a_number() {
    let temperature = Temperature::new(1.5).unwrap();
    assert_eq!(serde_json::to_string(&temperature).unwrap(), "1.5");
    assert_eq!(
        serde_json::from_str::<Temperature>("1.5").unwrap(),
        temperature
    );
    let error = serde_json::from_str::<Temperature>("-1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "temperature is -1, but must be positive and finite"
    );
}

#[track_caller]
fn assert_error<T: std::fmt::Debug>(result: Result<T, MetricError>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn errors_say_what_is_wrong() {
    let (logits, truth) = (array![[1.0, 2.0], [0.0, 1.0]], array![0, 1]);
    for value in [0.0, -1.0, f64::INFINITY] {
        let message = format!("temperature is {value}, but must be positive and finite");
        assert_error(Temperature::new(value), &message);
    }
    assert!(Temperature::new(f64::NAN).is_err());
    let fit = |logits: &Array2<f64>, truth: &Array1<usize>| Temperature::fit(logits, truth);
    assert_error(
        fit(&Array2::zeros((0, 2)), &Array1::zeros(0)),
        "`truth` is empty (shape [0]), but a measure needs at least one sample",
    );
    assert_error(
        fit(&logits, &array![0]),
        "`logits` has 2 samples, but `truth` has 1",
    );
    assert_error(
        fit(&array![[1.0], [2.0]], &array![0, 0]),
        "`logits` has 1 columns, one per class, but must have at least 2",
    );
    assert_error(
        fit(&array![[1.0, 2.0], [0.0, f64::NAN]], &truth),
        "`logits[1, 1]` is NaN, but must be a finite number",
    );
    assert_error(
        fit(&logits, &array![0, 2]),
        "`truth[1]` is 2, but must be below the number of classes, 2",
    );
    assert_error(
        CalibrationCurve::top_label(&truth, &array![[0.5, 0.5], [0.25, 0.25]], 10),
        "row 1 of `probabilities` sums to 0.5, but must sum to 1",
    );
}

#[test]
fn where_there_is_no_minimum() {
    let fit = |logits: Array2<f64>, truth: Array1<usize>| Temperature::fit(&logits, &truth);
    assert_error(
        fit(array![[1.0, 2.0], [3.0, 1.0]], array![1, 0]),
        "the temperature is undefined: every sample is classified correctly, so the loss falls as T → 0",
    );
    let useless = "the temperature is undefined: the logits of the true classes are on average no larger than the \
                   others, so the loss falls as T → ∞";
    assert_error(fit(array![[1.0, 2.0], [3.0, 1.0]], array![0, 1]), useless);
    assert_error(fit(array![[1.0, 1.0], [0.0, 0.0]], array![0, 1]), useless);
    assert_error(
        fit(array![[1.7e308, -1.7e308]], array![1]),
        "the temperature is undefined: the logits of a sample are too far apart",
    );
}

/// Logits of any scale that are 2 in 3 times for the true class, and the classes.
fn samples() -> impl Strategy<Value = (Array2<f64>, Array1<usize>)> {
    let row = (
        0usize..4,
        prop::array::uniform4(-3.0..3.0),
        prop::bool::weighted(0.67),
    );
    let rows = prop::collection::vec(row, 5..60);
    (rows, -8i32..8).prop_map(|(rows, scale)| {
        let logits = Array2::from_shape_fn((rows.len(), 4), |(i, k)| {
            let (class, noise, right) = rows[i];
            let signal = if right && class == k { 3.0 } else { 0.0 };
            10f64.powi(scale) * (noise[k] + signal)
        });
        (logits, rows.iter().map(|row| row.0).collect())
    })
}

proptest! {
    #[test]
    fn the_loss_is_least_and_the_accuracy_stays((logits, truth) in samples()) {
        match Temperature::fit(&logits, &truth) {
            Err(error) => {
                let undefined = matches!(error, MetricError::Undefined { .. });
                prop_assert!(undefined, "{error}");
            }
            Ok(temperature) => {
                let t = temperature.value();
                let least = loss(t, &logits, &truth);
                for other in [1.0, 0.5 * t, 0.999 * t, 1.001 * t, 2.0 * t] {
                    let other = loss(other, &logits, &truth);
                    prop_assert!(least <= other * (1.0 + 1e-12), "{least} {other}");
                }
                // sixteen times as sure
                let sharpened = Temperature::fit(&(16.0 * &logits), &truth).unwrap();
                prop_assert!((sharpened.value() / t / 16.0 - 1.0).abs() <= 1e-12);

                let (before, after) = (argmax(&logits)?, argmax(&temperature.apply(&logits))?);
                prop_assert_eq!(&before, &after);
                let p = temperature.probabilities(&logits);
                prop_assert!((log_loss(&truth, &p)?.value - least).abs() <= 1e-9 * least.max(1.0));
                let curve = CalibrationCurve::top_label(&truth, &p, 1)?;
                let share = curve.bins[0].positives;
                prop_assert_eq!(share.value, accuracy(&truth, &before)?.value);
            }
        }
    }
}
