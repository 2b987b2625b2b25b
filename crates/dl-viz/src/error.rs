//! Errors of figures.

use std::path::PathBuf;

use crate::text::shown;

/// Why a figure could not be drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// A figure without a panel.
    #[error("the figure has no panel; add one with `Figure::panel`")]
    NoPanel,

    /// A grid without cells, or with too few of them.
    #[error("a grid of {rows} × {columns} cells cannot hold {panels} panels")]
    Grid {
        /// Rows of the grid.
        rows: usize,
        /// Columns of the grid.
        columns: usize,
        /// Panels the figure has.
        panels: usize,
    },

    /// A figure, or the panels of its grid, too small or too large to draw.
    #[error(
        "a figure of {width} × {height} in with {rows} × {columns} panels cannot be drawn; \
         sides are at most 100 in and a panel takes at least 1.5 × 1.5 in"
    )]
    Size {
        /// Width in inches.
        width: f64,
        /// Height in inches.
        height: f64,
        /// Rows of the grid.
        rows: usize,
        /// Columns of the grid.
        columns: usize,
    },

    /// More pixels than a PNG may have.
    #[error(
        "a PNG of {width} × {height} pixels has more than 100 million; draw a smaller figure, or an SVG"
    )]
    Pixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },

    /// Titles, labels, legend and colour bar leave no room for the data.
    #[error(
        "panel `{}`: titles and labels leave no room for the data; enlarge the figure",
        shown(panel)
    )]
    Room {
        /// Title of the panel, or its position in the grid if it has none.
        panel: String,
    },

    /// Data that cannot be drawn.
    #[error("panel `{}`: {}: {problem}", shown(panel), shown(mark))]
    Data {
        /// Title of the panel, or its position in the grid if it has none.
        panel: String,
        /// The mark, with its label if it has one.
        mark: String,
        /// The problem with its data.
        problem: DataProblem,
    },

    /// An axis whose range is empty, reversed, not finite, or not positive on a log scale.
    #[error(
        "panel `{}`: {axis} axis: the range {start} to {end} is {problem}",
        shown(panel)
    )]
    Range {
        /// Title of the panel, or its position in the grid if it has none.
        panel: String,
        /// `x` or `y`.
        axis: &'static str,
        /// Start of the range.
        start: f64,
        /// End of the range.
        end: f64,
        /// The problem.
        problem: &'static str,
    },

    /// A path that ends neither in `.svg` nor in `.png`.
    #[error("{}: the extension is neither `svg` nor `png`", path.display())]
    Extension {
        /// The path as given.
        path: PathBuf,
    },

    /// A file that could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path as given.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },

    /// The drawing library failed.
    #[error("drawing failed: {0}")]
    Drawing(String),
}

/// A problem with the data of a line, a scatter plot, a heat map …
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataProblem {
    /// Two inputs have different lengths.
    #[error("{found} {what} for {expected} {reference}")]
    Length {
        /// Plural name of what was counted.
        what: &'static str,
        /// Number found.
        found: usize,
        /// Plural name of what it is compared with.
        reference: &'static str,
        /// Number expected.
        expected: usize,
    },

    /// Nothing to draw.
    #[error("there are no {0}")]
    Empty(&'static str),

    /// No value that can be drawn: all are NaN or infinite, or none is positive on a log scale.
    #[error("no value can be drawn: all are NaN, infinite, or not positive on a log scale")]
    NothingFinite,

    /// A NaN or an infinity where it cannot be left as a gap.
    #[error("value {index} of {what} is {value}; it must be finite")]
    NotFinite {
        /// Plural name of the values.
        what: &'static str,
        /// Index of the first such value.
        index: usize,
        /// The value.
        value: f64,
    },

    /// A class index without a name.
    #[error("class {class} has no name; there are {names} names")]
    Class {
        /// The class index.
        class: usize,
        /// Number of names given.
        names: usize,
    },

    /// A parameter outside its allowed range.
    #[error("{what} is {value}; it must be {allowed}")]
    Parameter {
        /// Name of the parameter.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The allowed range.
        allowed: &'static str,
    },
}
