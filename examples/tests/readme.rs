//! The workspace README shows a program of the user's project, which `quickstart` is, too, and what it prints.

use std::process::Command;

/// The first block of the README that opens with this fence.
fn block(fence: &str) -> String {
    let readme = include_str!("../../README.md");
    let (_, after) = readme
        .split_once(&format!("\n{fence}\n"))
        .expect("the block opens");
    let (block, _) = after.split_once("\n```").expect("the block closes");
    block.to_owned()
}

/// Without spaces at the ends of lines, nor empty lines around.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[test]
fn the_program_is_that_of_the_users_project() {
    let program = include_str!("../user-project/src/bin/readme.rs");
    assert_eq!(block("```rust"), program.trim_end());
}

#[test]
fn the_output_is_what_quickstart_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(trimmed(&block("```text")), trimmed(&printed));
}
