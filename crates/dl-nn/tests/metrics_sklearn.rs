//! The measures against scikit-learn's values on the same input; `reference/metrics.py` made them.

use dl_nn::metrics::{
    Average, Averages, CalibrationCurve, ConfusionMatrix, Estimate, PrecisionRecallCurve, RocCurve,
    accuracy, argmax, average_precision, binary_probabilities, brier_score, log_loss,
    macro_roc_auc, mean_absolute_error, mean_squared_error, r2_score, roc_auc,
    root_mean_squared_error, top_k_accuracy,
};
use dl_nn::ndarray::{Array1, Array2, Axis, array};
use serde_json::Value;

const LEVEL: f64 = 0.95;
const TOLERANCE: f64 = 1e-12;

fn reference(part: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/metrics.json")).unwrap();
    assert_eq!(all["level"], LEVEL);
    all[part].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Array1<f64> {
    value
        .as_array()
        .expect("an array")
        .iter()
        .map(number)
        .collect()
}

fn table(value: &Value) -> Array2<f64> {
    let rows: Vec<_> = value
        .as_array()
        .expect("an array")
        .iter()
        .map(numbers)
        .collect();
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    dl_nn::ndarray::stack(Axis(0), &views).expect("rows of one length")
}

fn labels(value: &Value) -> Array1<usize> {
    numbers(value).mapv(|x| x as usize)
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= TOLERANCE,
        "{found} is not {expected}"
    );
}

#[track_caller]
fn assert_all_close<'a>(found: impl IntoIterator<Item = &'a f64>, expected: &Value) {
    let found: Vec<f64> = found.into_iter().copied().collect();
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.into_iter().zip(expected) {
        assert_close(found, expected);
    }
}

#[track_caller]
fn assert_interval(estimate: &Estimate, expected: &Value) {
    let interval = estimate.interval(LEVEL).unwrap();
    assert_all_close(&[interval.lower, interval.upper], expected);
}

#[test]
fn confusion_matrix_and_what_is_read_off_it() {
    let case = reference("classes");
    let (truth, predicted) = (labels(&case["truth"]), labels(&case["predicted"]));
    let matrix = ConfusionMatrix::new(&truth, &predicted, 5).unwrap();

    assert_eq!(
        matrix.counts().mapv(|count| count as f64),
        table(&case["matrix"])
    );
    assert_eq!(matrix.support(), labels(&case["support"]));
    assert_eq!(matrix.accuracy(), accuracy(&truth, &predicted).unwrap());
    assert_close(matrix.accuracy().value, number(&case["accuracy"]));
    assert_interval(&matrix.accuracy(), &case["accuracy_interval"]);

    for (measure, name) in [
        (matrix.precision(), "precision"),
        (matrix.recall(), "recall"),
    ] {
        let values: Vec<f64> = measure.iter().map(|estimate| estimate.value).collect();
        assert_all_close(&values, &case[name]);
        let intervals = &case[format!("{name}_intervals")];
        for (class, estimate) in measure.iter().enumerate() {
            assert_interval(estimate, &intervals[class]);
        }
    }
    assert_all_close(&matrix.f1(), &case["f1"]);

    for (average, name) in [
        (Average::Micro, "micro"),
        (Average::Macro, "macro"),
        (Average::Weighted, "weighted"),
    ] {
        let Averages {
            precision,
            recall,
            f1,
        } = matrix.average(average);
        assert_all_close(&[precision, recall, f1], &case[name]);
    }
}

#[test]
fn report_reads_as_scikit_learns() {
    let case = reference("classes");
    let (truth, predicted) = (labels(&case["truth"]), labels(&case["predicted"]));
    let matrix = ConfusionMatrix::new(&truth, &predicted, 5).unwrap();
    let names = case["names"].as_array().unwrap();
    let names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();

    // scikit-learn pads the heading and averages with blanks and ends with a line break.
    let trimmed = |text: &Value| {
        let lines = text.as_str().unwrap().lines().map(str::trim_end);
        lines.collect::<Vec<_>>().join("\n")
    };
    let report = matrix.report(&names).unwrap();
    assert_eq!(report.to_string(), trimmed(&case["report_2_digits"]));
    assert_eq!(
        report.digits(4).to_string(),
        trimmed(&case["report_4_digits"])
    );
}

#[test]
fn probabilities_of_classes() {
    let case = reference("probabilities");
    let (truth, p) = (labels(&case["truth"]), table(&case["probabilities"]));

    let loss = log_loss(&truth, &p).unwrap();
    assert_close(loss.value, number(&case["log_loss"]));
    assert_interval(&loss, &case["log_loss_interval"]);

    let brier = brier_score(&truth, &p).unwrap();
    assert_close(brier.value, number(&case["brier_score"]));
    assert_interval(&brier, &case["brier_score_interval"]);

    assert_close(
        macro_roc_auc(&truth, &p).unwrap(),
        number(&case["macro_roc_auc"]),
    );

    let (truth, p) = (
        truth.view().split_at(Axis(0), 2).1,
        p.view().split_at(Axis(0), 2).1,
    );
    let top_2 = top_k_accuracy(&truth, &p, 2).unwrap();
    assert_close(top_2.value, number(&case["top_2_accuracy"]));
    assert_interval(&top_2, &case["top_2_accuracy_interval"]);
    let top_1 = top_k_accuracy(&truth, &p, 1).unwrap();
    assert_eq!(top_1, accuracy(&truth, &argmax(&p).unwrap()).unwrap());
}

/// Scores with many ties, none, a perfect order and all equal.
#[test]
fn curves_areas_and_calibration() {
    for part in ["tied", "untied", "perfect", "constant"] {
        let case = reference(part);
        let (classes, scores) = (labels(&case["truth"]), numbers(&case["scores"]));
        let truth = classes.mapv(|class| class == 1);

        let roc = RocCurve::new(&truth, &scores).unwrap();
        assert_all_close(&roc.false_positive_rate, &case["false_positive_rate"]);
        assert_all_close(&roc.true_positive_rate, &case["true_positive_rate"]);
        assert_eq!(roc.thresholds[0], f64::INFINITY);
        assert_all_close(roc.thresholds.iter().skip(1), &case["thresholds"]);
        assert_close(roc.auc().value, number(&case["auc"]));
        assert_interval(&roc.auc(), &case["auc_interval"]);
        assert_eq!(roc.auc(), roc_auc(&truth, &scores).unwrap());

        let curve = PrecisionRecallCurve::new(&truth, &scores).unwrap();
        assert_all_close(curve.precision.iter().rev(), &case["precision"]);
        assert_all_close(curve.recall.iter().rev(), &case["recall"]);
        assert_eq!(curve.thresholds, roc.thresholds);
        let area = average_precision(&truth, &scores).unwrap();
        assert_close(area, number(&case["average_precision"]));

        let both = binary_probabilities(&scores).unwrap();
        assert_close(
            log_loss(&classes, &both).unwrap().value,
            number(&case["log_loss"]),
        );
        let brier = brier_score(&classes, &both).unwrap();
        assert_close(brier.value, number(&case["brier_score"]));
        assert_interval(&brier, &case["brier_score_interval"]);

        let calibration = CalibrationCurve::new(&truth, &scores, 5).unwrap();
        let observed: Vec<f64> = calibration
            .bins
            .iter()
            .map(|bin| bin.positives.value)
            .collect();
        let predicted: Vec<f64> = calibration
            .bins
            .iter()
            .map(|bin| bin.mean_probability)
            .collect();
        assert_all_close(&observed, &case["calibration_observed"]);
        assert_all_close(&predicted, &case["calibration_predicted"]);
        assert_close(
            calibration.expected_error(),
            number(&case["calibration_error"]),
        );
    }
}

#[test]
fn regression() {
    let case = reference("regression");
    let (truth, predicted) = (numbers(&case["truth"]), numbers(&case["predicted"]));
    let estimates = [
        ("mae", mean_absolute_error(&truth, &predicted)),
        ("mse", mean_squared_error(&truth, &predicted)),
        ("rmse", root_mean_squared_error(&truth, &predicted)),
    ];
    for (name, estimate) in estimates {
        let estimate = estimate.unwrap();
        assert_close(estimate.value, number(&case[name]));
        assert_interval(&estimate, &case[format!("{name}_interval")]);
    }
    assert_close(r2_score(&truth, &predicted).unwrap(), number(&case["r2"]));
}

/// `f32` arrays give what their values give as `f64`: the arithmetic is the same.
#[test]
fn f32_arrays_are_computed_in_f64() {
    let case = reference("regression");
    let [truth, predicted] = ["truth", "predicted"].map(|k| numbers(&case[k]).mapv(|x| x as f32));
    let [wide_truth, wide_predicted] = [&truth, &predicted].map(|x| x.mapv(f64::from));
    assert_eq!(
        mean_squared_error(&truth, &predicted).unwrap(),
        mean_squared_error(&wide_truth, &wide_predicted).unwrap()
    );

    // A certain and wrong prediction costs −ln ε of the type it came in.
    let wrong = log_loss(&array![0], &array![[0.0f32, 1.0]]).unwrap();
    assert_close(wrong.value, -f64::from(f32::EPSILON).ln());

    let case = reference("tied");
    let truth = labels(&case["truth"]).mapv(|class| class == 1);
    let scores = numbers(&case["scores"]).mapv(|x| x as f32);
    assert_close(
        roc_auc(&truth, &scores).unwrap().value,
        number(&case["auc"]),
    );
}
