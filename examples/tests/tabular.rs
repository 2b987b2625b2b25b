//! The binaries `tabular` and `homes`.

mod common;

use std::{fs, process::Command};

use common::{Directory, run};

const TABLE: &str = include_str!("../data/homes.csv");

#[test]
fn the_program_draws_and_saves() {
    let out = Directory::new();
    let ended = run(env!("CARGO_BIN_EXE_tabular"), &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(out.files(), ["homes.dl", "tabular.png", "tabular.svg"]);
    let of = |label: &str| {
        let mut lines = ended.stdout.lines().rev();
        let last = lines.find(|line| line.starts_with(label));
        let last = last.unwrap_or_else(|| panic!("{}", ended.stdout));
        let values = last[label.len()..].split_whitespace();
        values
            .map(|value| value.parse::<f64>().unwrap())
            .collect::<Vec<_>>()
    };
    // ten epochs
    assert!(of("our network")[0] > 0.5, "{}", ended.stdout);
    assert!(
        (50.0..1000.0).contains(&of("new home")[0]),
        "{}",
        ended.stdout
    );
}

/// At most 25 lines, and it predicts.
#[test]
fn the_short_program_predicts() {
    let program = include_str!("../src/bin/homes.rs");
    let (_, lines) = program.split_once("\nuse ").expect("it uses something");
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    assert!(lines.count() <= 25);

    let folder = Directory::new();
    let data = folder.path().join("examples/data");
    fs::create_dir_all(&data).expect("made");
    fs::write(data.join("homes.csv"), TABLE).expect("written");
    fs::write(
        data.join("new_homes.csv"),
        include_str!("../data/new_homes.csv"),
    )
    .expect("written");
    let mut program = Command::new(env!("CARGO_BIN_EXE_homes"));
    let output = program
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{printed}");
    assert_eq!(
        printed.lines().last().map(|line| line.split(", ").count()),
        Some(3),
        "{printed}"
    );
    assert!(folder.path().join("homes.dl").exists());
}
