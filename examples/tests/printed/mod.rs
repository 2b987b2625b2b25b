//! What a program printed.

/// The numbers behind a label at the start of a line, nothing but numbers.
#[track_caller]
pub fn numbers(stdout: &str, label: &str) -> Vec<f64> {
    let line = stdout.lines().find_map(|line| line.strip_prefix(label));
    let words = line.unwrap_or_else(|| panic!("{label}: {stdout}"));
    words
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect()
}
