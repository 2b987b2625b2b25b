//! The binary `activations`.

mod common;

use common::{Directory, assert_refused, run};

const BINARY: &str = env!("CARGO_BIN_EXE_activations");

#[test]
fn draws_both_figures() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    let last = out.path().join("activations_derivatives.png");
    let last = format!("wrote {}", last.display());
    assert_eq!(ended.stdout.lines().last(), Some(last.as_str()));
    assert_eq!(
        out.files(),
        [
            "activations.png",
            "activations.svg",
            "activations_derivatives.png",
            "activations_derivatives.svg"
        ]
    );
}

#[test]
fn refuses_bad_values() {
    assert_refused(
        BINARY,
        &["--points", "1"],
        "invalid value '1' for '--points <POINTS>': 1 is not in 2..=100000",
    );
    assert_refused(
        BINARY,
        &["--points", "many"],
        "invalid value 'many' for '--points <POINTS>'",
    );
}

#[test]
fn says_where_it_cannot_write() {
    let file = std::env::temp_dir().join(format!("examples-file-{}", std::process::id()));
    std::fs::write(&file, "not a directory").expect("writable");
    let output = std::process::Command::new(BINARY)
        .arg("--out")
        .arg(file.join("figures"))
        .output()
        .expect("cargo built it");
    std::fs::remove_file(&file).expect("just written");
    assert!(!output.status.success());
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    let start = format!(
        "error: cannot make the directory {}: ",
        file.join("figures").display()
    );
    assert!(stderr.starts_with(&start), "{stderr}");
}
