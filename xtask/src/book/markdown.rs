//! Which parts of a page are code, and a parser that knows formulas.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser};

/// The events of a page with their positions, parsed like the renderer does, but with formulas.
pub(super) fn events(text: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    Parser::new_ext(text, options).into_offset_iter()
}

/// The text with code blocks and code spans blanked; all other characters keep their positions.
pub(super) fn without_code(text: &str) -> String {
    let code = events(text).filter_map(|(event, range)| {
        use pulldown_cmark::{Event::*, Tag};
        matches!(event, Code(_) | Start(Tag::CodeBlock(_))).then_some(range)
    });
    blanked(text, code)
}

/// The text with spaces in place of the ranges; line breaks stay.
pub(super) fn blanked(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges {
        let blank = bytes[range].iter_mut().filter(|byte| **byte != b'\n');
        blank.for_each(|byte| *byte = b' ');
    }
    String::from_utf8(bytes).expect("events begin and end between characters")
}

/// A line of a text with what precedes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) offset: usize,
    pub(super) text: &'a str,
    /// Whether it is in a fenced code block, or one of its fences.
    pub(super) in_code: bool,
}

/// The lines of a page.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut offset, mut open) = (0, None);
    text.split_inclusive('\n')
        .map(|whole| {
            let line = whole.trim_end_matches('\n');
            let in_code = open.is_some() || fence(line).is_some();
            open = match (open, fence(line)) {
                (None, fence) => fence,
                (Some(fence), _) if closes(line, fence) => None,
                (fence, _) => fence,
            };
            let line = Line {
                offset,
                text: line,
                in_code,
            };
            offset += whole.len();
            line
        })
        .collect()
}

/// The run of backticks or tildes that opens a code block.
pub(super) fn fence(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let run = ['`', '~'].map(|mark| text.len() - text.trim_start_matches(mark).len());
    let length = run[0].max(run[1]);
    (length >= 3).then(|| &text[..length])
}

/// Whether a line closes the code block that a fence opened.
pub(super) fn closes(line: &str, fence: &str) -> bool {
    line.trim()
        .strip_prefix(fence)
        .is_some_and(|rest| rest.chars().all(|c| fence.starts_with(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_blanked_in_place() {
        let text = "a `b` ü\n\n```text\nc\n```\nd\n";
        assert_eq!(without_code(text), "a     ü\n\n       \n \n   \nd\n");
    }

    #[test]
    fn fences_close_with_as_many_marks() {
        let text = "a\n````md\n```rust\n```\n````\nb\n~~~\n```\n~~~\nc";
        let code: String = lines(text)
            .iter()
            .map(|line| if line.in_code { '#' } else { '.' })
            .collect();
        assert_eq!(code, ".####.###.");
        assert_eq!(lines(text)[5].offset, text.find('b').expect("there"));
    }
}
