//! Tables in text files.

mod cells;
mod classes;
mod column;
mod dataset;
mod date;
mod dialect;
mod error;
mod field;
mod header;
mod missing;
mod number_format;
mod on_disk;
mod positions;
mod read;
mod records;
mod rows;
mod source;
mod typed;

pub use column::Column;
pub use error::{CellLocation, CsvError, Malformed};
pub use on_disk::CsvFile;

use crate::{ColumnKind, FittedPipeline};
use missing::Markers;
use number_format::NumberFormat;

/// Reads a table from a text file: numbers with a column of labels ([`load`](Self::load),
/// [`load_regression`](Self::load_regression)), or columns of any kind ([`load_table`](Self::load_table)).
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
    drop_missing: bool,
    missing_markers: Option<Vec<String>>,
    classes: Option<Vec<String>>,
    kinds: Vec<(Column, ColumnKind)>,
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
            drop_missing: false,
            missing_markers: None,
            classes: None,
            kinds: Vec::new(),
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

    /// Drops rows with a missing value, which is otherwise an error, except in a [`Table`](crate::Table), whose cells may be missing.
    pub fn drop_missing(mut self) -> Self {
        self.drop_missing = true;
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

    /// Columns of a [`Table`](crate::Table) that are categories, whatever is in them: numbers that are names (`zip`), or text of which
    /// nearly every cell is different.
    pub fn categories<C: Into<Column>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        self.kind(columns, ColumnKind::Category)
    }

    /// Columns of a [`Table`](crate::Table) that are dates, as [ISO 8601](https://www.iso.org/iso-8601-date-and-time-format.html)
    /// writes them: `2024-02-29`, or with a time, `2024-02-29T18:30` or `2024-02-29 18:30:05`. They become numbers:
    /// days since 1970-01-01.
    pub fn dates<C: Into<Column>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        self.kind(columns, ColumnKind::Date)
    }

    /// Columns of a [`Table`](crate::Table) that are numbers: any other text in them is an error.
    pub fn numbers<C: Into<Column>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        self.kind(columns, ColumnKind::Number)
    }

    fn kind<C: Into<Column>>(
        mut self,
        columns: impl IntoIterator<Item = C>,
        kind: ColumnKind,
    ) -> Self {
        let columns = columns.into_iter().map(|column| (column.into(), kind));
        self.kinds.extend(columns);
        self
    }

    /// Reads the columns that a pipeline takes, as the kinds it was fitted on: for a [`Table`](crate::Table) to predict, whose few
    /// rows may not show of what kind their columns are.
    pub fn for_pipeline(self, pipeline: &FittedPipeline) -> Self {
        let only = self.only(pipeline.columns().map(|(name, _)| name));
        pipeline
            .columns()
            .fold(only, |csv, (name, kind)| csv.kind([name], kind))
    }

    /// A column to use besides those in [`only`](Self::only).
    pub(crate) fn and_only(mut self, column: &str) -> Self {
        self.only.get_or_insert_default().push(column.into());
        self
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
