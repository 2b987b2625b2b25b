//! What can be wrong with a figure.

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

    /// More pixels than a PNG is drawn with.
    #[error(
        "a PNG of {width} × {height} pixels has more than 100 million; draw a smaller figure, or an SVG"
    )]
    Pixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },

    /// Titles, labels, legend and colour bar fill the panel.
    #[error(
        "panel `{}`: titles and labels leave no room for the data; enlarge the figure",
        shown(panel)
    )]
    Room {
        /// Title of the panel, or its place in the grid where it has none.
        panel: String,
    },

    /// Data that does not make a drawing.
    #[error("panel `{}`: {}: {problem}", shown(panel), shown(mark))]
    Data {
        /// Title of the panel, or its place in the grid where it has none.
        panel: String,
        /// What was to be drawn, with its label where it has one.
        mark: String,
        /// What is wrong with its data.
        problem: DataProblem,
    },

    /// An axis whose range is empty, reversed, not finite, or not positive on a log scale.
    #[error(
        "panel `{}`: {axis} axis: the range {start} to {end} is {problem}",
        shown(panel)
    )]
    Range {
        /// Title of the panel, or its place in the grid where it has none.
        panel: String,
        /// `x` or `y`.
        axis: &'static str,
        /// Start of the range.
        start: f64,
        /// End of the range.
        end: f64,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// A path that ends neither in `.svg` nor in `.png`.
    #[error("{}: the extension is neither `svg` nor `png`", path.display())]
    Extension {
        /// The path as it was given.
        path: PathBuf,
    },

    /// A file that could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path as it was given.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },

    /// The drawing library failed.
    #[error("drawing failed: {0}")]
    Drawing(String),
}

/// What is wrong with the data of a line, a scatter, a heat map …
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataProblem {
    /// Two inputs that must be of one length are not.
    #[error("{found} {what} for {expected} {reference}")]
    Length {
        /// Plural name of what was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// Plural name of what it is compared with.
        reference: &'static str,
        /// How many there should be.
        expected: usize,
    },

    /// Nothing to draw.
    #[error("there are no {0}")]
    Empty(&'static str),

    /// No value that can be drawn: all are NaN or infinite, or none is positive on a log scale.
    #[error("no value can be drawn: all are NaN, infinite, or not positive on a log scale")]
    NothingFinite,

    /// A NaN or an infinity where there is no gap to leave.
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
        /// How many names were given.
        names: usize,
    },

    /// A parameter outside its domain.
    #[error("{what} is {value}; it must be {allowed}")]
    Parameter {
        /// Name of the parameter.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The domain.
        allowed: &'static str,
    },
}
