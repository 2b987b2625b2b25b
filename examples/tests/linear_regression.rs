//! The binary `linear_regression`.

mod common;

use common::{Directory, assert_refused, run};

const BINARY: &str = env!("CARGO_BIN_EXE_linear_regression");

#[test]
fn draws_both_figures_and_finds_the_line() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(
        ended.stderr, "",
        "no progress bar where there is no terminal"
    );
    let last: Vec<&str> = ended
        .stdout
        .lines()
        .last()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let [name, slope, intercept, loss] = last[..] else {
        panic!("{}", ended.stdout)
    };
    assert_eq!(name, "network");
    // the noise's variance is 0.16
    assert!(
        (0.10..0.20).contains(&loss.parse::<f64>().unwrap()),
        "{loss}"
    );
    let near = |text: &str, value: f64| (text.parse::<f64>().unwrap() - value).abs() <= 0.1;
    assert!(near(slope, 2.0) && near(intercept, 1.0), "{}", ended.stdout);
    assert_eq!(
        out.files(),
        [
            "linear_regression.png",
            "linear_regression.svg",
            "linear_regression_fit.png",
            "linear_regression_fit.svg"
        ]
    );
}

#[test]
fn refuses_bad_values() {
    for (arguments, message) in [
        (
            ["--epochs", "0"],
            "invalid value '0' for '--epochs <EPOCHS>': 0 is not in 1..=10000",
        ),
        (
            ["--learning-rate", "-0.1"],
            "invalid value '-0.1' for '--learning-rate <LEARNING_RATE>': not positive and finite",
        ),
        (
            ["--learning-rate", "NaN"],
            "invalid value 'NaN' for '--learning-rate <LEARNING_RATE>': not positive and finite",
        ),
        (
            ["--learning-rate", "slow"],
            "invalid value 'slow' for '--learning-rate <LEARNING_RATE>': not a number",
        ),
    ] {
        assert_refused(BINARY, &arguments, message);
    }
}

#[test]
fn a_training_that_diverges_is_an_error() {
    let message = "; choose a learning rate below 10";
    assert_refused(BINARY, &["--learning-rate", "10"], message);
}
