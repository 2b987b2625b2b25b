//! Why a model cannot be inspected.

use dl_core::sampling::SamplingError;

/// Why a model cannot be inspected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InspectionError<E> {
    /// A table without rows or columns.
    #[error("the table has the shape {shape:?}, but at least 1 row and 1 column are needed")]
    Empty {
        /// Its shape.
        shape: [usize; 2],
    },
    /// There is no such column.
    #[error("there is no column {column}; the table has {columns}, counted from 0")]
    Column {
        /// The column.
        column: usize,
        /// The number of columns.
        columns: usize,
    },
    /// No repetitions, or no grid points.
    #[error("{what} is 0, but must be at least 1")]
    Zero {
        /// What there must be.
        what: &'static str,
    },
    /// A permutation that is not one of the rows.
    #[error("permutation {index} is not an order of all {rows} rows")]
    NotAPermutation {
        /// Which.
        index: usize,
        /// The number of rows.
        rows: usize,
    },
    /// Predictions that are not one per row.
    #[error("the model has made {found} predictions for {rows} rows")]
    Predictions {
        /// Predictions.
        found: usize,
        /// Rows.
        rows: usize,
    },
    /// Not enough memory.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// The model failed.
    #[error("{error}")]
    Model {
        /// Its error.
        error: E,
    },
}

/// Why there is no grid for a column.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// A column without values.
    #[error("the column is empty, but at least 1 value is needed")]
    Empty,
    /// A value that is not finite.
    #[error("row {row} is {found}, but must be a finite number")]
    NotFinite {
        /// The row.
        row: usize,
        /// Its value.
        found: f64,
    },
    /// Too few points.
    #[error("the number of grid points is {0}, but must be at least 2")]
    Points(usize),
    /// Shares that are no shares, or in the wrong order.
    #[error("the shares are ({0}, {1}), but must be in [0, 1], the lower one first")]
    Shares(f64, f64),
}
