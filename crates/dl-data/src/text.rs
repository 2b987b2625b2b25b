//! Text from outside in messages.

use std::fmt;

/// A text without what would move a terminal's cursor, change its colours or turn its direction: such
/// characters are shown as escape sequences of Rust.
pub(crate) struct Shown<'a>(&'a str);

pub(crate) fn shown(text: &str) -> Shown<'_> {
    Shown(text)
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match is_unseen(c) {
                true => write!(f, "{}", c.escape_default())?,
                false => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// Control characters, and marks that hide or turn what follows them.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// The beginning of a text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first names of a list, short enough for a message and fit to be shown.
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let count = names.len();
    let first = names.take(MOST);
    let mut parts: Vec<String> = first
        .map(|name| shown(&excerpt(name)).to_string())
        .collect();
    if count > MOST {
        parts.push(format!("… ({count} in all)"));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let shown = |text| shown(text).to_string();
        assert_eq!(
            shown("\u{1b}[31mred\u{7}\r\n"),
            "\\u{1b}[31mred\\u{7}\\r\\n"
        );
        assert_eq!(shown("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\u{9b}c");
        assert_eq!(
            shown("Länge \"°C\" \\ 長さ e\u{301}"),
            "Länge \"°C\" \\ 長さ e\u{301}"
        );
    }
}
