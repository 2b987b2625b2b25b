//! Names that come from outside, in messages.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// Of a longer name no more characters are shown: a message must not be as long as the file that it quotes.
const LONGEST: usize = 600;

/// A name of a user's or a file's as a message shows it: without what would move a terminal's cursor,
/// change its colours, break the line or turn its direction. Such characters are written as Rust
/// escapes them; all others stay as they are. Of more than 600 characters the first are shown.
///
/// ```
/// use dl_core::text::shown;
///
/// assert_eq!(shown("\u{1b}[31mred\n").to_string(), "\\u{1b}[31mred\\n");
/// assert_eq!(shown("Länge 🦀 \"°C\"").to_string(), "Länge 🦀 \"°C\"");
/// assert_eq!(format!("{:>6}", shown("a\t")), "   a\\t");
/// ```
pub fn shown(text: &str) -> Shown<'_> {
    Shown {
        text,
        most: LONGEST,
    }
}

/// As [`shown`], but all of it: for a path, and for lines made of names that are short already.
pub fn escaped(text: &str) -> Shown<'_> {
    Shown {
        text,
        most: usize::MAX,
    }
}

/// A path as a message shows it, all of it.
pub fn shown_path(path: &Path) -> String {
    escaped(&path.display().to_string()).to_string()
}

/// The beginning of a text, short enough for one of several in a message; to be [`shown`].
pub fn excerpt(text: &str) -> Cow<'_, str> {
    shortened(text, 40)
}

/// A text of at most `most` characters, and an ellipsis where there are more.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// What [`shown`] gives: to be written by its `Display`, which keeps to a width and an alignment.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    text: &'a str,
    most: usize,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = shortened(self.text, self.most);
        if !shown.contains(is_unseen) {
            return out.pad(&shown);
        }
        let mut text = String::with_capacity(shown.len());
        for c in shown.chars() {
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
    fn of_a_long_name_the_beginning_is_shown() {
        let long = "é".repeat(3_000_000);
        assert_eq!(shown(&long).to_string(), "é".repeat(600) + "…");
        assert_eq!(escaped(&long).to_string(), long);
        assert_eq!(excerpt(&long), "é".repeat(40) + "…");
        let short = "é".repeat(40);
        assert_eq!(excerpt(&short), short);
        let path = "a/".repeat(1000);
        assert_eq!(shown_path(Path::new(&path)), path);
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
