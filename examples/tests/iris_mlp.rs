//! `iris_mlp` as its user runs it.

mod common;

use std::fs;

use common::{Directory, assert_refused, run};

const BINARY: &str = env!("CARGO_BIN_EXE_iris_mlp");

#[test]
fn ends_with_the_test_accuracy_and_writes_its_figures() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let last = ended.stdout.lines().last().unwrap();
    let accuracy: f64 = last
        .strip_prefix("test accuracy ")
        .unwrap()
        .parse()
        .unwrap();
    assert!((0.0..=1.0).contains(&accuracy) && last.len() == "test accuracy 0.9667".len());
    for part in ["dense_1 (dense, relu)", "macro avg", "epoch  train loss"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let figures = [
        "iris_confusion_matrix",
        "iris_decision_boundary",
        "iris_learning_curves",
    ];
    let files: Vec<String> = figures
        .iter()
        .flat_map(|name| [format!("{name}.png"), format!("{name}.svg")])
        .collect();
    assert_eq!(out.files(), files);
    assert_eq!(
        ended.stderr, "",
        "no progress bar where there is no terminal"
    );
}

#[test]
fn four_components_and_a_seed() {
    let (first, second) = (Directory::new(), Directory::new());
    let arguments = ["--components", "4", "--seed", "7"];
    let (one, two) = (
        run(BINARY, &first, &arguments),
        run(BINARY, &second, &arguments),
    );
    assert!(one.success, "{}", one.stderr);
    let last = |ended: &common::Ended| ended.stdout.lines().last().unwrap().to_owned();
    assert_eq!(last(&one), last(&two));
}

#[test]
fn a_table_of_the_users() {
    let out = Directory::new();
    fs::create_dir_all(out.path()).unwrap();
    let table = out.path().join("table.csv");
    let mut rows = String::from("kind,width,height,depth\n");
    for i in 0..40 {
        let kind = ["low", "high"][i % 2];
        rows += &format!("{kind},{}.5,{},{}\n", i % 7, 10 * (i % 2) + i % 3, i % 5);
    }
    fs::write(&table, rows).unwrap();
    let table = table.to_str().unwrap();
    let ended = run(BINARY, &out, &["--csv", table, "--label", "kind"]);
    assert!(ended.success, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("40 rows of 3 columns, 2 classes"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("learnt from the training rows"),
        "{}",
        ended.stdout
    );

    fs::write(table, "width,height,kind\n1,2,a\n3,NaN,b\n").unwrap();
    assert_refused(BINARY, &["--csv", table], "line 3");
    // the message names the option of the command line
    let rows: String = (0..40)
        .map(|i| format!("{i},{},{}\n", i % 7, i / 20))
        .collect();
    fs::write(table, rows).unwrap();
    let hint = "hint: --no-header takes the first line for a row of data, --label NAME";
    assert_refused(BINARY, &["--csv", table], hint);
    let ended = run(BINARY, &out, &["--csv", table, "--no-header"]);
    let expected = "40 rows of 2 columns, 2 classes";
    assert!(ended.stdout.contains(expected), "{}", ended.stderr);
    let both = ["--csv", table, "--no-header", "--label", "kind"];
    assert_refused(BINARY, &both, "cannot be used with");
    fs::write(table, "").unwrap();
    assert_refused(BINARY, &["--csv", table], "table.csv");
    assert_refused(BINARY, &["--csv", "no such file.csv"], "no such file.csv");
}

#[test]
fn bad_options_are_refused() {
    assert_refused(BINARY, &["--no-header"], "--csv");
    assert_refused(BINARY, &["--epochs", "0"], "0 is not in 1..");
    assert_refused(BINARY, &["--components", "5"], "components");
    assert_refused(BINARY, &["--components", "0"], "components");
}
