//! An axis with its range and ticks.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::{scale::Scale, style, text, ticks::Tick};

/// A fully determined axis, which is a coordinate to plotters.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) scale: Scale,
    /// Positions at the left or bottom end, and at the right or top end.
    pub(crate) range: (f64, f64),
    pub(crate) ticks: Vec<Tick>,
    /// Font size of the tick labels.
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

    /// The range in ascending order; that of a heat map's rows is descending.
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
        let fraction = (position - self.range.0) / (self.range.1 - self.range.0);
        from + (fraction * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // plotters also requests minor grid lines; there are none.
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
        // Ticks are ascending; there may be many, one per category.
        let at = self.ticks.partition_point(|tick| tick.position < *position);
        let tick = self.ticks.get(at);
        tick.map_or_else(String::new, |tick| tick.label.clone())
    }
}
