//! The range of an axis.

use crate::{
    FigureError,
    panel::AxisSpec,
    scale::{Scale, bounds, too_narrow, widen},
    style,
};

/// A problem with a range, before its axis is known.
pub(crate) struct RangeProblem {
    range: (f64, f64),
    problem: &'static str,
}

impl RangeProblem {
    pub(crate) fn at(self, panel: &str, axis: &'static str) -> FigureError {
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

/// The range of an axis, as positions along it: the requested one, or that of the data.
pub(crate) fn range(
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
        if !(range.1 - range.0).is_finite() {
            return Err(error("too wide"));
        }
        // The rows of a heat map run downwards by design; no other axis does.
        let reversed = spec.range.is_some() && range.1 < range.0;
        if reversed || too_narrow(range) {
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
    // A log scale has no zero.
    Ok(match from_zero && spec.scale == Scale::Linear {
        true if data.0 >= 0.0 => (0.0, high),
        true if data.1 <= 0.0 => (low, 0.0),
        _ => (low, high),
    })
}
