//! The colour bar next to a heat map.

use crate::{
    FigureError,
    axis::Axis,
    canvas::{Align, Canvas, Font},
    marks::ColorBar,
    pixels::{CAP_HEIGHT, Rect},
    style,
    ticks::ticks,
};

/// Distance from the heat map to the bar.
const SPACE: f64 = 16.0;
const BAR: f64 = 14.0;
/// Distance from the bar to its tick labels.
const INSET: f64 = 6.0;

fn axis(bar: &ColorBar) -> Axis {
    let range = (
        bar.scale.position(bar.range.0),
        bar.scale.position(bar.range.1),
    );
    Axis::new(bar.scale, range, ticks(bar.scale, range, 6))
}

/// The width that a colour bar needs to the right of the heat map.
pub(crate) fn width(bar: &ColorBar) -> f64 {
    let label = if bar.label.is_empty() {
        0.0
    } else {
        style::GAP + style::LABEL_SIZE
    };
    SPACE + BAR + INSET + axis(bar).labels_width() + label
}

/// Draws the bar to the right of the heat map in `rect`.
pub(crate) fn draw(canvas: &Canvas, rect: Rect, bar: &ColorBar) -> Result<(), FigureError> {
    const STRIPS: usize = 128;
    let axis = axis(bar);
    // On whole pixels, since the antialiased edges of overlapping strips would show as notches.
    let left = (rect.right + SPACE).round();
    let right = left + BAR;
    for i in 0..STRIPS {
        let edge = |i: usize| rect.top + rect.height() * i as f64 / STRIPS as f64;
        // Each strip extends slightly under the next to avoid seams.
        let (top, bottom) = (edge(i), (edge(i + 1) + 1.0).min(rect.bottom));
        let color = bar.map.at(1.0 - (i as f64 + 0.5) / STRIPS as f64);
        canvas.rect(
            Rect {
                left,
                top,
                right,
                bottom,
            },
            color,
            1.0,
        )?;
    }
    let font = Font::new(style::TICK_SIZE, style::TICK_TEXT).align(Align::Left);
    for tick in &axis.ticks {
        let fraction = (tick.position - axis.range.0) / (axis.range.1 - axis.range.0);
        let baseline = rect.bottom - rect.height() * fraction + font.size * CAP_HEIGHT / 2.0;
        canvas.text((right + INSET, baseline), &tick.label, &font)?;
    }
    if !bar.label.is_empty() {
        let x = right + INSET + axis.labels_width() + style::GAP + style::LABEL_SIZE * CAP_HEIGHT;
        let font = Font::new(style::LABEL_SIZE, style::TEXT).upwards();
        canvas.text((x, rect.center().1), &bar.label, &font)?;
    }
    Ok(())
}
