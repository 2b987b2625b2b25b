//! Numeric tables with a label column, as text.

mod classes;
mod column;
mod dataset;
mod error;
mod missing;
mod source;
mod table;

use std::{io::Read, path::Path};

use dl_core::Scalar;
use ndarray::Array2;

pub use column::Column;
pub use error::{CsvError, Place};
pub use missing::Missing;

use crate::{Dataset, RegressionDataset};
use dataset::{classification, regression, unlabelled};

/// Reads a table of numbers with a column of labels.
///
/// Fields are separated as RFC 4180 has it, with any ASCII separator; spaces around them, a
/// byte order mark and blank lines are ignored, and lines may end in any way. Without other
/// word, the first line holds the names of the columns, the last column the labels, and a
/// missing value is an error. The file is read into memory as a whole.
///
/// ```
/// use dl_data::Csv;
/// let table = "weight; species\n 3.1; cat\n 7.9; dog\n";
/// let data = Csv::new().separator(';').read::<f32>(table.as_bytes(), "pets")?;
/// assert_eq!(data.class_names(), ["cat", "dog"]);
///
/// let table = "weight,species\n3.1,cat\n7,9,dog\n";
/// let error = Csv::new().read::<f32>(table.as_bytes(), "pets").unwrap_err();
/// assert_eq!(error.to_string(), "pets, line 3: 3 fields, expected 2");
/// # Ok::<(), dl_data::CsvError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Csv {
    label: Option<Column>,
    ignored: Vec<Column>,
    only: Option<Vec<Column>>,
    header: Option<bool>,
    separator: char,
    missing: Missing,
    classes: Option<Vec<String>>,
}

impl Default for Csv {
    fn default() -> Self {
        Self::new()
    }
}

impl Csv {
    /// A comma-separated table with a header, labels in the last column and no missing values.
    pub fn new() -> Self {
        Self {
            label: None,
            ignored: Vec::new(),
            only: None,
            header: None,
            separator: ',',
            missing: Missing::Refuse,
            classes: None,
        }
    }

    /// The column of labels, or of the target of a regression, by name or number from 0.
    pub fn label(mut self, column: impl Into<Column>) -> Self {
        self.label = Some(column.into());
        self
    }

    /// A column that is no feature, such as a row number. May be said again.
    pub fn ignore(mut self, column: impl Into<Column>) -> Self {
        self.ignored.push(column.into());
        self
    }

    /// The columns that are features, in this order; all others are left out but for the label.
    pub fn only<C: Into<Column>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.only = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Whether the first line holds the names of the columns. Without a header they are `x0`,
    /// `x1` …
    ///
    /// If nothing is said there is a header, and one that names all features by numbers is an
    /// error: most likely it is the first row.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self
    }

    /// The character between fields.
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = separator;
        self
    }

    /// What becomes of missing values.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// The names of all classes; label k means the k-th of them, and other labels are errors.
    ///
    /// If nothing is said the classes are the labels found, in alphabetic order (of Unicode code
    /// points: capitals before small letters, "10" before "2").
    pub fn classes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.classes = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Reads the file at `path` as data for classification.
    ///
    /// # Errors
    /// A file that cannot be read, and whatever is wrong with the table, with its place.
    pub fn load<F: Scalar>(&self, path: impl AsRef<Path>) -> Result<Dataset<F>, CsvError> {
        let (data, path) = file(path.as_ref())?;
        classification(self, &data, &path)
    }

    /// As [`load`](Self::load), from a reader, with a name for errors.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read<F: Scalar>(&self, reader: impl Read, name: &str) -> Result<Dataset<F>, CsvError> {
        classification(self, &all(reader, name)?, name)
    }

    /// Reads the file at `path` as data for regression: the label column holds numbers to
    /// predict.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_regression<F: Scalar>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<RegressionDataset<F>, CsvError> {
        let (data, path) = file(path.as_ref())?;
        regression(self, &data, &path)
    }

    /// As [`load_regression`](Self::load_regression), from a reader, with a name for errors.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read_regression<F: Scalar>(
        &self,
        reader: impl Read,
        name: &str,
    ) -> Result<RegressionDataset<F>, CsvError> {
        regression(self, &all(reader, name)?, name)
    }

    /// Reads the file at `path` as rows without labels: every column is a feature unless
    /// [`ignore`](Self::ignore) or [`only`](Self::only) say otherwise. Gives the features,
    /// `[rows, columns]`, and their names.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_features<F: Scalar>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        let (data, path) = file(path.as_ref())?;
        unlabelled(self, &data, &path)
    }

    /// As [`load_features`](Self::load_features), from a reader, with a name for errors.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read_features<F: Scalar>(
        &self,
        reader: impl Read,
        name: &str,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        unlabelled(self, &all(reader, name)?, name)
    }

    fn separator_byte(&self) -> Result<u8, CsvError> {
        let separator = self.separator;
        let taken = separator.is_ascii_alphanumeric() || "\"\r\n+-.".contains(separator);
        match u8::try_from(separator) {
            Ok(byte) if byte.is_ascii() && !taken => Ok(byte),
            _ => Err(CsvError::Separator(separator)),
        }
    }
}

fn file(path: &Path) -> Result<(Vec<u8>, String), CsvError> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(data) => Ok((data, name)),
        Err(source) => Err(CsvError::Io { path: name, source }),
    }
}

fn all(mut reader: impl Read, name: &str) -> Result<Vec<u8>, CsvError> {
    let mut data = Vec::new();
    match reader.read_to_end(&mut data) {
        Ok(_) => Ok(data),
        Err(source) => Err(CsvError::Io {
            path: name.to_owned(),
            source,
        }),
    }
}
