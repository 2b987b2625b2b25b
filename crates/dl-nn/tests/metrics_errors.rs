//! What a caller can get wrong, by the message it gives.

use dl_nn::metrics::{
    CalibrationCurve, ConfusionMatrix, MetricError, PrecisionRecallCurve, RocCurve, accuracy,
    argmax, average_precision, binary_probabilities, brier_score, log_loss, macro_roc_auc,
    mean_absolute_error, mean_squared_error, r2_score, roc_auc, root_mean_squared_error, top_k,
    top_k_accuracy,
};
use dl_nn::ndarray::{Array1, Array2, array};

#[track_caller]
fn assert_error<T: std::fmt::Debug>(result: Result<T, MetricError>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn empty_input() {
    let message = "`truth` is empty (shape [0]), but a measure needs at least one sample";
    let none = Array1::<usize>::zeros(0);
    let no_truth = Array1::from_elem(0, true);
    let no_numbers = Array1::<f64>::zeros(0);
    let no_rows = Array2::<f64>::zeros((0, 3));
    assert_error(accuracy(&none, &none), message);
    assert_error(ConfusionMatrix::new(&none, &none, 3), message);
    assert_error(top_k_accuracy(&none, &no_rows, 1), message);
    assert_error(macro_roc_auc(&none, &no_rows), message);
    assert_error(log_loss(&none, &no_rows), message);
    assert_error(brier_score(&none, &no_rows), message);
    assert_error(roc_auc(&no_truth, &no_numbers), message);
    assert_error(average_precision(&no_truth, &no_numbers), message);
    assert_error(CalibrationCurve::new(&no_truth, &no_numbers, 10), message);
    assert_error(mean_absolute_error(&no_numbers, &no_numbers), message);
    assert_error(r2_score(&no_numbers, &no_numbers), message);
    assert_error(
        argmax(&no_rows),
        "`scores` is empty (shape [0, 3]), but a measure needs at least one sample",
    );
    assert_error(
        top_k(&Array2::<f32>::zeros((3, 0)), 1),
        "`scores` is empty (shape [3, 0]), but a measure needs at least one sample",
    );
    assert_error(
        binary_probabilities(&no_numbers),
        "`positive` is empty (shape [0]), but a measure needs at least one sample",
    );
}

#[test]
fn lengths_that_differ() {
    let predicted = "`predicted` has 2 samples, but `truth` has 3";
    let scores = "`scores` has 2 samples, but `truth` has 3";
    let probabilities = "`probabilities` has 2 samples, but `truth` has 3";
    let (truth, labels) = (array![true, false, true], array![0, 1, 0]);
    let (three, two) = (array![1.0, 0.0, 1.0], array![1.0, 0.0]);
    let rows = array![[1.0, 0.0], [0.0, 1.0]];
    assert_error(accuracy(&labels, &array![0, 1]), predicted);
    assert_error(ConfusionMatrix::new(&labels, &array![0, 1], 2), predicted);
    assert_error(mean_absolute_error(&three, &two), predicted);
    assert_error(mean_squared_error(&three, &two), predicted);
    assert_error(root_mean_squared_error(&three, &two), predicted);
    assert_error(r2_score(&three, &two), predicted);
    assert_error(top_k_accuracy(&labels, &rows, 1), scores);
    assert_error(macro_roc_auc(&labels, &rows), scores);
    assert_error(RocCurve::new(&truth, &two), scores);
    assert_error(PrecisionRecallCurve::new(&truth, &two), scores);
    assert_error(log_loss(&labels, &rows), probabilities);
    assert_error(brier_score(&labels, &rows), probabilities);
    assert_error(CalibrationCurve::new(&truth, &two, 10), probabilities);
}

#[test]
fn labels_out_of_range() {
    let message = "`truth[1]` is 2, but must be below the number of classes, 2";
    let (truth, rows) = (array![0, 2], array![[1.0, 0.0], [0.0, 1.0]]);
    assert_error(ConfusionMatrix::new(&truth, &array![0, 1], 2), message);
    assert_error(top_k_accuracy(&truth, &rows, 1), message);
    assert_error(macro_roc_auc(&truth, &rows), message);
    assert_error(log_loss(&truth, &rows), message);
    assert_error(brier_score(&truth, &rows), message);
    assert_error(
        ConfusionMatrix::new(&array![0, 1], &array![7, 1], 2),
        "`predicted[0]` is 7, but must be below the number of classes, 2",
    );
    assert_error(
        ConfusionMatrix::new(&array![0], &array![0], 0),
        "`truth[0]` is 0, but must be below the number of classes, 0",
    );
    assert_error(
        ConfusionMatrix::new(&array![0], &array![0], usize::MAX),
        &format!(
            "got {} classes, but a confusion matrix takes at most 16384",
            usize::MAX
        ),
    );
}

#[test]
fn numbers_that_are_not_finite() {
    let nan = "`scores[1, 0]` is NaN, but must be a finite number";
    let scores = array![[0.0, 1.0], [f32::NAN, 1.0]];
    assert_error(argmax(&scores), nan);
    assert_error(top_k(&scores, 1), nan);
    assert_error(top_k_accuracy(&array![0, 1], &scores, 1), nan);
    assert_error(macro_roc_auc(&array![0, 1], &scores), nan);

    let infinite = "`scores[1]` is inf, but must be a finite number";
    let (truth, scores) = (array![true, false], array![0.0, f64::INFINITY]);
    assert_error(roc_auc(&truth, &scores), infinite);
    assert_error(average_precision(&truth, &scores), infinite);

    let (good, bad) = (array![1.0, 2.0], array![f64::NEG_INFINITY, 2.0]);
    let truth = "`truth[0]` is -inf, but must be a finite number";
    let predicted = "`predicted[0]` is -inf, but must be a finite number";
    assert_error(mean_absolute_error(&bad, &good), truth);
    assert_error(mean_squared_error(&good, &bad), predicted);
    assert_error(root_mean_squared_error(&good, &bad), predicted);
    assert_error(r2_score(&good, &bad), predicted);
}

#[test]
fn numbers_that_are_not_probabilities() {
    let truth = array![0, 1];
    let message = "`probabilities[1, 0]` is -0.5, but must be a probability in [0, 1]";
    let negative = array![[0.5, 0.5], [-0.5, 1.5]];
    assert_error(log_loss(&truth, &negative), message);
    assert_error(brier_score(&truth, &negative), message);
    assert_error(
        log_loss(&truth, &array![[0.5, f64::NAN], [0.5, 0.5]]),
        "`probabilities[0, 1]` is NaN, but must be a probability in [0, 1]",
    );
    assert_error(
        CalibrationCurve::new(&array![true, false], &array![0.5, 1.25], 10),
        "`probabilities[1]` is 1.25, but must be a probability in [0, 1]",
    );
    assert_error(
        binary_probabilities(&array![2.0f32]),
        "`positive[0]` is 2, but must be a probability in [0, 1]",
    );

    let message = "row 1 of `probabilities` sums to 0.75, but must sum to 1";
    let short = array![[0.5, 0.5], [0.25, 0.5]];
    assert_error(log_loss(&truth, &short), message);
    assert_error(brier_score(&truth, &short), message);
    // What rounding leaves is no error: 1e-4 off is rounding in f32, and is not in f64.
    assert!(log_loss(&array![0], &array![[0.5f32, 0.5001]]).is_ok());
    assert!(log_loss(&array![0], &array![[0.5f64, 0.5001]]).is_err());
}

#[test]
fn options_out_of_range() {
    let scores = array![[0.5, 0.25, 0.25]];
    for k in [0, 4] {
        let message = format!("k is {k}, but must be from 1 to the number of classes, 3");
        assert_error(top_k(&scores, k), &message);
        assert_error(top_k_accuracy(&array![0], &scores, k), &message);
    }
    assert_error(
        CalibrationCurve::new(&array![true], &array![0.5], 0),
        "the number of bins is 0, but must be at least 1",
    );

    let matrix = ConfusionMatrix::new(&array![0, 1], &array![0, 1], 2).unwrap();
    let report = matrix.report(&["a", "b"]).unwrap();
    for level in [0.0, 1.0, 95.0, f64::NAN] {
        let message =
            format!("confidence level is {level}, but must lie between 0 and 1, both excluded");
        assert_error(matrix.accuracy().interval(level), &message);
        assert_error(report.clone().intervals(level), &message);
    }
    assert_error(matrix.report(&["a"]), "got 1 class names for 2 classes");
}

#[test]
fn measures_without_a_value() {
    let scores = array![0.1, 0.9];
    assert_error(
        roc_auc(&array![false, false], &scores),
        "the ROC curve is undefined: `truth` has no positive sample",
    );
    assert_error(
        RocCurve::new(&array![true, true], &scores),
        "the ROC curve is undefined: `truth` has no negative sample",
    );
    assert_error(
        average_precision(&array![false, false], &scores),
        "the precision–recall curve is undefined: `truth` has no positive sample",
    );
    assert_error(
        macro_roc_auc(&array![0, 1], &array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        "the ROC curve of class 2 against the rest is undefined: `truth` has no positive sample",
    );
    assert_error(
        r2_score(&array![1.0], &array![1.0]),
        "R² is undefined: a single sample has no variance",
    );
    assert_error(
        r2_score(&array![0.1, 0.1, 0.1], &array![1.0, 2.0, 3.0]),
        "R² is undefined: `truth` is constant, so it has no variance to explain",
    );
    let single = mean_squared_error(&array![1.0], &array![3.0]).unwrap();
    assert_eq!(single.value, 4.0);
    assert_error(
        single.interval(0.95),
        "the interval of a mean is undefined: a single sample has no spread",
    );
}
