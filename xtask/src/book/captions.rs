//! Turns the comments in the source into captions in the built book, which say where a block comes from.

use super::{
    directives::{self, Directive},
    page::Page,
};

/// The page with a caption in place of each comment above a block of code or output.
pub(super) fn shown(page: &Page) -> Page {
    let mut text = page.text.clone();
    for placed in directives::find(page).0.into_iter().rev() {
        let source = match placed.directive {
            Directive::Code { path, .. } => path,
            Directive::Output { program, .. } => format!("printed by {program}"),
            Directive::Number { .. } => continue,
        };
        let caption = format!("<div class=\"source\">{source}</div>\n");
        text.replace_range(placed.begin..placed.end, &caption);
    }
    let path = page.path.clone();
    Page { path, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::page::page;

    #[test]
    fn captions_stand_above_their_blocks() {
        let text = "is 2<!-- a: b -->:\n\n<!-- code: a.rs \"fn f\" -->\n```rust\n```\n\n\
                    <!-- output: entropy \"a\" -->\n```text\n```\n";
        let expected = "is 2<!-- a: b -->:\n\n<div class=\"source\">a.rs</div>\n\n```rust\n```\n\n\
                        <div class=\"source\">printed by entropy</div>\n\n```text\n```\n";
        assert_eq!(shown(&page("a.md", text)).text, expected);
    }
}
