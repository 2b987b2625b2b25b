//! Tables with columns of several kinds.

mod categories;
mod error;
mod labelled;
mod series;

pub use categories::Categories;
pub use error::TableError;
pub use labelled::{ClassificationTable, RegressionTable};
pub use series::{ColumnKind, Series};

pub(crate) use categories::sort;

use dl_core::{
    rand::Rng,
    sampling::{Split, holdout},
};

use crate::{check::check_rows, text::listed};

/// Named columns of numbers, dates and categories, in which cells may be missing: raw data, as
/// [`Csv::load_table`](crate::Csv::load_table) reads it, before a [`Pipeline`](crate::Pipeline) turns it into numbers.
///
/// It is always valid: at least one row and column, columns of one length with distinct names, numbers that are finite
/// or, where missing, NaN.
///
/// ```
/// use dl_data::{Series, Table};
/// let table = Table::new([
///     ("age", Series::Numbers(vec![31.0, f64::NAN, 45.0])),
///     ("city", Series::categories([Some("Oslo"), Some("Rome"), None])),
/// ])?;
/// assert_eq!(table.len(), 3);
/// let error = table.numbers("agee").unwrap_err();
/// assert_eq!(error.to_string(), "no column `agee`; the columns are age, city (did you mean `age`?)");
/// # Ok::<(), dl_data::TableError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(String, Series)>,
    rows: usize,
}

impl Table {
    /// A table of these columns, in this order.
    ///
    /// # Errors
    /// No columns or no rows; columns of different lengths or of one name; an infinite number.
    pub fn new<S: Into<String>>(
        columns: impl IntoIterator<Item = (S, Series)>,
    ) -> Result<Self, TableError> {
        let columns = columns.into_iter();
        Self::checked(
            columns
                .map(|(name, series)| (name.into(), series))
                .collect(),
        )
    }

    fn checked(columns: Vec<(String, Series)>) -> Result<Self, TableError> {
        let rows = columns.first().map_or(0, |(_, series)| series.len());
        if rows == 0 {
            return Err(TableError::Empty);
        }
        let mut names = std::collections::HashSet::new();
        for (name, series) in &columns {
            let column = name.clone();
            if !names.insert(name) {
                return Err(TableError::TwoColumns { column });
            }
            if series.len() != rows {
                let found = series.len();
                return Err(TableError::RowCount {
                    column,
                    found,
                    expected: rows,
                });
            }
            if let Some((row, value)) = series.infinite() {
                return Err(TableError::Infinite { column, row, value });
            }
        }
        Ok(Self { columns, rows })
    }

    /// A table that is known to be valid.
    pub(crate) fn from_series(columns: Vec<(String, Series)>, rows: usize) -> Self {
        Self { columns, rows }
    }

    /// Number of rows, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a table is never empty")]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// The columns and their names, in order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, &Series)> {
        self.columns
            .iter()
            .map(|(name, series)| (name.as_str(), series))
    }

    /// A column.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn column(&self, name: &str) -> Result<&Series, TableError> {
        Ok(&self.columns[self.index(name)?].1)
    }

    /// The kind of a column.
    ///
    /// # Errors
    /// There is no column of this name.
    pub fn kind(&self, name: &str) -> Result<ColumnKind, TableError> {
        self.column(name).map(Series::kind)
    }

    /// The values of a column of numbers or dates, NaN where missing.
    ///
    /// # Errors
    /// There is none of this name, or it is of another kind.
    pub fn numbers(&self, name: &str) -> Result<&[f64], TableError> {
        match self.column(name)? {
            Series::Numbers(values) | Series::Dates(values) => Ok(values),
            Series::Categories(_) => Err(TableError::Kind {
                column: name.to_owned(),
                found: ColumnKind::Category,
                expected: ColumnKind::Number,
            }),
        }
    }

    /// The cells of a column of categories.
    ///
    /// # Errors
    /// There is none of this name, or it is of another kind.
    pub fn categories(&self, name: &str) -> Result<&Categories, TableError> {
        match self.column(name)? {
            Series::Categories(categories) => Ok(categories),
            other => Err(TableError::Kind {
                column: name.to_owned(),
                found: other.kind(),
                expected: ColumnKind::Category,
            }),
        }
    }

    fn index(&self, name: &str) -> Result<usize, TableError> {
        let names = || self.columns.iter().map(|(name, _)| name.as_str());
        names()
            .position(|other| other == name)
            .ok_or_else(|| TableError::NoColumn {
                column: name.to_owned(),
                columns: listed(names()),
                nearest: dl_core::text::nearest(name, names()).map(str::to_owned),
            })
    }

    /// The given rows, in the given order; categories keep their names.
    ///
    /// # Errors
    /// A row that does not exist; no rows.
    pub fn select(&self, rows: &[usize]) -> Result<Self, TableError> {
        check_rows(rows, self.rows)?;
        let columns = self.columns();
        let columns = columns.map(|(name, series)| (name.to_owned(), series.select(rows)));
        Ok(Self::from_series(columns.collect(), rows.len()))
    }

    /// The table without a column.
    ///
    /// # Errors
    /// There is none of this name; it is the only one.
    pub fn without(self, column: &str) -> Result<Self, TableError> {
        self.take(column).map(|(table, _)| table)
    }

    /// A column, and the table without it.
    fn take(mut self, column: &str) -> Result<(Self, Series), TableError> {
        let index = self.index(column)?;
        if self.columns.len() == 1 {
            let column = column.to_owned();
            return Err(TableError::OnlyColumn { column });
        }
        let (_, series) = self.columns.remove(index);
        Ok((self, series))
    }

    /// Random split into training and test rows, round(`test_fraction`·rows) of the latter.
    ///
    /// # Errors
    /// A fraction outside (0, 1); a side without rows.
    pub fn split<R: Rng + ?Sized>(
        &self,
        test_fraction: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), TableError> {
        let split = holdout(self.rows, test_fraction, rng).map_err(crate::DatasetError::from)?;
        self.both_sides(&split)
    }

    fn both_sides(&self, split: &Split) -> Result<(Self, Self), TableError> {
        Ok((self.select(&split.train)?, self.select(&split.test)?))
    }

    /// Takes a column out as class labels, of text or of numbers; a row without one is an error. The classes are in
    /// numeric order if all are numbers, or else in alphabetical order.
    ///
    /// Before a split, so that both sides number their classes alike.
    ///
    /// # Errors
    /// There is no column of this name, or no other; a missing label; fewer than two classes.
    pub fn classes(self, column: &str) -> Result<ClassificationTable, TableError> {
        ClassificationTable::take(self, column, None)
    }

    /// Like [`classes`](Self::classes), with the names of all classes in the order in which they are numbered.
    ///
    /// # Errors
    /// Same as [`classes`](Self::classes); a label that is not among the names.
    pub fn classes_in_order<S: Into<String>>(
        self,
        column: &str,
        names: impl IntoIterator<Item = S>,
    ) -> Result<ClassificationTable, TableError> {
        let names = names.into_iter().map(Into::into).collect();
        ClassificationTable::take(self, column, Some(names))
    }

    /// Takes a column of numbers out as the target of a regression; a row without one is an error.
    ///
    /// # Errors
    /// There is no column of numbers of this name, or no other; a missing target.
    pub fn target(self, column: &str) -> Result<RegressionTable, TableError> {
        RegressionTable::take(self, column)
    }
}
