//! What can be wrong with a table, each with its place.

use std::fmt;

use crate::DataError;
use dl_core::text::shown;

/// A field of a table: path, line, column and the column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path of the file, or the name given to [`Csv::read`](crate::Csv::read).
    pub path: String,
    /// Line on which the field begins, from 1.
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
        let name = shown(name);
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
    /// A character that cannot be what an option wants it to be.
    #[error(
        "{option} {character:?}: it must be {} other than a letter, a digit, a line end or part of a number",
        if matches!(*.option, "decimal" | "thousands") { "a character" } else { "one ASCII character" }
    )]
    Character {
        /// The option.
        option: &'static str,
        /// The character.
        character: char,
    },
    /// Options that cannot hold at once.
    #[error("{first} and {second} contradict each other")]
    Contradiction {
        /// One option.
        first: String,
        /// The other.
        second: String,
    },
    /// A column that is to be two things, or one thing twice.
    #[error("{path}: column {column} ({}) cannot be both {} and {}", shown(.name), roles[0], roles[1])]
    TwoRoles {
        /// Path of the file.
        path: String,
        /// Column, from 1.
        column: usize,
        /// Name of the column.
        name: String,
        /// What it is to be.
        roles: [&'static str; 2],
    },
    /// Text that breaks the rules of the format, which tell fields apart.
    #[error("{path}, line {line}, column {column}: {problem}")]
    Malformed {
        /// Path of the file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        problem: Malformed,
    },
    /// A line that would take memory out of proportion to the file.
    #[error("{path}, line {line}: more than {most} fields, more than a file of this size warrants")]
    TooManyFields {
        /// Path of the file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// The most fields of a line.
        most: usize,
    },
    /// Labels whose names would take memory out of proportion to the file.
    #[error("{at}: more than {most} classes, more than a file of this size warrants")]
    TooManyClasses {
        /// Where there is one more.
        at: Place,
        /// The most classes.
        most: usize,
    },
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
    /// A name that two of the columns asked for have; [`Csv::ignore`](crate::Csv::ignore) leaves one out.
    #[error("{path}: columns {first} and {second} are both named {name:?}; leave one out by its number, {} (from 0)", *.second - 1)]
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
    /// A first line that looks like data: it holds a number or missing values in columns of numbers, or one
    /// of the labels. [`Csv::header`](crate::Csv::header) says which it is.
    #[error(
        "{path}, line {line}: a header is expected, but this looks like data ({names}); \
         if it is data, read the table without a header line; if these are names, say that it has one"
    )]
    HeaderIsData {
        /// Path of the file.
        path: String,
        /// Line of the header.
        line: usize,
        /// The names.
        names: String,
    },
    /// A column without a name; [`Csv::ignore`](crate::Csv::ignore) leaves it out.
    #[error(
        "{path}, line {line}: column {column} has no name{}; leave it out by its number, {} (from 0), or, \
         if this is data, read the table without a header line",
        if *.ends_line { ", since a separator ends the line" } else { "" },
        *.column - 1
    )]
    UnnamedColumn {
        /// Path of the file.
        path: String,
        /// Line of the header.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// It is the last column, so that the header ends with a separator.
        ends_line: bool,
    },
    /// A line with more or fewer fields than the first.
    #[error(
        "{path}, line {line}: {found} fields, expected {expected}{}",
        if *.ends_line { "; the last is empty, since a separator ends the line" } else { "" }
    )]
    FieldCount {
        /// Path of the file.
        path: String,
        /// Line on which the record begins.
        line: usize,
        /// Fields found.
        found: usize,
        /// Fields of the first line.
        expected: usize,
        /// There is one more than expected, and it is empty: the line ends with a separator.
        ends_line: bool,
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
    /// A missing value, by default refused ([`Csv::missing`](crate::Csv::missing)).
    #[error(
        "{at}: the value is missing ({text:?}{}); it is not made up, and its row not left out, unless that is asked for",
        trailing(*.ends_line)
    )]
    Missing {
        /// Where.
        at: Place,
        /// The text.
        text: String,
        /// The line ends with a separator.
        ends_line: bool,
    },
    /// A missing label or target; [`Missing::DropRow`](crate::Missing::DropRow) leaves its row out.
    #[error(
        "{at}: the label is missing ({text:?}{}); a label is never made up, but rows with missing values may be left out",
        trailing(*.ends_line)
    )]
    MissingLabel {
        /// Where.
        at: Place,
        /// The text.
        text: String,
        /// The line ends with a separator.
        ends_line: bool,
    },
    /// A column without a single value to take a mean or median of.
    #[error("{path}, column {column} ({}): every value is missing, so there is no {statistic}", shown(.name))]
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
        "{path}, column {column} ({}): every label is {class:?}; at least 2 classes are needed",
        shown(.name)
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

/// What breaks the rules of the format (RFC 4180).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A field that runs to the end of the file.
    #[error("the field begins with a quote that is never closed")]
    UnclosedQuote,
    /// A quote where a field has begun without one; [`Csv::quote`](crate::Csv::quote) reads it as any character.
    #[error(
        "a quote inside a field that does not begin with one; quote the field and double its quotes, \
         or read the table without quotes"
    )]
    QuoteInField,
    /// Something else than a separator behind a quoted field.
    #[error(
        "text after the closing quote of the field that begins on line {opened}; quotes inside a field must \
         be doubled"
    )]
    TextAfterQuote {
        /// Line on which the field begins, from 1.
        opened: usize,
    },
    /// A byte no text has.
    #[error("a NUL byte, which text does not contain; is the file UTF-16, or not text at all?")]
    NulByte,
    /// A mark that only a file may begin with.
    #[error("a byte order mark, which is only allowed at the beginning of the file")]
    ByteOrderMark,
    /// Two bytes for each character.
    #[error("the text is UTF-16, but must be UTF-8")]
    Utf16,
}

fn trailing(ends_line: bool) -> &'static str {
    if ends_line {
        ", since a separator ends the line"
    } else {
        ""
    }
}
