//! Natural sort order, in which 10 comes after 9.

/// A chunk of digits or of other characters. Derived order: numbers first, by value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Chunk {
    /// The number of digits and the digits, without leading zeros.
    Number(usize, String),
    Text(String),
}

/// The sort key of a name.
pub(super) fn natural(name: &str) -> Vec<Chunk> {
    let characters: Vec<char> = name.chars().collect();
    let runs = characters.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let run = |run: &[char]| {
        let text: String = run.iter().collect();
        if run[0].is_ascii_digit() {
            let digits = text.trim_start_matches('0');
            Chunk::Number(digits.len(), digits.to_owned())
        } else {
            Chunk::Text(text)
        }
    };
    runs.map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_value() {
        let mut names = [
            "10",
            "9",
            "conv10.a",
            "conv9.b",
            "0",
            "2.10",
            "2.9",
            "99999999999999999999",
        ];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(
            names,
            [
                "0",
                "2.9",
                "2.10",
                "9",
                "10",
                "99999999999999999999",
                "conv9.b",
                "conv10.a"
            ]
        );
    }
}
