//! Figures on the page.

use dl_viz::Figure;
use maud::{Markup, PreEscaped, html};

use super::ReportError;
use crate::Image;

/// Maximum bytes of a figure as SVG; a larger one, such as one of many small images, is shown as PNG.
const LARGEST_SVG: usize = 300_000;

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
