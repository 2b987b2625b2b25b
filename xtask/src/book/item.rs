//! Finding an item of a Rust source by the beginning of its first line. It relies on rustfmt: what belongs to an item
//! is indented deeper, or closes what the item opened.

/// The item whose first line starts with the last of `starts`, inside the item that starts with the one before it, and
/// so on; with its doc comments and attributes, dedented.
pub(super) fn find(source: &str, starts: &[String]) -> Result<String, String> {
    let lines: Vec<&str> = source.lines().collect();
    let (mut begin, mut end) = (0, lines.len());
    for start in starts {
        let first = begin + first_line(&lines[begin..end], start)?;
        (begin, end) = (first, last_line(&lines, first) + 1);
    }
    let first = begin - documentation(&lines[..begin]);
    let indent = indentation(lines[begin]);
    let dedented = lines[first..end]
        .iter()
        .map(|line| line.get(indent..).unwrap_or(""));
    Ok(dedented.collect::<Vec<_>>().join("\n"))
}

fn first_line(lines: &[&str], start: &str) -> Result<usize, String> {
    let found: Vec<usize> = (0..lines.len())
        .filter(|&i| begins(lines[i].trim(), start))
        .collect();
    match found[..] {
        [line] => Ok(line),
        [] => Err(format!("no line starts with `{start}`")),
        _ => Err(format!("{} lines start with `{start}`", found.len())),
    }
}

/// Whether a line starts with the text, and not in the middle of a word.
pub(super) fn begins(line: &str, start: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    line.strip_prefix(start)
        .is_some_and(|rest| !(start.ends_with(word) && rest.starts_with(word)))
}

/// The last line of the item that begins at `first`.
fn last_line(lines: &[&str], first: usize) -> usize {
    let indent = indentation(lines[first]);
    let mut last = first;
    for (i, line) in lines.iter().enumerate().skip(first) {
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        if i > first && indentation(line) <= indent && !continues(line, indent) {
            break;
        }
        last = i;
        if indentation(line) == indent && text.ends_with([';', '}']) {
            break;
        }
    }
    last
}

/// Whether a line of the item's own indentation still belongs to it.
fn continues(line: &str, indent: usize) -> bool {
    let text = line.trim();
    indentation(line) == indent && (text.starts_with([')', ']', '}', '{']) || begins(text, "where"))
}

/// How many lines directly above an item are its doc comments and attributes.
fn documentation(above: &[&str]) -> usize {
    let mut first = above.len();
    while first > 0 {
        let text = above[first - 1].trim();
        if text.starts_with("///") || (text.starts_with("#[") && text.ends_with(']')) {
            first -= 1;
        } else if text.ends_with(']')
            && let Some(lines) = attribute(&above[..first])
        {
            first -= lines;
        } else {
            break;
        }
    }
    above.len() - first
}

/// The lines of an attribute over several lines that ends the given ones.
fn attribute(above: &[&str]) -> Option<usize> {
    let opening = above
        .iter()
        .rposition(|line| line.trim().starts_with("#["))?;
    let indent = indentation(above[opening]);
    let (closing, inside) = above[opening + 1..].split_last()?;
    let inside_only = inside.iter().all(|line| indentation(line) > indent);
    let closed = indentation(closing) > indent || closing.trim().starts_with(')');
    (inside_only && closed).then(|| above.len() - opening)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"//! A module.

use std::{
    error::Error,
    fs,
};

/// One.
pub const ONE: f64 = 1.0;
/// Two.
#[derive(
    Debug,
    Clone,
)]
#[expect(dead_code)]
pub struct Two {
    /// A field.
    pub field: usize,
    other: usize,
}

/// Four, with an example:
/// ```
/// four();
/// ```
pub fn four() {}

pub fn four_more<F>(
    a: F,
    b: F,
) -> F
where
    F: Float,
{
    let model = Sequential::input([4])
        .push(Dense::new(3))
        .build(42)?;

    if a < b {
        b
    } else {
        a
    }
}

impl Two {
    /// Forward.
    fn forward(&self) {
        self.run();
    }
}

impl Three {
    fn forward(&self) {
        match self {
            Self::A => 1,
        };
    }
}
"#;

    fn item(starts: &[&str]) -> Result<String, String> {
        let starts: Vec<String> = starts.iter().map(|&start| start.to_owned()).collect();
        find(SOURCE, &starts)
    }

    #[track_caller]
    fn assert_item(starts: &[&str], first: &str, last: &str, count: usize) {
        let found = item(starts).expect("found");
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!((lines[0], lines[lines.len() - 1]), (first, last), "{found}");
        assert_eq!(lines.len(), count, "{found}");
    }

    #[test]
    fn items_end_where_they_are_closed() {
        assert_item(&["use std"], "use std::{", "};", 4);
        assert_item(
            &["pub const ONE"],
            "/// One.",
            "pub const ONE: f64 = 1.0;",
            2,
        );
        assert_item(&["pub struct Two"], "/// Two.", "}", 11);
        assert_item(
            &["pub fn four"],
            "/// Four, with an example:",
            "pub fn four() {}",
            5,
        );
        assert_item(&["pub fn four_more"], "pub fn four_more<F>(", "}", 17);
        assert_item(&["impl Three"], "impl Three {", "}", 7);
    }

    #[test]
    fn parts_of_an_item_are_dedented() {
        assert_item(&["pub field"], "/// A field.", "pub field: usize,", 2);
        let model = item(&["let model"]).expect("found");
        let expected =
            "let model = Sequential::input([4])\n    .push(Dense::new(3))\n    .build(42)?;";
        assert_eq!(model, expected);
        assert_item(&["if a < b"], "if a < b {", "}", 5);
        assert_item(&["impl Two", "fn forward"], "/// Forward.", "}", 4);
        assert_item(&["impl Three", "fn forward"], "fn forward(&self) {", "}", 5);
    }

    #[test]
    fn missing_and_ambiguous_items_are_errors() {
        assert_eq!(
            item(&["fn none"]),
            Err("no line starts with `fn none`".to_owned())
        );
        assert_eq!(
            item(&["pub fn fou"]),
            Err("no line starts with `pub fn fou`".to_owned())
        );
        assert_eq!(
            item(&["fn forward"]),
            Err("2 lines start with `fn forward`".to_owned())
        );
        let missing = Err("no line starts with `fn backward`".to_owned());
        assert_eq!(item(&["impl Two", "fn backward"]), missing);
    }
}
