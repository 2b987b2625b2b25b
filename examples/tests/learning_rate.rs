//! The binary `learning_rate`.

mod common;

use common::{Directory, assert_refused, run};

const BINARY: &str = env!("CARGO_BIN_EXE_learning_rate");

#[test]
fn draws_its_figure_and_the_suggested_rate_is_faster_than_a_tenth() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(out.files(), ["learning_rate.png", "learning_rate.svg"]);
    let losses = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("training, "));
    let losses: Vec<f64> = losses
        .map(|line| {
            let rest = line.split(" epochs ").nth(1).unwrap();
            rest.split(',').next().unwrap().parse().unwrap()
        })
        .collect();
    // a tenth, suggested, ten times
    assert!(losses[1] < losses[0], "{losses:?}");
    assert_eq!(losses.len(), 3);
    assert!(
        ended
            .stdout
            .contains("doctor, one cycle may rise to a learning rate of ")
    );
}

#[test]
fn refuses_a_single_seed() {
    assert_refused(BINARY, &["--seeds", "1"], "1 is not in 2..=1000");
}
