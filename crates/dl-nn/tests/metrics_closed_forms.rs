//! Measures of a few samples, by hand.

use dl_nn::metrics::{
    CalibrationCurve, Estimate, MetricError, RocCurve, accuracy, brier_score, log_loss,
    mean_absolute_error, mean_squared_error, roc_auc, root_mean_squared_error, top_k_accuracy,
};
use dl_nn::ndarray::array;

#[test]
fn estimates_know_how_many_samples_they_are_of() {
    let labels = array![0, 1, 1, 0, 1];
    let rows = array![[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5], [0.1, 0.9]];
    let truth = labels.mapv(|label| label == 1);
    let scores = rows.column(1).to_owned();
    let (y, predicted) = (
        array![1.0, 2.0, 3.0, 4.0, 5.0],
        array![1.0, 2.0, 4.0, 4.0, 5.0],
    );
    let estimates = [
        accuracy(&labels, &labels),
        top_k_accuracy(&labels, &rows, 1),
        // two negatives, three positives
        roc_auc(&truth, &scores),
        RocCurve::new(&truth, &scores).map(|curve| curve.auc()),
        log_loss(&labels, &rows),
        brier_score(&labels, &rows),
        mean_absolute_error(&y, &predicted),
        mean_squared_error(&y, &predicted),
        root_mean_squared_error(&y, &predicted),
        Ok(Estimate::mean(&y)),
        Ok(Estimate::difference(&y, &predicted)),
        Ok(Estimate::proportion(2, 5)),
    ];
    for (i, estimate) in estimates.into_iter().enumerate() {
        assert_eq!(estimate.unwrap().n, 5, "{i}");
    }
}

/// Wilson's interval of 1 in 4 at z = 1, and that of a mean of four with s = 2.
#[test]
fn intervals() {
    // P(|Z| ≤ 1)
    let level = 0.682_689_492_137_085_9;
    let wilson = Estimate::proportion(1, 4).interval(level).unwrap();
    // (p + 1/8 ± √(p(1 − p)/4 + 1/64)) / (1 + 1/4)
    let half = (0.1875_f64 / 4.0 + 1.0 / 64.0).sqrt();
    assert!((wilson.lower - (0.375 - half) / 1.25).abs() <= 1e-12);
    assert!((wilson.upper - (0.375 + half) / 1.25).abs() <= 1e-12);
    assert_eq!(wilson.level, level);
    let nothing = Estimate::proportion(0, 0);
    assert_eq!(nothing.value, 0.0);
    let interval = nothing.interval(level).unwrap();
    assert_eq!([interval.lower, interval.upper], [0.0, 1.0]);

    // s²/n = (9 + 1 + 1 + 1)/(3 · 4) = 1; t of three degrees of freedom at 0.95 is 3.182446
    let mean = Estimate::mean(&array![13.0, 9.0, 9.0, 9.0]);
    let interval = mean.interval(0.95).unwrap();
    assert_eq!(mean.value, 10.0);
    assert!((interval.lower - (10.0 - 3.182_446_305_284_263)).abs() <= 1e-9);
    assert!((interval.upper - (10.0 + 3.182_446_305_284_263)).abs() <= 1e-9);
    // a mean of what is never negative does not reach below 0
    let interval = Estimate::mean(&array![4.0, 0.0, 0.0, 0.0])
        .interval(0.95)
        .unwrap();
    assert_eq!(interval.lower, 0.0);
    for level in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        let error = mean.interval(level).unwrap_err();
        assert!(matches!(error, MetricError::Level { .. }), "{level}");
    }
    assert!(Estimate::mean(&array![1.0]).interval(0.95).is_err());
    assert!(Estimate::mean(&array![1.0, 2.0]).interval(0.95).is_ok());
}

#[test]
fn values_are_written_with_the_digits_asked_for() {
    let estimate = Estimate::proportion(1, 3);
    assert_eq!(format!("{estimate:.3}"), "0.333");
    let interval = estimate.interval(0.95).unwrap();
    assert_eq!(interval.to_string(), "[0.061, 0.792]");
    assert_eq!(format!("{interval:.1}"), "[0.1, 0.8]");
}

/// A sum of probabilities is 1 within the square root of the type's ε: 3.5e-4 and 1.5e-8.
#[test]
fn rows_of_probabilities_sum_to_one() {
    let single = |excess: f32| log_loss(&array![0], &array![[0.5, 0.5 + excess]]);
    assert!(single(3e-4).is_ok());
    assert!(single(-3e-4).is_ok());
    assert!(matches!(
        single(4e-4),
        Err(MetricError::RowSum { row: 0, .. })
    ));
    assert!(matches!(
        single(-4e-4),
        Err(MetricError::RowSum { row: 0, .. })
    ));
    let double = |excess: f64| brier_score(&array![0], &array![[0.5, 0.5 + excess]]);
    assert!(double(1e-8).is_ok());
    assert!(double(2e-8).is_err());
}

/// Bins ((i − 1)/4, i/4]; each mean and share by hand.
#[test]
fn a_calibration_curve() {
    let truth = array![false, true, true, true, false];
    let p = array![0.0, 0.25, 0.3, 0.75, 1.0];
    let curve = CalibrationCurve::new(&truth, &p, 4).unwrap();
    let bins = curve.bins.iter();
    let bins: Vec<_> = bins
        .map(|bin| (bin.mean_probability, bin.positives.value, bin.positives.n))
        .collect();
    assert_eq!(
        bins,
        [
            (0.125, 0.5, 2),
            (0.3, 1.0, 1),
            (0.75, 1.0, 1),
            (1.0, 0.0, 1)
        ]
    );
    let expected = (2.0 * 0.375 + 0.7 + 0.25 + 1.0) / 5.0;
    assert!((curve.expected_error() - expected).abs() <= 1e-15);
}
