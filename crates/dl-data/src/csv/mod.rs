//! Numeric tables with a label column, as text.

mod classes;
mod column;
mod dataset;
mod dialect;
mod error;
mod header;
mod missing;
mod numbers;
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
pub use error::{CsvError, Malformed, Place};
pub use missing::Missing;

use crate::{Dataset, RegressionDataset};
use dataset::{classification, regression, unlabelled};
use missing::Markers;
use numbers::Numbers;
use source::Source;

/// Reads a table of numbers with a column of labels.
///
/// Fields are separated and quoted as RFC 4180 has it, with any ASCII separator; what breaks its rules
/// is an error with its line and column, since rows would be read as others. Besides, spaces and tabs
/// around a field are ignored, also before a quote (as with pandas' `skipinitialspace`); those inside quotes are
/// part of names and labels, and ignored in numbers and missing values. A byte order mark
/// and blank lines are ignored, too, and a line ends with `\n`, `\r\n` or `\r`. By default, the first line
/// holds the names of the columns, the last column the labels, and a missing value is an error. Options
/// that contradict each other are errors. The file is read into memory as a whole.
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
            missing: Missing::Refuse,
            missing_markers: None,
            classes: None,
        }
    }

    /// The column of labels, or of the target of a regression, by name or number from 0. By default the
    /// last one that is not ignored. Rows that are read without labels may have this column or not.
    pub fn label(mut self, column: impl Into<Column>) -> Self {
        self.label = Some(column.into());
        self
    }

    /// A column that is no feature, such as a row number. Can be repeated.
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
    /// By default there is a header, and one that looks like a row of data is an error: one with a number or
    /// nothing but missing values in the columns of numbers, or with one of the labels, unless a column is
    /// found by its name.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self
    }

    /// The character between fields, by default a comma.
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = Some(separator);
        self
    }

    /// Fields are separated by any number of spaces and tabs, and those at the ends of a line are ignored.
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

    /// The character around fields that hold separators or line ends, by default `"`, doubled inside of
    /// them. `None`: quotes are characters like any other.
    pub fn quote(mut self, quote: impl Into<Option<char>>) -> Self {
        self.quote = quote.into();
        self
    }

    /// The character from which on the rest of a line is a comment, unless it is quoted; lines with
    /// nothing before it are left out. By default there are no comments.
    pub fn comment(mut self, comment: char) -> Self {
        self.comment = Some(comment);
        self
    }

    /// The character before the decimals, by default a point.
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

    /// A character that may stand between groups of three digits before the decimals; it may be the
    /// separator where such numbers are quoted. By default there is none.
    pub fn thousands(mut self, thousands: char) -> Self {
        self.thousands = Some(thousands);
        self
    }

    /// How missing values are handled; by default they are errors.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// The texts that mark a missing value, instead of the usual ones.
    ///
    /// By default these are an empty field, `?`, `NA`, `N/A`, `#NA`, `#N/A`, `#N/A N/A`, `<NA>`, `NULL`, `NaN`,
    /// `-NaN`, `None` (but in the label column, where it is a class), `1.#IND`, `-1.#IND` and `1.#QNAN`, in
    /// small or capital letters. Texts given here are compared as they are, but for spaces around them; an
    /// empty field is missing only if `""` is among them.
    pub fn missing_markers<S: Into<String>>(
        mut self,
        markers: impl IntoIterator<Item = S>,
    ) -> Self {
        self.missing_markers = Some(markers.into_iter().map(Into::into).collect());
        self
    }

    /// The names of all classes; label k means the k-th of them, and other labels are errors.
    ///
    /// By default the classes are the labels found. If all are numbers, they are in the order of numbers, and
    /// a number written in several ways (`1`, `1.0`) is one class, named in the shortest; if not, they are
    /// in alphabetic order (of Unicode code points: capitals before small letters).
    pub fn classes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.classes = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Reads the file at `path` as data for classification.
    ///
    /// # Errors
    /// A file that cannot be read, and whatever is wrong with the table, with its place.
    pub fn load<F: Scalar>(&self, path: impl AsRef<Path>) -> Result<Dataset<F>, CsvError> {
        classification(self, &file(path.as_ref())?.source()?)
    }

    /// As [`load`](Self::load), from a reader, with a name for errors.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read<F: Scalar>(&self, reader: impl Read, name: &str) -> Result<Dataset<F>, CsvError> {
        classification(self, &all(reader, name)?.source()?)
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
        regression(self, &file(path.as_ref())?.source()?)
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
        regression(self, &all(reader, name)?.source()?)
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
        unlabelled(self, &file(path.as_ref())?.source()?)
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
        unlabelled(self, &all(reader, name)?.source()?)
    }

    fn markers(&self) -> Markers<'_> {
        Markers(self.missing_markers.as_deref())
    }

    fn numbers(&self) -> Numbers {
        Numbers {
            decimal: self.decimal,
            thousands: self.thousands,
        }
    }
}

/// All of a table, and what errors call it.
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
