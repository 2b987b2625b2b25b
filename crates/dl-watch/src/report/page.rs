//! Renders the page.

use dl_viz::Figure;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Report, ReportError, charts, confusion, mistakes, results, tables};
use crate::Image;

const STYLE: &str = include_str!("style.css");

/// Maximum bytes of a figure as SVG; a larger one, such as one of many small images, is shown as PNG.
const LARGEST_SVG: usize = 300_000;

/// A section of the page: heading and content.
pub(super) struct Part {
    heading: String,
    content: Markup,
}

impl Part {
    /// `None` if the content is empty.
    pub(super) fn new(heading: &str, content: Markup) -> Option<Self> {
        (!content.0.is_empty()).then(|| Self {
            heading: heading.to_owned(),
            content,
        })
    }
}

pub(super) fn render(report: &Report) -> Result<Markup, ReportError> {
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

/// A figure on a card with a caption.
pub(super) fn figure(section: &str, figure: &Figure, caption: &str) -> Result<Markup, ReportError> {
    let card = card(section, figure, caption)?;
    Ok(html! {
        figure {
            (card)
            @if !caption.is_empty() { figcaption { (caption) } }
        }
    })
}

/// A figure on a card; `description` is its text alternative.
pub(super) fn card(
    section: &str,
    figure: &Figure,
    description: &str,
) -> Result<Markup, ReportError> {
    let fault = |source| ReportError::Figure {
        section: section.to_owned(),
        source: Box::new(source),
    };
    let svg = figure.to_svg().map_err(fault)?;
    let described = (!description.is_empty()).then_some(description);
    if svg.len() <= LARGEST_SVG {
        return Ok(html! {
            div class="card drawing" role=[described.map(|_| "img")] aria-label=[described] {
                (PreEscaped(svg))
            }
        });
    }
    let image = Image::from_png(figure.to_png().map_err(fault)?);
    let image = image.expect("the figure's own PNG has a header");
    let (width, height) = image.size();
    // a figure has 200 pixels per inch as PNG, and 100 on the page
    let (width, height) = (width / 2, height / 2);
    Ok(html! {
        div class="card drawing" {
            img src=(image.data_uri()) width=(width) height=(height) alt=(description);
        }
    })
}
