//! Columns of a table.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Categories;

/// The cells of one column of a [`Table`](crate::Table).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Series {
    /// Numbers, NaN where missing.
    Numbers(Vec<f64>),
    /// Days since 1970-01-01, NaN where missing.
    Dates(Vec<f64>),
    /// One of a few names, or none where missing.
    Categories(Categories),
}

/// The kind of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Dates, as numbers of days.
    Date,
    /// Categories.
    Category,
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "numbers",
            Self::Date => "dates",
            Self::Category => "categories",
        })
    }
}

impl Series {
    /// Categories of these names, `None` where missing.
    pub fn categories<S: Into<String>>(cells: impl IntoIterator<Item = Option<S>>) -> Self {
        Self::Categories(cells.into_iter().collect())
    }

    /// Its kind.
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Numbers(_) => ColumnKind::Number,
            Self::Dates(_) => ColumnKind::Date,
            Self::Categories(_) => ColumnKind::Category,
        }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(values) | Self::Dates(values) => values.len(),
            Self::Categories(categories) => categories.codes().len(),
        }
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the cell in a row is missing.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(values) | Self::Dates(values) => values[row].is_nan(),
            Self::Categories(categories) => categories.codes()[row].is_none(),
        }
    }

    /// Number of cells that are missing.
    pub fn missing(&self) -> usize {
        (0..self.len()).filter(|&row| self.is_missing(row)).count()
    }

    /// The first infinite number, with its row.
    pub(super) fn infinite(&self) -> Option<(usize, f64)> {
        match self {
            Self::Numbers(values) | Self::Dates(values) => {
                let mut cells = values.iter().copied().enumerate();
                cells.find(|(_, value)| value.is_infinite())
            }
            Self::Categories(_) => None,
        }
    }

    /// The cells in rows that exist.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        let numbers = |values: &[f64]| rows.iter().map(|&row| values[row]).collect();
        match self {
            Self::Numbers(values) => Self::Numbers(numbers(values)),
            Self::Dates(values) => Self::Dates(numbers(values)),
            Self::Categories(categories) => Self::Categories(categories.select(rows)),
        }
    }
}
