//! The comments of a page that define where its code, outputs and numbers come from.

use super::{
    markdown,
    page::{Page, Problem},
};

/// The meaning of a comment.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Directive {
    /// `<!-- code: PATH "start" "start of an item inside" -->`: an item of a source file.
    Code { path: String, starts: Vec<String> },
    /// `<!-- output: PROGRAM "first line" .. "last line" -->`: some of what a program prints.
    Output {
        program: String,
        first: String,
        last: String,
    },
    /// `<!-- PROGRAM: label -->`: the number before it is in the line that starts with the label.
    Number { program: String, label: String },
}

/// A directive and the position of its comment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) directive: Directive,
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl Directive {
    /// The program whose output it needs.
    pub(super) fn program(&self) -> Option<&str> {
        match self {
            Self::Code { .. } => None,
            Self::Output { program, .. } | Self::Number { program, .. } => Some(program),
        }
    }

    fn parse(comment: &str) -> Result<Self, String> {
        let form = |form: &str| format!("the comment is not of the form <!-- {form} -->");
        let (name, rest) = comment
            .trim()
            .split_once(':')
            .ok_or_else(|| form("NAME: …"))?;
        let rest = rest.trim();
        match name {
            "code" => {
                let form = || form(r#"code: PATH "start""#);
                let (path, starts) = rest.split_once(char::is_whitespace).ok_or_else(form)?;
                let starts = quoted(starts).ok_or_else(form)?;
                let (path, starts) = (path.to_owned(), starts);
                Ok(Self::Code { path, starts })
            }
            "output" => {
                let form = || form(r#"output: PROGRAM "first line" .. "last line""#);
                let (program, lines) = rest.split_once(char::is_whitespace).ok_or_else(form)?;
                let (first, last) = lines
                    .split_once("\" .. \"")
                    .map_or((lines.to_owned(), lines.to_owned()), |(first, last)| {
                        (format!("{first}\""), format!("\"{last}"))
                    });
                let whole = |text: &str| quoted(text).filter(|texts| texts.len() == 1);
                let (first, last) = (
                    whole(&first).ok_or_else(form)?,
                    whole(&last).ok_or_else(form)?,
                );
                Ok(Self::Output {
                    program: program.to_owned(),
                    first: first.concat(),
                    last: last.concat(),
                })
            }
            program if !rest.is_empty() => Ok(Self::Number {
                program: program.to_owned(),
                label: rest.to_owned(),
            }),
            _ => Err(form("PROGRAM: label")),
        }
    }
}

/// Quoted texts with white space between them: a quotation mark ends one only before white space or at the end.
fn quoted(text: &str) -> Option<Vec<String>> {
    let inside = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let inside = inside.strip_prefix('"')?.strip_suffix('"')?;
    let texts: Vec<String> = inside.split("\" \"").map(str::to_owned).collect();
    texts.iter().all(|text| !text.is_empty()).then_some(texts)
}

/// Every directive of a page, and the comments that are invalid.
pub(super) fn find(page: &Page) -> (Vec<Placed>, Vec<Problem>) {
    let text = markdown::without_code(&page.text);
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut from = 0;
    while let Some(begin) = text[from..].find("<!--").map(|at| from + at) {
        let inside = begin + "<!--".len();
        let Some(length) = text[inside..].find("-->") else {
            problems.push(page.at(begin, "a comment that is not closed"));
            break;
        };
        let end = inside + length + "-->".len();
        match Directive::parse(&page.text[inside..inside + length]) {
            Ok(directive) => found.push(Placed {
                directive,
                begin,
                end,
            }),
            Err(message) => problems.push(page.at(begin, message)),
        }
        from = end;
    }
    (found, problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::page::page;

    fn number(program: &str, label: &str) -> Directive {
        let (program, label) = (program.to_owned(), label.to_owned());
        Directive::Number { program, label }
    }

    #[test]
    fn the_three_kinds_are_read() {
        let text = "<!-- code: crates/a.rs \"impl A\" \"fn f\" -->\n\nis 0.7<!-- entropy: fair coin: H -->\n\
                    <!-- output: entropy \"a \"b\" c\" .. \"d\" -->\n<!-- output: entropy \"a\" -->\n\
                    `<!-- none -->`\n```text\n<!-- none -->\n```\n";
        let (found, problems) = find(&page("a.md", text));
        assert_eq!(problems, []);
        let output = |first: &str, last: &str| Directive::Output {
            program: "entropy".to_owned(),
            first: first.to_owned(),
            last: last.to_owned(),
        };
        let expected = [
            Directive::Code {
                path: "crates/a.rs".to_owned(),
                starts: vec!["impl A".to_owned(), "fn f".to_owned()],
            },
            number("entropy", "fair coin: H"),
            output("a \"b\" c", "d"),
            output("a", "a"),
        ];
        let directives: Vec<_> = found
            .iter()
            .map(|placed| placed.directive.clone())
            .collect();
        assert_eq!(directives, expected);
        assert_eq!(
            &text[found[1].begin..found[1].end],
            "<!-- entropy: fair coin: H -->"
        );
    }

    #[test]
    fn other_comments_are_problems() {
        for text in [
            "<!-- to do -->",
            "<!-- code: crates/a.rs fn f -->",
            "<!-- code: \"fn f\" -->",
            "<!-- output: entropy a .. b -->",
            "<!-- entropy: -->",
            "<!-- entropy: fair",
        ] {
            let (found, problems) = find(&page("a.md", &format!("one\n\n{text}\n")));
            assert_eq!(found, [], "{text}");
            assert_eq!(problems.len(), 1, "{text}");
            assert_eq!(problems[0].line, 3, "{text}");
        }
    }
}
