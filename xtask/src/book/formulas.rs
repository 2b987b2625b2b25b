//! Converts formulas between dollar signs to MathML, which a browser displays without a script.

use std::ops::Range;

use math_core::{LatexToMathML, MathDisplay};
use pulldown_cmark::{Event, Tag, TagEnd};

use super::{
    markdown::{self, blanked, events},
    page::{Page, Problem},
};

/// A formula of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Formula {
    /// With its dollar signs; for one on lines of its own, the whole lines.
    range: Range<usize>,
    /// Where its LaTeX is.
    latex: Range<usize>,
    display: bool,
}

/// The page's text with every formula as MathML, or what is wrong with them.
pub(super) fn render(page: &Page) -> Result<String, Vec<Problem>> {
    let (formulas, mut problems) = find(page);
    let converter = LatexToMathML::default();
    let mut text = page.text.clone();
    for formula in formulas.iter().rev() {
        let latex = &page.text[formula.latex.clone()];
        let display = match formula.display {
            true => MathDisplay::Block,
            false => MathDisplay::Inline,
        };
        match converter.convert_with_local_counter(latex, display) {
            Ok(mathml) => {
                text.replace_range(formula.range.clone(), &embedded(&mathml, formula, page))
            }
            Err(error) => {
                let offset = formula.latex.start + error.0.start.min(latex.len());
                let message = format!("the formula `{}` does not parse: {error}", latex.trim());
                problems.push(page.at(offset, message));
            }
        }
    }
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() {
        Ok(text)
    } else {
        Err(problems)
    }
}

/// Every formula of a page in order, and unmatched dollar signs.
fn find(page: &Page) -> (Vec<Formula>, Vec<Problem>) {
    let (mut formulas, mut problems) = blocks(page);
    let rest = blanked(
        &page.text,
        formulas.iter().map(|formula| formula.range.clone()),
    );
    let (mut in_image, mut in_code) = (false, false);
    for (event, range) in events(&rest) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::Image { .. }) => in_image = true,
            Event::End(TagEnd::Image) => in_image = false,
            Event::InlineMath(_) | Event::DisplayMath(_) if in_image => {
                problems.push(page.at(range.start, "a formula in the description of an image"));
            }
            Event::InlineMath(_) | Event::DisplayMath(_) => {
                let display = matches!(event, Event::DisplayMath(_));
                let marks = 1 + usize::from(display);
                formulas.push(Formula {
                    latex: range.start + marks..range.end - marks,
                    range,
                    display,
                });
            }
            Event::Text(text) if !in_code && text.contains('$') => {
                problems.push(page.at(range.start, "a `$` that begins or ends no formula"));
            }
            Event::Html(html) | Event::InlineHtml(html)
                if html.contains('$') && !html.trim_start().starts_with("<!--") =>
            {
                let message =
                    "a `$` inside raw HTML is no formula: leave an empty line after the tag";
                problems.push(page.at(range.start, message));
            }
            _ => {}
        }
    }
    formulas.sort_by_key(|formula| formula.range.start);
    (formulas, problems)
}

/// The formulas on lines of their own, between two lines `$$`. They are found by lines because a Markdown parser takes
/// a line that begins with a minus sign for a list.
fn blocks(page: &Page) -> (Vec<Formula>, Vec<Problem>) {
    let (mut formulas, mut open) = (Vec::new(), None);
    for line in markdown::lines(&page.text) {
        let end = line.offset + line.text.len();
        match (line.text.trim(), open) {
            ("$$", None) if !line.in_code => open = Some((line.offset, end)),
            ("$$", Some((begin, after))) => {
                formulas.push(Formula {
                    range: begin..end,
                    latex: after..line.offset,
                    display: true,
                });
                open = None;
            }
            _ => {}
        }
    }
    let unclosed = open.map(|(begin, _)| page.at(begin, "a formula that no line `$$` closes"));
    (formulas, unclosed.into_iter().collect())
}

/// MathML embedded in Markdown. What could be read as Markdown is written as a character reference; a formula on
/// lines of its own is a block of HTML.
fn embedded(mathml: &str, formula: &Formula, page: &Page) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in mathml.chars() {
        in_tag = c == '<' || (in_tag && c != '>');
        if in_tag || matches!(c, '<' | '>' | '&' | ';') || !c.is_ascii_punctuation() {
            text.push(c);
        } else {
            text.push_str(&format!("&#{};", u32::from(c)));
        }
    }
    let lines = &page.text[formula.range.clone()];
    let indent = &lines[..lines.len() - lines.trim_start().len()];
    if formula.display && lines.contains('\n') {
        format!("{indent}<div class=\"formula\">{text}</div>\n")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::page::page;

    fn latex(text: &str) -> (Vec<(String, bool)>, Vec<String>) {
        let page = page("a.md", text);
        let (formulas, problems) = find(&page);
        let latex = |formula: &Formula| {
            (
                page.text[formula.latex.clone()].trim().to_owned(),
                formula.display,
            )
        };
        let problems = problems.iter().map(ToString::to_string).collect();
        (formulas.iter().map(latex).collect(), problems)
    }

    #[track_caller]
    fn assert_formulas(text: &str, expected: &[(&str, bool)]) {
        let (formulas, problems) = latex(text);
        assert_eq!(problems, [""; 0]);
        let formulas: Vec<_> = formulas
            .iter()
            .map(|(latex, display)| (latex.as_str(), *display))
            .collect();
        assert_eq!(formulas, expected);
    }

    #[test]
    fn formulas_are_found_in_text() {
        assert_formulas(
            "Let $x_1$ and $y^*$; so $a*b*c$.",
            &[("x_1", false), ("y^*", false), ("a*b*c", false)],
        );
        assert_formulas(
            "# On $x$\n\n- item $y$\n\n| a | b |\n|---|---|\n| $c$ | d |\n",
            &[("x", false), ("y", false), ("c", false)],
        );
    }

    #[test]
    fn formulas_on_lines_of_their_own_may_look_like_markdown() {
        let text = "So\n$$\na\n- b\n= c\n# d\n$$\nand\n\n  $$\n  e\n  $$\n";
        assert_formulas(text, &[("a\n- b\n= c\n# d", true), ("e", true)]);
    }

    #[test]
    fn dollars_in_code_are_no_formulas() {
        assert_formulas(
            "`$a$` and ``$`b`$`` and\n\n```sh\necho $HOME\n$$\n```\n\n    $indented$\n",
            &[],
        );
    }

    #[test]
    fn stray_dollars_are_problems() {
        for (text, line) in [
            ("one\n\n5 $ a piece", 3),
            ("one\n$$\nx\n\n", 2),
            ("<details><summary>Answer</summary>\n$x$\n</details>", 2),
            ("| a |\n|---|\n| $|x|$ |\n", 3),
            ("![the curve $x$](a.svg)", 1),
        ] {
            let (_, problems) = latex(text);
            assert!(!problems.is_empty(), "{text}");
            assert!(
                problems[0].starts_with(&format!("docs/src/a.md:{line}: a ")),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn a_formula_that_does_not_parse_is_named() {
        let problems = render(&page(
            "a.md",
            "one $x$\n\n$$\na\n\\fooo\n$$\n\n$\\frac{1}$\n",
        ));
        let problems: Vec<String> = problems
            .expect_err("neither parses")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(problems.len(), 2);
        assert!(
            problems[0].starts_with("docs/src/a.md:5: the formula `a\n\\fooo` does not parse"),
            "{problems:?}"
        );
        assert!(
            problems[1].starts_with("docs/src/a.md:8: the formula `\\frac{1}` does not"),
            "{problems:?}"
        );
    }

    #[test]
    fn the_books_vocabulary_parses() {
        for latex in [
            r"\hat{y} = \sigma(\mathbf{w}^\top \mathbf{x} + b)",
            r"\begin{aligned} \frac{\partial L}{\partial w_{ij}} &= \sum_{k=1}^{n} \delta_k x_k \\ &= 0 \end{aligned}",
            r"\operatorname{softmax}(\mathbf z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
            r"D_{\mathrm{KL}}(p \,\|\, q) = \mathbb{E}_{x\sim p}\left[\log\frac{p(x)}{q(x)}\right]",
            r"\operatorname*{arg\,max}_\theta \prod_i p_\theta(y_i \mid x_i)",
            r"f(x) = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
            r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \lVert w \rVert_2^2 \left\lfloor \frac{h}{s} \right\rfloor",
            r"\mathcal{N}(\mu, \sigma^2) \odot \nabla_\theta \tilde x \bar x \underbrace{a + b}_{c} \binom{n}{k}",
        ] {
            let page = page("a.md", &format!("$$\n{latex}\n$$\n"));
            let text = render(&page).unwrap_or_else(|problems| panic!("{problems:?}"));
            assert!(
                text.starts_with("<div class=\"formula\"><math display=\"block\">"),
                "{text}"
            );
        }
    }

    #[test]
    fn rendered_text_has_no_markdown_in_it() {
        let text = render(&page("a.md", "of $a*b*c_1$ or\n$$\nx\n$$\nand *this*")).expect("parses");
        let html: String = events(&text)
            .filter_map(|(event, _)| match event {
                Event::Start(Tag::Emphasis) => Some("<em>".to_owned()),
                Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => {
                    Some(text.to_string())
                }
                _ => None,
            })
            .collect();
        assert_eq!(html.matches("<em>").count(), 1, "{html}");
        assert!(
            html.contains("<mi>a</mi><mo lspace=\"0.2222em\" rspace=\"0.2222em\">∗</mo><mi>b</mi>"),
            "{html}"
        );
        assert!(
            html.contains("<msub><mi>c</mi><mn>1</mn></msub></math> or"),
            "{html}"
        );
    }
}
