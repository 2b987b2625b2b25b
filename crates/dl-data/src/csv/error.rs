//! What can be wrong with a table, each with its place.

use std::fmt;

use crate::DataError;

/// A field of a table: path, line, column and the column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path of the file, or the name given to [`Csv::read`](crate::Csv::read).
    pub path: String,
    /// Line on which the record begins, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Name of the column, made up where there is no header.
    pub name: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            column,
            name,
        } = self;
        write!(f, "{path}, line {line}, column {column} ({name})")
    }
}

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Path of the file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A separator that cannot separate.
    #[error(
        "separator {0:?}: it must be one ASCII character other than a quote, a line end or part of a number"
    )]
    Separator(char),
    /// A value no algorithm can use.
    #[error("missing values replaced by {0}: the constant must be a finite {1}")]
    Constant(f64, &'static str),
    /// Not a line of data.
    #[error("{path}: no rows of data{}", if *.dropped > 0 { format!(" ({dropped} dropped for missing values)") } else { String::new() })]
    NoRows {
        /// Path of the file.
        path: String,
        /// Rows dropped for missing values.
        dropped: usize,
    },
    /// The label is the only column.
    #[error("{path}: no feature column beside the label {label:?}")]
    NoFeatures {
        /// Path of the file.
        path: String,
        /// Name of the label column.
        label: String,
    },
    /// A column that does not exist.
    #[error("{path}: no column {column}; the columns are {columns}")]
    NoSuchColumn {
        /// Path of the file.
        path: String,
        /// The column asked for.
        column: String,
        /// The columns there are.
        columns: String,
    },
    /// A column asked for by a name that two columns have.
    #[error("{path}: columns {first} and {second} are both named {name:?}; ask by number")]
    AmbiguousColumn {
        /// Path of the file.
        path: String,
        /// The name.
        name: String,
        /// The first column of the name, from 1.
        first: usize,
        /// The second, from 1.
        second: usize,
    },
    /// A column asked for by name in a table without names.
    #[error("{path}: column {name:?} asked for, but the table has no header; ask by number")]
    NoHeader {
        /// Path of the file.
        path: String,
        /// The name.
        name: String,
    },
    /// A first line that looks like data.
    #[error(
        "{path}, line {line}: a header is expected, but all features are named by numbers ({names}); \
         say header(false) if this is data, header(true) if these are names"
    )]
    HeaderIsData {
        /// Path of the file.
        path: String,
        /// Line of the header.
        line: usize,
        /// The names.
        names: String,
    },
    /// A line with more or fewer fields than the first.
    #[error("{path}, line {line}: {found} fields, expected {expected}")]
    FieldCount {
        /// Path of the file.
        path: String,
        /// Line on which the record begins.
        line: usize,
        /// Fields found.
        found: usize,
        /// Fields of the first line.
        expected: usize,
    },
    /// Bytes that are no text.
    #[error("{at}: {text:?} is not UTF-8")]
    NotUtf8 {
        /// Where.
        at: Place,
        /// The text, as far as it can be shown.
        text: String,
    },
    /// Text where a number is expected.
    #[error("{at}: {text:?} is not a number")]
    NotANumber {
        /// Where.
        at: Place,
        /// The text.
        text: String,
    },
    /// A number the type cannot hold.
    #[error("{at}: {text:?} is not a finite {scalar}")]
    NotFinite {
        /// Where.
        at: Place,
        /// The text.
        text: String,
        /// The number type.
        scalar: &'static str,
    },
    /// A missing value, by default refused.
    #[error("{at}: the value is missing ({text:?}); see Csv::missing for what can be done")]
    Missing {
        /// Where.
        at: Place,
        /// The text.
        text: String,
    },
    /// A missing label or target.
    #[error(
        "{at}: the label is missing ({text:?}); a label is never made up, but Missing::DropRow drops the row"
    )]
    MissingLabel {
        /// Where.
        at: Place,
        /// The text.
        text: String,
    },
    /// A column without a single value to take a mean or median of.
    #[error("{path}, column {column} ({name}): every value is missing, so there is no {statistic}")]
    NothingToImpute {
        /// Path of the file.
        path: String,
        /// Column, from 1.
        column: usize,
        /// Name of the column.
        name: String,
        /// Mean or median.
        statistic: &'static str,
    },
    /// A label that is none of the classes given.
    #[error("{at}: {text:?} is none of the known classes {known}")]
    UnknownClass {
        /// Where.
        at: Place,
        /// The text.
        text: String,
        /// The classes given.
        known: String,
    },
    /// Labels that are all the same.
    #[error(
        "{path}, column {column} ({name}): every label is {class:?}; at least 2 classes are needed"
    )]
    SingleClass {
        /// Path of the file.
        path: String,
        /// Column, from 1.
        column: usize,
        /// Name of the column.
        name: String,
        /// The only class.
        class: String,
    },
    /// Classes that are none, or anything else that keeps the table from being a data set.
    #[error("{path}: {source}")]
    Data {
        /// Path of the file.
        path: String,
        /// What is wrong.
        source: DataError,
    },
}

/// The beginning of a text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first names of a list, short enough for a message.
pub(crate) fn listed(names: &[String]) -> String {
    const MOST: usize = 12;
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| excerpt(name)).collect();
    if names.len() > MOST {
        shown.push(format!("… ({} in all)", names.len()));
    }
    shown.join(", ")
}
