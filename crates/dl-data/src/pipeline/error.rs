//! Errors of pipelines.

use dl_core::text::{excerpt, shown};

use crate::{DatasetError, TableError};

/// Why a pipeline cannot be fitted, or cannot transform rows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A column that does not exist or is of another kind than its steps.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No column is left.
    #[error("every column of the table is dropped")]
    NoColumns,
    /// A column without any value to fit on.
    #[error(
        "every cell of column `{}` is missing, so nothing can fill its gaps; drop the column, or impute a constant",
        shown(&excerpt(column))
    )]
    NothingToImpute {
        /// The column.
        column: String,
    },
    /// A gap in a column whose gaps are errors.
    #[error("row {row} of column `{}` is missing, and its pipeline imputes nothing", shown(&excerpt(column)))]
    Missing {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
    },
    /// A category that the training rows do not have, where that is an error.
    #[error(
        "row {row} of column `{}` is {:?}, but the categories known from training are {known}",
        shown(&excerpt(column)),
        excerpt(category)
    )]
    Unseen {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
        /// The category.
        category: String,
        /// The categories of the training rows.
        known: String,
    },
    /// A setting of a column, or a statistic that cannot be computed.
    #[error("column `{}`: {source}", shown(&excerpt(column)))]
    Column {
        /// The column.
        column: String,
        /// What is wrong.
        source: DatasetError,
    },
    /// A number that is infinite after its steps, in the type of the matrix.
    #[error("row {row} of `{}` is {value} after its steps, which is not a finite {scalar}", shown(&excerpt(feature)))]
    Overflow {
        /// The column of the matrix.
        feature: String,
        /// The row, from 0.
        row: usize,
        /// The number.
        value: f64,
        /// The number type.
        scalar: &'static str,
    },
    /// A matrix of the wrong width or too large, or principal components that cannot be computed.
    #[error(transparent)]
    Data(#[from] DatasetError),
    /// Inconsistent parts of a pipeline from a file.
    #[error("pipeline: {0}")]
    Parts(String),
}

impl PipelineError {
    /// The error with the row that its row number stands for.
    pub(crate) fn with_row(mut self, of: impl Fn(usize) -> usize) -> Self {
        if let Self::Missing { row, .. } | Self::Unseen { row, .. } | Self::Overflow { row, .. } =
            &mut self
        {
            *row = of(*row);
        }
        self
    }
}
