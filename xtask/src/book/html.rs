//! The pages as HTML, by mdBook.

use std::{
    error::Error,
    fmt::{self, Debug},
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use mdbook_driver::{MDBook, config::Config};
use pulldown_cmark::{Event, Tag};
use tracing::{
    Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::{markdown::events, page::Page};

/// Builds the book of `docs/book.toml` into a folder, each page with the given text. What mdBook only warns about
/// (an unclosed tag) is an error.
pub(super) fn build(docs: &Path, to: &Path, pages: &[Page]) -> Result<(), Box<dyn Error>> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
        let mut config = Config::from_disk(docs.join("book.toml"))?;
        config.build.build_dir = to.to_path_buf();
        let mut book = MDBook::load_with_config(docs, config)?;
        book.book.for_each_chapter_mut(|chapter| {
            let path = chapter.source_path.as_deref().unwrap_or(Path::new(""));
            if let Some(page) = pages.iter().find(|page| Path::new(&page.path) == path) {
                chapter.content = with_index_links(&page.text);
            }
        });
        book.build()
    })
    .map_err(|error| format!("{error:#}"))?;
    fs::remove_dir_all(to.join("figures").join("records")).ok();
    let warnings = warnings.0.lock().expect("one thread");
    match warnings[..] {
        [] => Ok(()),
        _ => Err(format!("mdBook warns:\n  {}", warnings.join("\n  ")).into()),
    }
}

/// mdBook makes an `index.html` of a `README.md`, but leaves the links to it.
fn with_index_links(text: &str) -> String {
    let mut ranges: Vec<_> = events(text)
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                let relative = !dest_url.contains("://");
                let at = text[range.clone()]
                    .rfind("README.md")
                    .filter(|_| relative)?;
                let begin = range.start + at;
                Some(begin..begin + "README.md".len())
            }
            _ => None,
        })
        .collect();
    let mut text = text.to_owned();
    while let Some(range) = ranges.pop() {
        text.replace_range(range, "index.md");
    }
    text
}

/// Collects mdBook's warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().expect("one thread").push(message.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = fmt::format(format_args!("{value:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{formulas, page::page};

    fn built(text: &str) -> Result<String, String> {
        let docs = tempfile::tempdir().expect("made");
        let write = |path: &str, text: &str| {
            let path = docs.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("book.toml", "[book]\ntitle = \"A\"\n[output.html]\n");
        write(
            "src/SUMMARY.md",
            "# Summary\n\n[Start](README.md)\n- [One](one/README.md)\n",
        );
        write("src/README.md", "# Start\n");
        write("src/one/README.md", "of the file\n");
        let text = formulas::render(&page("one/README.md", text)).expect("parses");
        let to = docs.path().join("built");
        build(docs.path(), &to, &[page("one/README.md", &text)])
            .map_err(|error| error.to_string())?;
        Ok(fs::read_to_string(to.join("one/index.html")).expect("built"))
    }

    #[test]
    fn a_page_has_its_formulas_and_links() {
        let html = built(
            "# One\n\nIs $a_1 * b$ [up](../README.md#start), `README.md`.\n\n$$\nx\n- y\n$$\n",
        )
        .expect("built");
        let formula = "<math><msub><mi>a</mi><mn>1</mn></msub><mo>∗</mo><mi>b</mi></math>";
        assert!(
            html.replace(" lspace=\"0.2222em\" rspace=\"0.2222em\"", "")
                .contains(formula),
            "{html}"
        );
        assert!(
            html.contains("<math display=\"block\"><mi>x</mi><mo>−</mo><mi>y</mi></math>"),
            "{html}"
        );
        assert!(html.contains("href=\"../index.html#start\""), "{html}");
        assert!(html.contains("<code>README.md</code>"), "{html}");
        assert!(!html.contains("of the file"), "{html}");
    }

    #[test]
    fn what_mdbook_warns_of_is_an_error() {
        let error = built("# One\n\n<details>\n\nnot closed\n").expect_err("a warning");
        assert!(error.contains("unclosed HTML tag `<details>`"), "{error}");
    }
}
