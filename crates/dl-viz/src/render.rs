//! From plotters' SVG to one with paths for text, and to pixels.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use plotters::{
    drawing::DrawingAreaErrorKind,
    prelude::{IntoDrawingArea, SVGBackend},
};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Indent, Tree, WriteOptions},
};

use crate::{
    FigureError,
    canvas::{Canvas, units},
    text,
};

/// Pixels of a PNG to a pixel of the SVG.
const PNG_SCALE: f32 = 2.0;

/// Draws on a canvas of this size in pixels and parses what was drawn.
pub(crate) fn tree(
    (width, height): (f64, f64),
    draw: impl FnOnce(&Canvas) -> Result<(), FigureError>,
) -> Result<Tree, FigureError> {
    let size = (units(width) as u32, units(height) as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&plotters::style::WHITE)?;
        draw(&Canvas { root: root.clone() })?;
        root.present()?;
    }
    // plotters opens with a size equal to the view box. The figure's size is smaller, and its lines are joined
    // round: a noisy curve has no spikes.
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {} {}" stroke-linejoin="round" fill="none">{body}"#,
        size.0, size.1
    );
    Tree::from_str(&svg, &text::options()).map_err(|error| FigureError::Drawing(error.to_string()))
}

/// The SVG as text; `title` says what it shows to those who cannot see it, as no text is left in it otherwise.
pub(crate) fn svg(tree: &Tree, title: &str) -> String {
    let svg = tree.to_string(&WriteOptions {
        preserve_text: false,
        coordinates_precision: 1,
        transforms_precision: 5,
        indent: Indent::None,
        ..WriteOptions::default()
    });
    // usvg writes no view box, without which the figure could not be scaled where it is shown.
    let size = tree.size();
    let (width, height) = (size.width(), size.height());
    let opening = format!(r#"<svg viewBox="0 0 {width} {height}" role="img" "#);
    let svg = svg.replacen("<svg ", &opening, 1);
    if title.is_empty() {
        return svg;
    }
    let title = format!("><title>{}</title>", escaped(title));
    svg.replacen('>', &title, 1)
}

/// Text as XML: without control characters, markup escaped.
fn escaped(title: &str) -> String {
    text::clean(title)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub(crate) fn png(tree: &Tree) -> Result<Vec<u8>, FigureError> {
    let size = tree.size();
    let pixels = |side: f32| (side * PNG_SCALE).round() as u32;
    let mut pixmap = Pixmap::new(pixels(size.width()), pixels(size.height()))
        .ok_or_else(|| FigureError::Drawing("no pixels".to_owned()))?;
    resvg::render(
        tree,
        Transform::from_scale(PNG_SCALE, PNG_SCALE),
        &mut pixmap.as_mut(),
    );
    pixmap
        .encode_png()
        .map_err(|error| FigureError::Drawing(error.to_string()))
}

/// Writes beside the target and renames over it: no reader ever sees half a file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FigureError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{count}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|source| {
            // The write has failed already; what is left of it is removed if it can be.
            let _ = fs::remove_file(&beside);
            FigureError::Io {
                path: path.to_owned(),
                source,
            }
        })
}

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for FigureError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing(error.to_string())
    }
}
