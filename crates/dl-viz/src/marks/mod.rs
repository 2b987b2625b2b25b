//! The marks that a panel can show, one per file.

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
    canvas::{Canvas, Marker},
    error::DataProblem,
    pixels::Px,
    plot::Plot,
    scale::{Scale, bounds},
    style::Color,
    ticks::Tick,
};

/// Something drawn in data coordinates.
pub(crate) trait Mark: Debug + Send + Sync {
    /// Its name in errors.
    fn name(&self) -> String;

    /// Checks the data.
    fn check(&self) -> Result<(), DataProblem>;

    /// The data as polylines, which determine the ranges of the axes. NaN coordinates are ignored.
    fn outline(&self) -> Vec<Vec<(f64, f64)>>;

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError>;

    fn legend(&self) -> Vec<Entry> {
        Vec::new()
    }

    /// What it draws, as polylines and single points, for placing the legend.
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

    /// Whether it has a position along only one axis.
    fn is_rule(&self) -> bool {
        false
    }

    fn frame(&self) -> Frame {
        Frame::default()
    }
}

/// What a mark requests of the axes around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// Ticks of its own.
    pub(crate) x_ticks: Option<Vec<Tick>>,
    pub(crate) y_ticks: Option<Vec<Tick>>,
    /// The exact range of an axis.
    pub(crate) x_range: Option<(f64, f64)>,
    pub(crate) y_range: Option<(f64, f64)>,
    /// The value axis of bars starts at zero, without a margin.
    pub(crate) x_from_zero: bool,
    pub(crate) y_from_zero: bool,
    /// No grid lines across this axis.
    pub(crate) no_x_grid: bool,
    pub(crate) no_y_grid: bool,
    /// No axes at all.
    pub(crate) bare: bool,
    /// The axes have equal aspect.
    pub(crate) equal_aspect: bool,
    pub(crate) color_bar: Option<ColorBar>,
}

impl Frame {
    /// The frame of a diagram, which has no axes and fills its panel.
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

/// The colour bar of a heat map.
#[derive(Clone, Debug)]
pub(crate) struct ColorBar {
    pub(crate) map: crate::ColorMap,
    pub(crate) scale: Scale,
    pub(crate) range: (f64, f64),
    pub(crate) label: String,
}

/// An entry of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) label: String,
    pub(crate) key: Key,
}

/// The key of a legend entry.
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
    /// For the entry that gives the number of omitted ones.
    Nothing,
}

/// `kind`, with the label if there is one.
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

/// Checks every value; those of an array are counted row by row, whatever its memory layout.
pub(crate) fn all_finite<'a>(
    what: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), DataProblem> {
    match values.into_iter().enumerate().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some((index, &value)) => Err(DataProblem::NotFinite { what, index, value }),
    }
}

/// Maximum number of cells, pixels or mesh points of a mark: a hundred per pixel of a small figure.
const MAX_CELLS: usize = 10_000_000;

/// The values of an array, and an error if there are too many. In that case they are not copied, since an array may
/// be broadcast to any size.
pub(crate) fn array_values<T: Number + Copy, D: Dimension>(
    values: ArrayView<T, D>,
) -> (Array<f64, D>, Result<(), DataProblem>) {
    if values.len() <= MAX_CELLS {
        return (values.mapv(Number::to_f64), Ok(()));
    }
    let problem = DataProblem::Parameter {
        what: "number of cells",
        value: values.len() as f64,
        allowed: "at most 10 million",
    };
    (Array::zeros(D::zeros(values.ndim())), Err(problem))
}

/// Maximum number of decimals of a value label: the significant digits of a double.
const MAX_DECIMALS: usize = 17;

/// Checks the decimals of value labels, if any.
pub(crate) fn proper_decimals(decimals: Option<usize>) -> Result<(), DataProblem> {
    match decimals {
        Some(decimals) if decimals > MAX_DECIMALS => Err(DataProblem::Parameter {
            what: "number of decimals",
            value: decimals as f64,
            allowed: "at most 17",
        }),
        _ => Ok(()),
    }
}

/// Checks that colours or levels can be interpolated between the values: their span must be finite.
pub(crate) fn proper_span<'a>(
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), DataProblem> {
    match bounds(values.into_iter().copied()) {
        // the span of a map centred on zero is twice the largest magnitude
        Some((low, high)) if !(2.0 * low.abs().max(high.abs())).is_finite() => {
            let value = if -low > high { low } else { high };
            Err(DataProblem::Parameter {
                what: "the value of largest magnitude",
                value,
                allowed: "within ±8.9e307, so that the span of the values is finite",
            })
        }
        _ => Ok(()),
    }
}

/// Checks the range of a colour map, if given.
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
