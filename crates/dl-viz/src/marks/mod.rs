//! What a panel can show: a file each.

pub(crate) mod band;
pub(crate) mod bars;
pub(crate) mod cells;
pub(crate) mod contour;
pub(crate) mod contours;
pub(crate) mod heat_map;
pub(crate) mod images;
pub(crate) mod level_lines;
pub(crate) mod line;
mod mesh;
pub(crate) mod network;
pub(crate) mod note;
pub(crate) mod regions;
pub(crate) mod scatter;
pub(crate) mod stages;

use std::fmt::Debug;

use crate::{
    FigureError,
    axis::Scale,
    canvas::{Canvas, Marker, Px},
    error::DataProblem,
    plot::Plot,
    style::Color,
    ticks::Tick,
};

/// Something drawn in data coordinates.
pub(crate) trait Mark: Debug + Send + Sync {
    /// What an error calls it.
    fn name(&self) -> String;

    /// Finds what is wrong with the data.
    fn check(&self) -> Result<(), DataProblem>;

    /// The data as polylines, from which ranges follow.
    /// A coordinate that is NaN says nothing about its axis.
    fn outline(&self) -> Vec<Vec<(f64, f64)>>;

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError>;

    fn legend(&self) -> Vec<Entry> {
        Vec::new()
    }

    /// What it inks, as polylines and single points: the legend keeps clear of it.
    fn ink(&self, plot: &Plot) -> Vec<Vec<Px>> {
        let outlines = self.outline().into_iter();
        outlines
            .flat_map(|line| match line[..] {
                [point] => plot
                    .at(point)
                    .map(|pixel| vec![pixel])
                    .into_iter()
                    .collect(),
                _ => plot.runs(&line),
            })
            .collect()
    }

    /// Whether it has a place along one axis only.
    fn is_rule(&self) -> bool {
        false
    }

    fn frame(&self) -> Frame {
        Frame::default()
    }
}

/// What a mark asks of the axes around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// Ticks of its own.
    pub(crate) x_ticks: Option<Vec<Tick>>,
    pub(crate) y_ticks: Option<Vec<Tick>>,
    /// The range of an axis, exactly.
    pub(crate) x_range: Option<(f64, f64)>,
    pub(crate) y_range: Option<(f64, f64)>,
    /// The bars' axis starts at its zero, without a margin below it.
    pub(crate) x_from_zero: bool,
    pub(crate) y_from_zero: bool,
    /// No grid lines across this axis.
    pub(crate) no_x_grid: bool,
    pub(crate) no_y_grid: bool,
    /// No axes at all.
    pub(crate) bare: bool,
    /// A unit is as long on one axis as on the other.
    pub(crate) equal_aspect: bool,
    pub(crate) color_bar: Option<ColorBar>,
}

impl Frame {
    /// That of a diagram, which has no axes and fills its panel.
    pub(crate) fn diagram() -> Self {
        Self {
            x_ticks: Some(Vec::new()),
            y_ticks: Some(Vec::new()),
            x_range: Some((0.0, 1.0)),
            y_range: Some((0.0, 1.0)),
            no_x_grid: true,
            no_y_grid: true,
            bare: true,
            ..Self::default()
        }
    }
}

/// The scale beside a heat map.
#[derive(Clone, Debug)]
pub(crate) struct ColorBar {
    pub(crate) map: crate::ColorMap,
    pub(crate) scale: Scale,
    pub(crate) range: (f64, f64),
    pub(crate) label: String,
}

/// A line of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) label: String,
    pub(crate) key: Key,
}

/// The sample before a legend's text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Key {
    Line {
        color: Color,
        width: f64,
        dashed: bool,
    },
    Point {
        color: Color,
        marker: Marker,
    },
    Patch {
        color: Color,
    },
}

/// `kind`, with the label where there is one.
pub(crate) fn named(kind: &str, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("{kind} `{label}`"),
        None => kind.to_owned(),
    }
}

pub(crate) fn same_length(
    what: &'static str,
    found: usize,
    reference: &'static str,
    expected: usize,
) -> Result<(), DataProblem> {
    if found == expected {
        return Ok(());
    }
    Err(DataProblem::Length {
        what,
        found,
        reference,
        expected,
    })
}

pub(crate) fn all_finite(what: &'static str, values: &[f64]) -> Result<(), DataProblem> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => Err(DataProblem::NotFinite {
            what,
            index,
            value: values[index],
        }),
    }
}

/// The range of a colour map, where one was given.
pub(crate) fn proper_range(range: Option<(f64, f64)>) -> Result<(), DataProblem> {
    match range {
        Some((low, high)) if !(low < high && (high - low).is_finite()) => {
            Err(DataProblem::Parameter {
                what: "end of the range",
                value: high,
                allowed: "above its start, and finite",
            })
        }
        _ => Ok(()),
    }
}

/// Coordinates in pairs.
pub(crate) fn points(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    x.iter().copied().zip(y.iter().copied()).collect()
}
