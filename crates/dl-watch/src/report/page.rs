//! Renders a report as a page.

use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figure::figure;
use super::{Report, ReportError, charts, confusion, mistakes, results, tables};

const STYLE: &str = include_str!("style.css");

/// A section of the page: heading and content.
struct Part {
    heading: String,
    content: Markup,
}

impl Part {
    /// `None` if the content is empty.
    fn new(heading: &str, content: Markup) -> Option<Self> {
        (!content.0.is_empty()).then(|| Self {
            heading: heading.to_owned(),
            content,
        })
    }
}

impl Report {
    /// Renders the page.
    ///
    /// # Errors
    /// [`ReportError`] if a figure cannot be drawn, or the number of class names is wrong.
    pub fn to_html(&self) -> Result<String, ReportError> {
        Ok(without_controls(render(self)?.into_string()))
    }

    /// Writes the page to a file atomically ([`dl_fs::write_atomically`]).
    ///
    /// # Errors
    /// Same as [`to_html`](Self::to_html); [`ReportError::Io`] with the path if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        self.write(path.as_ref())
    }

    fn write(&self, path: &Path) -> Result<(), ReportError> {
        let html = self.to_html()?;
        dl_fs::write(path, html.as_bytes()).map_err(|source| ReportError::Io {
            path: path.to_owned(),
            source,
        })
    }
}

/// Replaces characters in names, captions and texts that are not allowed in HTML: control characters, and the two
/// code points that are not characters.
fn without_controls(page: String) -> String {
    let forbidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    match page.contains(forbidden) {
        true => page.replace(forbidden, "\u{fffd}"),
        false => page,
    }
}

fn render(report: &Report) -> Result<Markup, ReportError> {
    let mut parts = vec![
        Part::new("Results", results::results(report)),
        Part::new("Learning curves", charts::curves(report)?),
        Part::new("Confusion matrix", confusion::confusion(report)?),
        Part::new("Worst mistakes", mistakes::gallery(&report.mistakes)),
    ];
    for section in &report.figures {
        let mut content = Markup::default();
        for (drawing, caption) in &section.figures {
            content.0 += &figure(&section.heading, drawing, caption)?.0;
        }
        parts.push(Part::new(&section.heading, content));
    }
    parts.extend([
        Part::new("Model", tables::model(report)),
        Part::new("Configuration", tables::lines(&report.configuration)),
        Part::new("Seeds", tables::seeds(report)),
        Part::new("Timings", charts::timings(report)?),
        Part::new("Environment", tables::lines(&report.environment)),
    ]);
    let parts: Vec<Part> = parts.into_iter().flatten().collect();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; img-src data:; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (report.title) }
                    @if !report.summary.is_empty() { p { (report.summary) } }
                }
                div class="columns" {
                    nav aria-label="Contents" {
                        ol {
                            @for (i, part) in parts.iter().enumerate() {
                                li { a href={ "#section-" (i + 1) } { (part.heading) } }
                            }
                        }
                    }
                    main {
                        @for (i, part) in parts.iter().enumerate() {
                            section id={ "section-" (i + 1) } aria-labelledby={ "heading-" (i + 1) } {
                                h2 id={ "heading-" (i + 1) } { (part.heading) }
                                (part.content)
                            }
                        }
                    }
                }
            }
        }
    })
}
