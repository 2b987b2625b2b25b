//! Numeric tables with a label column in text files.

mod classes;
mod column;
mod dataset;
mod dialect;
mod error;
mod field;
mod header;
mod missing;
mod number_format;
mod records;
mod source;
mod table;

use std::{io::Read, path::Path};

use dl_core::{
    Scalar,
    text::{escaped, shown_path},
};
use ndarray::Array2;

pub use column::Column;
pub use error::{CellLocation, CsvError, Malformed};
pub use missing::Missing;

use crate::{Dataset, RegressionDataset};
use dataset::{classification, regression, unlabelled};
use missing::Markers;
use number_format::NumberFormat;
use source::Source;

/// Reads a table of numbers with a column of labels from a text file.
///
/// Fields are separated and quoted as in RFC 4180, with any ASCII separator; a violation is an error with its line
/// and column, since tolerating it would misread rows. In addition, spaces and tabs around a field are ignored,
/// also before a quote (as with pandas' `skipinitialspace`); inside quotes they are part of names and labels, but
/// ignored in numbers and missing values. A byte order mark and blank lines are ignored, and a line ends with `\n`,
/// `\r\n` or `\r`. By default, the first line contains the column names, the last column contains the labels, and a
/// missing value is an error. Contradictory options are an error. The whole file is read into memory.
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
    separator: Option<char>,
    whitespace: bool,
    quote: Option<char>,
    comment: Option<char>,
    decimal: char,
    thousands: Option<char>,
    missing: Missing,
    missing_markers: Option<Vec<String>>,
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
            separator: None,
            whitespace: false,
            quote: Some('"'),
            comment: None,
            decimal: '.',
            thousands: None,
            missing: Missing::Error,
            missing_markers: None,
            classes: None,
        }
    }

    /// The column of labels, or of regression targets, by name or index from 0; by default the last one that is not
    /// ignored. It need not exist when features are read without labels.
    pub fn label(mut self, column: impl Into<Column>) -> Self {
        self.label = Some(column.into());
        self
    }

    /// A column to ignore, such as a row number. Can be repeated.
    pub fn ignore(mut self, column: impl Into<Column>) -> Self {
        self.ignored.push(column.into());
        self
    }

    /// The columns to use as features, in this order; all others except the label are ignored.
    pub fn only<C: Into<Column>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.only = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Whether the first line contains the column names. Without a header they are `x0`, `x1` …
    ///
    /// By default there is a header, and it is an error if it looks like a row of data, that is, if it has a number
    /// or only missing values in the numeric columns, or one of the labels in the label column, unless a column is
    /// requested by its name.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self
    }

    /// The character that separates fields, by default a comma.
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = Some(separator);
        self
    }

    /// Separates fields by any number of spaces and tabs, and ignores those at both ends of a line.
    ///
    /// ```
    /// use dl_data::Csv;
    /// let table = "weight   species\n   3.1   cat\n  17.9   \"big dog\"\n";
    /// let data = Csv::new().whitespace().read::<f32>(table.as_bytes(), "pets")?;
    /// assert_eq!(data.class_names(), ["big dog", "cat"]);
    /// # Ok::<(), dl_data::CsvError>(())
    /// ```
    pub fn whitespace(mut self) -> Self {
        self.whitespace = true;
        self
    }

    /// The character that encloses fields with separators or line ends, by default `"`; inside them it is doubled.
    /// With `None`, quotes are ordinary characters.
    pub fn quote(mut self, quote: impl Into<Option<char>>) -> Self {
        self.quote = quote.into();
        self
    }

    /// The character that starts a comment to the end of the line, unless it is quoted; lines with only a comment
    /// are skipped. By default there are no comments.
    pub fn comment(mut self, comment: char) -> Self {
        self.comment = Some(comment);
        self
    }

    /// The decimal separator, by default a point.
    ///
    /// ```
    /// use dl_data::Csv;
    /// let table = "price;kind\n1.250,50;house\n3,99;bread\n";
    /// let csv = Csv::new().separator(';').decimal(',').thousands('.');
    /// assert_eq!(csv.read::<f64>(table.as_bytes(), "prices")?.features()[[0, 0]], 1250.5);
    ///
    /// let error = Csv::new().decimal(',').read::<f64>(table.as_bytes(), "prices").unwrap_err();
    /// assert_eq!(error.to_string(), "separator ',' and decimal ',' contradict each other");
    /// # Ok::<(), dl_data::CsvError>(())
    /// ```
    pub fn decimal(mut self, decimal: char) -> Self {
        self.decimal = decimal;
        self
    }

    /// The thousands separator, by default none. It may be the same as the field separator if such numbers are
    /// quoted.
    pub fn thousands(mut self, thousands: char) -> Self {
        self.thousands = Some(thousands);
        self
    }

    /// How missing values are handled; by default they are errors.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// The texts that mark a missing value, instead of the default ones.
    ///
    /// The defaults are an empty field, `?`, `NA`, `N/A`, `#NA`, `#N/A`, `#N/A N/A`, `<NA>`, `NULL`, `NaN`, `-NaN`,
    /// `None` (except in the label column, where it is a class), `1.#IND`, `-1.#IND` and `1.#QNAN`, ignoring case.
    /// Texts given here are compared exactly, except for spaces around them; an empty field is missing only if `""`
    /// is among them.
    pub fn missing_markers<S: Into<String>>(
        mut self,
        markers: impl IntoIterator<Item = S>,
    ) -> Self {
        self.missing_markers = Some(markers.into_iter().map(Into::into).collect());
        self
    }

    /// The names of all classes; label k means the k-th of them, and any other label is an error.
    ///
    /// By default the classes are the labels found. If all are numbers, they are in numeric order, and a number
    /// written in several ways (`1`, `1.0`) is one class, named by the shortest; otherwise they are in alphabetical
    /// order (by Unicode code points: capitals before lower-case letters).
    pub fn classes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.classes = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Reads the file at `path` as data for classification.
    ///
    /// # Errors
    /// A file that cannot be read; anything wrong with the table, with its location.
    pub fn load<F: Scalar>(&self, path: impl AsRef<Path>) -> Result<Dataset<F>, CsvError> {
        classification(self, &file(path.as_ref())?.source()?)
    }

    /// Like [`load`](Self::load), from a reader; `name` is what error messages call it.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn read<F: Scalar>(&self, reader: impl Read, name: &str) -> Result<Dataset<F>, CsvError> {
        classification(self, &all(reader, name)?.source()?)
    }

    /// Reads the file at `path` as data for regression: the label column contains the target values.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn load_regression<F: Scalar>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<RegressionDataset<F>, CsvError> {
        regression(self, &file(path.as_ref())?.source()?)
    }

    /// Like [`load_regression`](Self::load_regression), from a reader; `name` is what error messages call it.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn read_regression<F: Scalar>(
        &self,
        reader: impl Read,
        name: &str,
    ) -> Result<RegressionDataset<F>, CsvError> {
        regression(self, &all(reader, name)?.source()?)
    }

    /// Reads the file at `path` as rows without labels: every column is a feature unless [`ignore`](Self::ignore)
    /// or [`only`](Self::only) say otherwise. Returns the features, `[rows, columns]`, and their names.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn load_features<F: Scalar>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        unlabelled(self, &file(path.as_ref())?.source()?)
    }

    /// Like [`load_features`](Self::load_features), from a reader; `name` is what error messages call it.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn read_features<F: Scalar>(
        &self,
        reader: impl Read,
        name: &str,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        unlabelled(self, &all(reader, name)?.source()?)
    }

    fn markers(&self) -> Markers<'_> {
        Markers(self.missing_markers.as_deref())
    }

    fn number_format(&self) -> NumberFormat {
        NumberFormat {
            decimal: self.decimal,
            thousands: self.thousands,
        }
    }
}

/// The bytes of a table, and the name for errors.
struct Input {
    data: Vec<u8>,
    path: String,
}

impl Input {
    fn source(&self) -> Result<Source<'_>, CsvError> {
        let source = Source {
            path: &self.path,
            data: self
                .data
                .strip_prefix(b"\xEF\xBB\xBF")
                .unwrap_or(&self.data),
        };
        match source.data {
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => Err(source.malformed(0, 0, Malformed::Utf16)),
            _ => Ok(source),
        }
    }
}

fn file(path: &Path) -> Result<Input, CsvError> {
    let name = shown_path(path);
    match dl_fs::read(path) {
        Ok(data) => Ok(Input { data, path: name }),
        Err(source) => Err(CsvError::Io { path: name, source }),
    }
}

fn all(mut reader: impl Read, name: &str) -> Result<Input, CsvError> {
    let path = escaped(name).to_string();
    let mut data = Vec::new();
    match reader.read_to_end(&mut data) {
        Ok(_) => Ok(Input { data, path }),
        Err(source) => Err(CsvError::Io { path, source }),
    }
}
