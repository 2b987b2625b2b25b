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

use ndarray::{Array, ArrayView, Dimension};

use crate::{
    FigureError, Number,
    axis::{Scale, bounds},
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
    /// For a line that says what is left out.
    Nothing,
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

/// Looks at every value; an array's are numbered row by row, however they lie in memory.
pub(crate) fn all_finite<'a>(
    what: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), DataProblem> {
    match values.into_iter().enumerate().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some((index, &value)) => Err(DataProblem::NotFinite { what, index, value }),
    }
}

/// Cells, pixels or mesh points of a mark: a hundred for each pixel of a small figure.
const MOST_CELLS: usize = 10_000_000;

/// The numbers of an array, and what is wrong with their count. Of too many, which may be a few that are
/// broadcast, there is no copy.
pub(crate) fn numbers<T: Number + Copy, D: Dimension>(
    values: ArrayView<T, D>,
) -> (Array<f64, D>, Result<(), DataProblem>) {
    if values.len() <= MOST_CELLS {
        return (values.mapv(Number::to_f64), Ok(()));
    }
    let problem = DataProblem::Parameter {
        what: "number of cells",
        value: values.len() as f64,
        allowed: "at most 10 million",
    };
    (Array::zeros(D::zeros(values.ndim())), Err(problem))
}

/// Decimals with which a value can be labelled: as many as a double has significant digits.
const MOST_DECIMALS: usize = 17;

/// The decimals of value labels, where there are any.
pub(crate) fn proper_decimals(decimals: Option<usize>) -> Result<(), DataProblem> {
    match decimals {
        Some(decimals) if decimals > MOST_DECIMALS => Err(DataProblem::Parameter {
            what: "number of decimals",
            value: decimals as f64,
            allowed: "at most 17",
        }),
        _ => Ok(()),
    }
}

/// Values between which a colour or a level can be interpolated: their span is a number.
pub(crate) fn proper_span<'a>(
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), DataProblem> {
    match bounds(values.into_iter().copied()) {
        // twice the largest magnitude is the span of a map around zero
        Some((low, high)) if !(2.0 * low.abs().max(high.abs())).is_finite() => {
            let value = if -low > high { low } else { high };
            Err(DataProblem::Parameter {
                what: "the value of largest magnitude",
                value,
                allowed: "within ±8.9e307, so that the span of the values is a number",
            })
        }
        _ => Ok(()),
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
