//! The binary `dartboard`, and the answers of the chapter on probability.

mod common;

use common::{Directory, assert_refused, run};
use dl_math::posterior;
use dl_nn::metrics::Estimate;
use examples::dartboard::{QUESTIONS, RED, UPPER, exact, low_thrower};
use ndarray::array;

const BINARY: &str = env!("CARGO_BIN_EXE_dartboard");

/// The numbers of the line that starts with `label`.
fn numbers(stdout: &str, label: &str) -> Vec<f64> {
    let line = stdout.lines().find_map(|line| line.strip_prefix(label));
    let line = line.unwrap_or_else(|| panic!("no line {label}: {stdout}"));
    let words = line.split_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn counts_what_the_areas_say() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    for (question, expected) in QUESTIONS.iter().zip([0.46, 0.16, 0.32]) {
        let [exact, counted, _, lower, upper] = numbers(&ended.stdout, question.name)[..] else {
            panic!("{}", ended.stdout)
        };
        assert!((exact - expected).abs() <= 1e-9, "{}", ended.stdout);
        assert!((counted - expected).abs() <= 0.04, "{}", ended.stdout);
        assert!(lower < counted && counted < upper, "{}", ended.stdout);
    }
    let names = ["dartboard", "dartboard_convergence", "dartboard_tables"];
    let files = names.map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    assert_eq!(out.files(), files.concat());
}

#[test]
fn refuses_too_few_darts() {
    assert_refused(BINARY, &["--darts", "10"], "10 is not in 1000..=10000000");
}

#[test]
fn exercise_1_red_or_upper() {
    let table = exact().unwrap();
    let either = table.probability(|color, half| color == RED || half == UPPER);
    assert!((either - 0.80).abs() <= 1e-12, "{either}");
    let (red, upper) = (table.marginal_x()[RED], table.marginal_y()[UPPER]);
    let both = table.probabilities()[[RED, UPPER]];
    assert!((red + upper - both - either).abs() <= 1e-12);
}

#[test]
fn exercise_2_darts_for_two_digits() {
    let (p, z) = (0.32, 1.959_964);
    let in_the_upper_half = (z * z * p * (1.0 - p) / 0.01_f64.powi(2)).ceil();
    assert_eq!(in_the_upper_half, 8360.0);
    let hits = (p * in_the_upper_half).round();
    let estimate = Estimate::proportion(hits as usize, in_the_upper_half as usize);
    let interval = estimate.interval(0.95).unwrap();
    let half_width = (interval.upper - interval.lower) / 2.0;
    assert!((half_width - 0.01).abs() <= 1e-5, "{half_width}");
}

#[test]
fn exercise_3_the_low_thrower() {
    let likelihood = array![0.32, 0.60];
    let after = posterior(&low_thrower(), &likelihood).unwrap()[UPPER];
    assert!((after - 0.08 / 0.53).abs() <= 1e-12);
    assert_eq!(format!("{after:.3}"), "0.151");
    let before = posterior(&array![0.5, 0.5], &likelihood).unwrap()[UPPER];
    assert_eq!(format!("{before:.3}"), "0.348");
}
