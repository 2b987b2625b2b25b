//! Names that come from outside, in messages.

use std::fmt;
use std::path::Path;

/// A name of a user's or a file's as a message shows it: without what would move a terminal's cursor,
/// change its colours, break the line or turn its direction. Such characters are written as Rust
/// escapes them; all others stay as they are.
///
/// ```
/// use dl_core::text::shown;
///
/// assert_eq!(shown("\u{1b}[31mred\n").to_string(), "\\u{1b}[31mred\\n");
/// assert_eq!(shown("Länge 🦀 \"°C\"").to_string(), "Länge 🦀 \"°C\"");
/// assert_eq!(format!("{:>6}", shown("a\t")), "   a\\t");
/// ```
pub fn shown(text: &str) -> Shown<'_> {
    Shown(text)
}

/// A path as a message shows it, as [`shown`] a name.
pub fn shown_path(path: &Path) -> String {
    shown(&path.display().to_string()).to_string()
}

/// What [`shown`] gives: to be written by its `Display`, which keeps to a width and an alignment.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.contains(is_unseen) {
            return out.pad(self.0);
        }
        let mut text = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            match is_unseen(c) {
                true => text.extend(c.escape_default()),
                false => text.push(c),
            }
        }
        out.pad(&text)
    }
}

/// Control characters, and marks that are not seen themselves but hide or turn what follows them.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let shown = |text| shown(text).to_string();
        assert_eq!(
            shown("\u{1b}]0;title\u{7}\u{9b}2J\0\r"),
            "\\u{1b}]0;title\\u{7}\\u{9b}2J\\u{0}\\r"
        );
        assert_eq!(
            shown("a\u{202e}b\u{2066}c\u{feff}d\u{2028}"),
            "a\\u{202e}b\\u{2066}c\\u{feff}d\\u{2028}"
        );
    }

    #[test]
    fn paths_are_names_too() {
        assert_eq!(
            shown_path(Path::new("a/\u{1b}[2J b.csv")),
            "a/\\u{1b}[2J b.csv"
        );
    }

    #[test]
    fn what_is_seen_stays() {
        // joiners make letters and emoji what they are
        for text in [
            "",
            "Länge \"°C\" \\ '长度'",
            "e\u{301}",
            "👩\u{200d}🔬",
            "می\u{200c}خواهم",
            "שלום",
        ] {
            assert_eq!(shown(text).to_string(), text);
        }
    }
}
