//! Ranges and scales.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::{style, text, ticks::Tick};

/// How data is laid along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Log10,
    /// log(1 + value): for counts, zero among them.
    Log1p,
}

impl Scale {
    /// The position of a value along the axis; NaN where it has none.
    pub(crate) fn position(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log10 if value > 0.0 => value.log10(),
            Self::Log10 => f64::NAN,
            Self::Log1p => value.ln_1p(),
        }
    }
}

/// An axis with everything decided: a coordinate to plotters.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) scale: Scale,
    /// Positions at the left or bottom, and at the right or top.
    pub(crate) range: (f64, f64),
    pub(crate) ticks: Vec<Tick>,
    /// Type size of the ticks' labels.
    pub(crate) size: f64,
}

impl Axis {
    pub(crate) fn new(scale: Scale, range: (f64, f64), ticks: Vec<Tick>) -> Self {
        Self {
            scale,
            range,
            ticks,
            size: style::TICK_SIZE,
        }
    }

    /// The position of a value, if it is on the axis.
    pub(crate) fn inside(&self, value: f64) -> Option<f64> {
        let position = self.scale.position(value);
        let (low, high) = self.limits();
        (low..=high).contains(&position).then_some(position)
    }

    /// The range in order: that of a heat map's rows runs downwards.
    pub(crate) fn limits(&self) -> (f64, f64) {
        (
            self.range.0.min(self.range.1),
            self.range.0.max(self.range.1),
        )
    }

    /// Width in pixels of the widest tick label.
    pub(crate) fn labels_width(&self) -> f64 {
        self.ticks
            .iter()
            .map(|tick| text::width(&tick.label, self.size, false))
            .fold(0.0, f64::max)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, position: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (position - self.range.0) / (self.range.1 - self.range.0);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Minor lines are asked for too; there are none.
        match hint.weight().allow_light_points() {
            true => Vec::new(),
            false => self.ticks.iter().map(|tick| tick.position).collect(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.0..self.range.1
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, position: &f64) -> String {
        let tick = self.ticks.iter().find(|tick| tick.position == *position);
        tick.map_or_else(String::new, |tick| tick.label.clone())
    }
}

/// The smallest and largest finite value; `None` if there is none.
pub(crate) fn bounds(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold(None, |range, v| match range {
            None => Some((v, v)),
            Some((low, high)) => Some((low.min(v), high.max(v))),
        })
}

/// Widens a range by a share of its span on both sides; a range of (nearly) one value gets a span.
pub(crate) fn widen((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    let span = high - low;
    let pad = if span > size * 1e-9 {
        span * share
    } else if size > 0.0 {
        size * 0.1
    } else {
        1.0
    };
    (low - pad, high + pad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_gets_a_span() {
        assert_eq!(widen((2.0, 2.0), 0.04), (1.8, 2.2));
        assert_eq!(widen((0.0, 0.0), 0.04), (-1.0, 1.0));
        assert_eq!(widen((0.0, 1.0), 0.5), (-0.5, 1.5));
    }
}
