//! Errors of tables.

use dl_core::text::{excerpt, shown};

use super::ColumnKind;
use crate::DatasetError;

/// Why columns are not a table, or a table is not what is asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// There are no columns or no rows.
    #[error("a table needs at least one column and one row")]
    Empty,
    /// Two columns of one name.
    #[error("two columns are named `{}`", shown(&excerpt(column)))]
    TwoColumns {
        /// The name.
        column: String,
    },
    /// Columns of different lengths.
    #[error(
        "column `{}` has {found} rows, but the first column has {expected}",
        shown(&excerpt(column))
    )]
    RowCount {
        /// The column.
        column: String,
        /// Its rows.
        found: usize,
        /// The rows of the first column.
        expected: usize,
    },
    /// An infinite number.
    #[error("row {row} of column `{}` is {value}; numbers must be finite, or NaN where missing", shown(&excerpt(column)))]
    Infinite {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
        /// The number.
        value: f64,
    },
    /// A column that does not exist.
    #[error(
        "no column `{}`; the columns are {columns}{}",
        shown(&excerpt(column)),
        nearest.as_ref().map_or_else(String::new, |near| format!(" (did you mean `{}`?)", shown(&excerpt(near))))
    )]
    NoColumn {
        /// The column requested.
        column: String,
        /// The columns of the table.
        columns: String,
        /// The column whose name is most like it.
        nearest: Option<String>,
    },
    /// A column of another kind.
    #[error(
        "column `{}` contains {found}, but {expected} are expected{}",
        shown(&excerpt(column)),
        kind_advice(*found, *expected)
    )]
    Kind {
        /// The column.
        column: String,
        /// Its kind.
        found: ColumnKind,
        /// The kind expected.
        expected: ColumnKind,
    },
    /// Taking the only column of a table.
    #[error("column `{}` is the only one: no column is left to predict from", shown(&excerpt(column)))]
    OnlyColumn {
        /// The column.
        column: String,
    },
    /// A missing label or target.
    #[error(
        "row {row} of column `{}` is missing: labels and targets are never imputed; drop such rows when reading \
         (Csv::drop_missing), or select the others",
        shown(&excerpt(column))
    )]
    MissingLabel {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
    },
    /// A label that is not one of the given classes.
    #[error(
        "row {row} of column `{}` is {:?}, which is not one of the classes {classes}",
        shown(&excerpt(column)),
        excerpt(label)
    )]
    UnknownClass {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
        /// The label.
        label: String,
        /// The given classes.
        classes: String,
    },
    /// Invalid classes, rows or splits.
    #[error(transparent)]
    Data(#[from] DatasetError),
}

impl TableError {
    /// The error with the row that its row number stands for.
    pub(crate) fn with_row(mut self, of: impl Fn(usize) -> usize) -> Self {
        if let Self::MissingLabel { row, .. } | Self::UnknownClass { row, .. } = &mut self {
            *row = of(*row);
        }
        self
    }
}

/// What to do about a column that was read as another kind than it is.
fn kind_advice(found: ColumnKind, expected: ColumnKind) -> &'static str {
    match (found, expected) {
        (ColumnKind::Number, ColumnKind::Category) => {
            "; Csv::categories reads its numbers as names, Csv::for_pipeline every column as its pipeline expects it"
        }
        (ColumnKind::Category, ColumnKind::Date) => "; Csv::dates reads them",
        _ => "",
    }
}
