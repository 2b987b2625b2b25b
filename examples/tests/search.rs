//! The binary `search`, and the exercises of its page.

mod common;
mod printed;

use common::{Directory, assert_refused, run};
use dl_select::SuccessiveHalving;
use printed::numbers;

const BINARY: &str = env!("CARGO_BIN_EXE_search");

#[test]
fn the_best_score_on_shuffled_labels_is_not_what_it_is_worth() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let numbers = |label: &str| numbers(&ended.stdout, label);
    for table in ["Iris", "shuffled labels"] {
        let [winner, lower, upper] = numbers(&format!("{table}, the winner's score"))[..] else {
            panic!("three numbers: {}", ended.stdout);
        };
        assert!(lower <= winner && winner <= upper);
        let [inner, worth, optimism] =
            ["winning scores", "worth of winners", "optimism"].map(|what| {
                let nested = if what == "optimism" { "" } else { "nested: " };
                numbers(&format!("{table}, {nested}{what}"))[0]
            });
        assert!((inner - worth - optimism).abs() <= 2e-4, "{table}");
        let chance = table != "Iris";
        assert_eq!(worth < 0.5, chance, "{table} {worth}");
    }
    assert_eq!(numbers("rung 0")[..2], [9.0, 1.0]);
    assert_eq!(numbers("rung 2")[..2], [1.0, 9.0]);
    assert_eq!(
        out.files(),
        [
            "search.png",
            "search.svg",
            "search_learning_curve.png",
            "search_learning_curve.svg"
        ]
    );
}

#[test]
fn trials_are_kept_and_can_be_run_one_by_one() {
    let out = Directory::new();
    let file = out.record();
    for index in ["2", "0"] {
        let ended = run(
            BINARY,
            &out,
            &["--file", &file, "--index", index, "--trials", "3"],
        );
        assert!(ended.success, "{}", ended.stderr);
        assert!(ended.stdout.starts_with(&format!("trial {index}: rate=")));
    }
    let ended = run(BINARY, &out, &["--file", &file, "--trials", "3"]);
    assert!(ended.success, "{}", ended.stderr);
    let lines = std::fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 4);
    let without = run(BINARY, &out, &["--trials", "3"]);
    let best = |text: &str| text.lines().nth(1).unwrap().to_owned();
    assert_eq!(best(&ended.stdout), best(&without.stdout));
}

#[test]
fn refuses_bad_options() {
    assert_refused(BINARY, &["--trials", "1"], "1 is not in 2..=10000");
    assert_refused(BINARY, &["--index", "1"], "--file <FILE>");
    let out = Directory::new();
    let file = out.record();
    let arguments = ["--file", &file, "--index", "3", "--trials", "3"];
    assert_refused(BINARY, &arguments, "there is no trial 3; the search has 3");
}

#[test]
fn answers() {
    // trials until the bound on the winner's score reaches one half
    let trials = |rows: f64| {
        let variance = 2.0 / 9.0 / rows;
        ((0.5 - 1.0 / 3.0_f64).powi(2) / variance / 2.0).exp()
    };
    assert!((trials(150.0) / 11_800.0 - 1.0).abs() < 0.005);
    assert!((trials(1500.0).ln() - 93.75).abs() < 1e-9);
    let bound = |rows: f64| 1.0 / 3.0 + (2.0 / 9.0 / rows).sqrt() * (2.0 * 40_f64.ln()).sqrt();
    assert!((bound(150.0) - 0.438).abs() < 5e-4 && (bound(120.0) - 0.450).abs() < 5e-4);

    let rungs = SuccessiveHalving::new(1, 81).rungs().unwrap();
    let epochs: u64 = rungs.iter().map(|&(n, epochs)| n as u64 * epochs).sum();
    assert_eq!((rungs.len(), epochs, 81 * 81), (5, 405, 6561));

    let factor = |folds: f64| (1.0 + folds / (folds - 1.0)).sqrt();
    assert!((factor(10.0) - 1.453).abs() < 5e-4 && (factor(5.0) - 1.5).abs() < 1e-12);
}
