//! What a panel's axes show and where its data area lies.

use crate::{
    FigureError,
    axis::{Axis, bounds, widen},
    canvas::{CAP_HEIGHT, Rect},
    color_bar,
    marks::Frame,
    panel::{AxisSpec, Panel},
    style,
    ticks::ticks,
};

/// A panel's axes and the rectangle between them.
pub(crate) struct Layout {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) rect: Rect,
}

pub(crate) fn layout(
    panel: &Panel,
    name: &str,
    frame: &Frame,
    cell: Rect,
) -> Result<Layout, FigureError> {
    let data: Vec<(f64, f64)> = panel
        .marks
        .iter()
        .flat_map(|mark| mark.outline())
        .flatten()
        .collect();
    let mut x = Axis {
        scale: panel.x.scale,
        range: range(
            &panel.x,
            frame.x_range,
            frame.x_from_zero,
            data.iter().map(|p| p.0),
        )
        .map_err(|problem| problem.at(name, "x"))?,
        ticks: frame.x_ticks.clone().unwrap_or_default(),
    };
    let mut y = Axis {
        scale: panel.y.scale,
        range: range(
            &panel.y,
            frame.y_range,
            frame.y_from_zero,
            data.iter().map(|p| p.1),
        )
        .map_err(|problem| problem.at(name, "y"))?,
        ticks: frame.y_ticks.clone().unwrap_or_default(),
    };
    if frame.y_ticks.is_none() {
        y.ticks = ticks(
            y.scale,
            y.range,
            (cell.height() / 60.0).clamp(3.0, 8.0) as usize,
        );
    }
    let mut rect = data_area(panel, frame, &y, cell);
    if panel.equal_aspect || frame.equal_aspect {
        rect = equal_aspect(rect, x.range, y.range);
    }
    if frame.x_ticks.is_none() {
        fit_ticks(&mut x, rect.width());
    }
    Ok(Layout { x, y, rect })
}

/// What is wrong with a range, before it is known whose it is.
struct RangeProblem {
    range: (f64, f64),
    problem: &'static str,
}

impl RangeProblem {
    fn at(self, panel: &str, axis: &'static str) -> FigureError {
        let (start, end) = self.range;
        FigureError::Range {
            panel: panel.to_owned(),
            axis,
            start,
            end,
            problem: self.problem,
        }
    }
}

/// The range of an axis, as positions along it: what was asked for, or the data's.
fn range(
    spec: &AxisSpec,
    fixed: Option<(f64, f64)>,
    from_zero: bool,
    data: impl Iterator<Item = f64>,
) -> Result<(f64, f64), RangeProblem> {
    if let Some((start, end)) = spec.range.or(fixed) {
        let error = |problem| RangeProblem {
            range: (start, end),
            problem,
        };
        if !(start.is_finite() && end.is_finite()) {
            return Err(error("not finite"));
        }
        let range = (spec.scale.position(start), spec.scale.position(end));
        if range.0.is_nan() || range.1.is_nan() {
            return Err(error("not positive on a log scale"));
        }
        let (span, size) = ((range.1 - range.0).abs(), range.0.abs().max(range.1.abs()));
        if !span.is_finite() {
            return Err(error("too wide"));
        }
        // A heat map's rows run downwards of their own accord; nobody else's axis does.
        let reversed = spec.range.is_some() && range.1 < range.0;
        if reversed || span <= (size * 1e-9).max(1e-290) {
            return Err(error("empty, too narrow or reversed"));
        }
        return Ok(range);
    }
    let nothing = RangeProblem {
        range: (f64::NAN, f64::NAN),
        problem: "empty: no value can be drawn on it",
    };
    let data = bounds(data.map(|value| spec.scale.position(value))).ok_or(nothing)?;
    let (low, high) = widen(data, style::DATA_MARGIN);
    if !(high - low).is_finite() {
        return Err(RangeProblem {
            range: data,
            problem: "too wide",
        });
    }
    Ok(match from_zero {
        true if data.0 >= 0.0 => (0.0, high),
        true if data.1 <= 0.0 => (low, 0.0),
        _ => (low, high),
    })
}

/// As many ticks as stand along `width` with room between their labels.
fn fit_ticks(x: &mut Axis, width: f64) {
    for most in (2..=9).rev() {
        x.ticks = ticks(x.scale, x.range, most);
        if (x.labels_width() + style::TICK_SIZE) * x.ticks.len() as f64 <= width {
            return;
        }
    }
}

/// What remains of the cell when titles, labels and the colour bar have their room.
fn data_area(panel: &Panel, frame: &Frame, y: &Axis, cell: Rect) -> Rect {
    let mut rect = cell;
    if !panel.title.is_empty() {
        rect.top += style::TITLE_SIZE * CAP_HEIGHT + style::TITLE_GAP;
    }
    if !frame.bare {
        rect.left += y.labels_width() + style::TICK_GAP;
        rect.bottom -= style::TICK_GAP + style::TICK_SIZE;
        // Half of the last tick label stands to the right of the frame.
        rect.right -= 12.0;
    }
    if !panel.y.label.is_empty() {
        rect.left += style::LABEL_SIZE + style::GAP;
    }
    if !panel.x.label.is_empty() {
        rect.bottom -= style::LABEL_SIZE + style::GAP;
    }
    if let Some(bar) = &frame.color_bar {
        rect.right -= color_bar::width(bar);
    }
    rect
}

/// The largest centred part of `rect` in which a unit of x is as long as a unit of y.
fn equal_aspect(rect: Rect, x: (f64, f64), y: (f64, f64)) -> Rect {
    let (x_span, y_span) = ((x.1 - x.0).abs(), (y.1 - y.0).abs());
    let unit = (rect.width() / x_span).min(rect.height() / y_span);
    let (half_width, half_height) = (unit * x_span / 2.0, unit * y_span / 2.0);
    let (center_x, center_y) = rect.center();
    Rect {
        left: center_x - half_width,
        top: center_y - half_height,
        right: center_x + half_width,
        bottom: center_y + half_height,
    }
}
