//! Copies the blocks of code and output on the pages from the sources and the programs.

use super::{
    directives::{Directive, Placed},
    item,
    markdown::{self, closes, fence},
    outputs::Outputs,
    page::{Page, Problem},
};

/// A page with its blocks filled in.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) text: String,
    /// Blocks that are out of date.
    pub(super) stale: Vec<Problem>,
    /// Blocks that cannot be filled in.
    pub(super) problems: Vec<Problem>,
}

/// Fills in every block of a page. `source` reads a file of the repository.
pub(super) fn fill(
    page: &Page,
    directives: &[Placed],
    outputs: &Outputs,
    source: impl Fn(&str) -> Result<String, String>,
) -> Filled {
    let mut filled = Filled {
        text: page.text.clone(),
        stale: Vec::new(),
        problems: Vec::new(),
    };
    // from the last, so that what is changed moves nothing that is still to come
    for placed in directives.iter().rev() {
        let expected = match &placed.directive {
            Directive::Code { path, starts } => source(path).and_then(|text| {
                item::find(&text, starts).map_err(|error| format!("{path}: {error}"))
            }),
            Directive::Output {
                program,
                first,
                last,
            } => outputs.block(program, first, last),
            Directive::Number { .. } => continue,
        };
        let (block, expected) = match (block_after(&page.text, placed), expected) {
            (Some(block), Ok(expected)) => (block, expected),
            (None, _) => {
                let message =
                    "no code block follows the comment, which stands on a line of its own";
                filled.problems.push(page.at(placed.begin, message));
                continue;
            }
            (_, Err(message)) => {
                filled.problems.push(page.at(placed.begin, message));
                continue;
            }
        };
        let body = &page.text[block.begin..block.end];
        let expected: String = expected
            .lines()
            .map(|line| indented(line, &block.indent))
            .collect();
        if body != expected {
            let (line, message) = difference(body, &expected);
            let first = page.text[..block.begin].matches('\n').count();
            filled.stale.push(page.at_line(first + line, message));
            filled.text.replace_range(block.begin..block.end, &expected);
        }
    }
    filled.stale.reverse();
    filled.problems.reverse();
    filled
}

fn indented(line: &str, indent: &str) -> String {
    if line.is_empty() {
        "\n".to_owned()
    } else {
        format!("{indent}{line}\n")
    }
}

/// The inside of a fenced block.
struct Block {
    begin: usize,
    end: usize,
    indent: String,
}

/// The block directly below a comment on a line of its own.
fn block_after(text: &str, comment: &Placed) -> Option<Block> {
    let before = text[..comment.begin].rsplit('\n').next()?;
    let lines = markdown::lines(text);
    let next = lines.iter().position(|line| line.offset >= comment.end)?;
    let rest = &text[comment.end..lines[next].offset];
    if !before.trim().is_empty() || !rest.trim().is_empty() {
        return None;
    }
    let opening = (next..lines.len()).find(|&i| !lines[i].text.trim().is_empty())?;
    let mark = fence(lines[opening].text)?;
    let closing = (opening + 1..lines.len()).find(|&i| closes(lines[i].text, mark))?;
    let text = lines[opening].text;
    Some(Block {
        begin: lines[opening + 1].offset,
        end: lines[closing].offset,
        indent: text[..text.len() - text.trim_start().len()].to_owned(),
    })
}

/// The first line that differs, and how.
fn difference(stands: &str, expected: &str) -> (usize, String) {
    let (stands, expected): (Vec<_>, Vec<_>) =
        (stands.lines().collect(), expected.lines().collect());
    let differs = |i: &usize| stands.get(*i) != expected.get(*i);
    let line = (0..stands.len().max(expected.len()))
        .find(differs)
        .unwrap_or(0);
    let show = |line: Option<&&str>| line.map_or("nothing".to_owned(), |line| format!("`{line}`"));
    let (stands, expected) = (show(stands.get(line)), show(expected.get(line)));
    (line, format!("stands {stands}, should be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{directives, page::page};

    const SOURCE: &str = "/// One.\npub fn one() -> u8 {\n\n    1\n}\n";

    fn filled(text: &str) -> Filled {
        let page = page("a.md", text);
        let (found, problems) = directives::find(&page);
        assert_eq!(problems, []);
        let mut outputs = Outputs::default();
        outputs.insert("entropy", "first\n  second\nlast\n");
        fill(&page, &found, &outputs, |path| match path {
            "a.rs" => Ok(SOURCE.to_owned()),
            _ => Err(format!("{path}: no such file")),
        })
    }

    const PAGE: &str = "# A\n\n<!-- code: a.rs \"pub fn one\" -->\n```rust\n```\n\n- item\n\n  \
                        <!-- code: a.rs \"pub fn one\" -->\n\n  ```rust\n  old\n  ```\n\n\
                        <!-- output: entropy \"second\" .. \"last\" -->\n```text\n  second\nlost\n```\n";

    #[test]
    fn blocks_are_filled_in_and_what_stood_there_is_named() {
        let first = filled(PAGE);
        assert_eq!(first.problems, []);
        let stale: Vec<String> = first.stale.iter().map(ToString::to_string).collect();
        assert_eq!(
            stale,
            [
                "docs/src/a.md:5: stands nothing, should be `/// One.`",
                "docs/src/a.md:12: stands `  old`, should be `  /// One.`",
                "docs/src/a.md:18: stands `lost`, should be `last`",
            ]
        );
        assert!(
            first.text.contains(&format!("```rust\n{SOURCE}```\n")),
            "{}",
            first.text
        );
        assert!(
            first
                .text
                .contains("  pub fn one() -> u8 {\n\n      1\n  }\n  ```\n"),
            "{}",
            first.text
        );
        assert!(
            first.text.ends_with("```text\n  second\nlast\n```\n"),
            "{}",
            first.text
        );
        let second = filled(&first.text);
        assert_eq!((second.text, second.stale), (first.text, Vec::new()));
    }

    #[test]
    fn what_cannot_be_filled_in_is_a_problem() {
        for (text, message) in [
            (
                "<!-- code: b.rs \"fn\" -->\n```rust\n```\n",
                "b.rs: no such file",
            ),
            (
                "<!-- code: a.rs \"fn two\" -->\n```rust\n```\n",
                "a.rs: no line starts with `fn two`",
            ),
            (
                "<!-- output: entropy \"first\" .. \"lost\" -->\n```text\n```\n",
                "`entropy` prints no line that starts with `lost`",
            ),
            (
                "<!-- code: a.rs \"pub fn one\" -->\n\nText.\n",
                "no code block follows the comment, which stands on a line of its own",
            ),
            (
                "<!-- code: a.rs \"pub fn one\" -->\n```rust\n",
                "no code block follows the comment, which stands on a line of its own",
            ),
        ] {
            let filled = filled(text);
            let messages: Vec<&str> = filled
                .problems
                .iter()
                .map(|problem| &*problem.message)
                .collect();
            assert_eq!(messages, [message], "{text}");
            assert_eq!(filled.text, text);
        }
    }
}
