//! The workspace README shows the program `quickstart` and what it prints.

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
fn the_program_is_quickstart() {
    let (_, program) = include_str!("../src/bin/quickstart.rs")
        .split_once("\n\n")
        .unwrap();
    assert_eq!(trimmed(&block("```rust")), trimmed(program));
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
