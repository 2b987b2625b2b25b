//! The binary `measures`, and the answers of the chapter on measures.

mod common;

use common::{Directory, assert_refused, run};
use dl_math::special::{logit, sigmoid};
use dl_nn::metrics::{ConfusionMatrix, binary_probabilities, log_loss, roc_auc};
use examples::scores::{Scores, at_balance, versicolor};
use ndarray::Array1;

const BINARY: &str = env!("CARGO_BIN_EXE_measures");

/// The first number of the line that starts with `label`.
fn number(stdout: &str, label: &str) -> f64 {
    let line = stdout.lines().find_map(|line| line.strip_prefix(label));
    let line = line.unwrap_or_else(|| panic!("no line {label}: {stdout}"));
    let mut words = line.split_whitespace();
    words.find_map(|word| word.parse().ok()).expect("a number")
}

#[test]
fn measures_both_tasks_and_writes_its_figures() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    let of = |label: &str| number(&ended.stdout, label);
    assert_eq!(of("versicolor samples"), 150.0);
    assert!(of("versicolor recall") < 0.7, "no straight border does it");
    assert!(of("fives ROC AUC") >= 0.9);
    assert!((of("pairs in order") - of("fives ROC AUC")).abs() <= 0.01);
    // surer of itself without knowing more
    for same in ["accuracy", "ROC AUC", "precision", "recall"] {
        assert_eq!(of(&format!("fives {same}")), of(&format!("tripled {same}")));
    }
    assert!(of("fives log loss") < of("tripled log loss"));
    assert_ne!(
        of("fives calibration error"),
        of("tripled calibration error")
    );
    // a measured test set is where the formula says
    assert!(of("share 0.01") >= 0.95 && of("share 0.9") <= 0.9);
    // one outlier of 10 in 100 rows
    let added = of("outlier MAE") - of("line MAE");
    assert!((added - 0.1).abs() <= 0.01, "{added}");
    let names = ["balance", "calibration", "confusion", "curves", "scores"];
    let files = names.map(|name| ["png", "svg"].map(|kind| format!("measures_{name}.{kind}")));
    assert_eq!(out.files(), files.concat());
}

#[test]
fn says_where_there_is_no_data() {
    assert_refused(BINARY, &["--data", "nowhere"], "nowhere");
}

#[test]
fn exercise_1_from_counts() {
    let cells = [(1, 1, 40), (0, 1, 10), (1, 0, 20), (0, 0, 930)];
    let rows = |of: fn((usize, usize, usize)) -> usize| -> Array1<usize> {
        let repeated = cells
            .into_iter()
            .flat_map(|cell| std::iter::repeat_n(of(cell), cell.2));
        repeated.collect()
    };
    let (truth, said) = (rows(|cell| cell.0), rows(|cell| cell.1));
    let confusion = ConfusionMatrix::new(&truth, &said, 2).unwrap();
    assert_eq!(format!("{:.3}", confusion.accuracy()), "0.970");
    assert_eq!(format!("{:.3}", confusion.precision()[1]), "0.800");
    assert_eq!(format!("{:.3}", confusion.recall()[1]), "0.667");
    assert_eq!(format!("{:.3}", confusion.f1()[1]), "0.727");
    let never = ConfusionMatrix::new(&truth, &Array1::zeros(1000), 2).unwrap();
    assert_eq!(never.accuracy().value, 0.94);
}

#[test]
fn exercise_2_a_rare_illness() {
    let (accuracy, precision) = at_balance(0.001, 0.99, 0.01);
    assert_eq!(format!("{precision:.4}"), "0.0902");
    let (even, half) = at_balance(0.01, 0.99, 0.01);
    assert!((half - 0.5).abs() <= 1e-12);
    assert!((accuracy - 0.99).abs() <= 1e-12 && (even - 0.99).abs() <= 1e-12);
}

#[test]
fn exercise_3_only_the_order_counts_for_the_area() {
    let before = versicolor(42).unwrap();
    let tripled = before.sharpened(3.0);
    let mut raised = before.clone();
    raised.probability = before.probability.mapv(|p| sigmoid(logit(p) + 1.0));
    let area = |scores: &Scores| roc_auc(&scores.truth, &scores.probability).unwrap().value;
    let accuracy = |scores: &Scores| scores.confusion(0.5).unwrap().accuracy().value;
    let loss = |scores: &Scores| {
        let both = binary_probabilities(&scores.probability).unwrap();
        log_loss(&scores.labels(), &both).unwrap().value
    };
    assert_eq!(area(&before), area(&tripled));
    assert_eq!(area(&before), area(&raised));
    assert_eq!(accuracy(&before), accuracy(&tripled));
    assert_ne!(accuracy(&before), accuracy(&raised));
    assert_ne!(loss(&before), loss(&tripled));
    assert_ne!(loss(&before), loss(&raised));
}
