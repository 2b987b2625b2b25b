//! Errors in a table, each with its location.

use std::fmt;

use crate::{ColumnKind, DatasetError, TableError};
use dl_core::text::shown;

/// Location of a field in a table: path, line, column and column name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellLocation {
    /// Path of the file, or the name given to [`Csv::read`](crate::Csv::read).
    pub path: String,
    /// Line on which the field begins, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Name of the column, generated if there is no header.
    pub name: String,
}

impl fmt::Display for CellLocation {
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
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A character that an option does not allow.
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
    /// Options that contradict each other.
    #[error("{first} and {second} contradict each other")]
    Contradiction {
        /// One option.
        first: String,
        /// The other.
        second: String,
    },
    /// A column with two roles, or the same role twice.
    #[error("{path}: column {column} ({}) cannot be both {} and {}", shown(.name), roles[0], roles[1])]
    TwoRoles {
        /// Path of the file.
        path: String,
        /// Column, from 1.
        column: usize,
        /// Name of the column.
        name: String,
        /// The two roles.
        roles: [&'static str; 2],
    },
    /// Text that violates the format.
    #[error("{path}, line {line}, column {column}: {problem}")]
    Malformed {
        /// Path of the file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The problem.
        problem: Malformed,
    },
    /// A line with too many fields: they would take memory out of proportion to the file.
    #[error("{path}, line {line}: more than {max} fields, too many for a file of this size")]
    TooManyFields {
        /// Path of the file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Maximum number of fields in a line.
        max: usize,
    },
    /// Too many classes: their names would take memory out of proportion to the file.
    #[error("{at}: more than {max} classes, too many for a file of this size")]
    TooManyClasses {
        /// Location of the first label beyond the maximum.
        at: CellLocation,
        /// Maximum number of classes.
        max: usize,
    },
    /// A table without data.
    #[error("{path}: no data rows{}", if *.dropped > 0 { format!(" ({dropped} dropped for missing values)") } else { String::new() })]
    NoRows {
        /// Path of the file.
        path: String,
        /// Rows dropped for missing values.
        dropped: usize,
    },
    /// The label is the only column.
    #[error("{path}: no feature column besides the label {label:?}")]
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
        /// The column requested.
        column: String,
        /// The columns of the table.
        columns: String,
    },
    /// A name shared by two of the columns used; [`Csv::ignore`](crate::Csv::ignore) excludes one of them.
    #[error("{path}: columns {first} and {second} are both named {name:?}; ignore one by its index, {} (from 0)", *.second - 1)]
    AmbiguousColumn {
        /// Path of the file.
        path: String,
        /// The name.
        name: String,
        /// The first column with the name, from 1.
        first: usize,
        /// The second, from 1.
        second: usize,
    },
    /// A column requested by name from a table without a header.
    #[error(
        "{path}: column {name:?} is requested by name, but the table has no header; use its index"
    )]
    NoHeader {
        /// Path of the file.
        path: String,
        /// The name.
        name: String,
    },
    /// A first line that looks like data: it has a number or only missing values in the numeric columns, or one of
    /// the labels in the label column. Set [`Csv::header`](crate::Csv::header) to say which it is.
    #[error(
        "{path}, line {line}: expected a header, but this looks like data ({names}); \
         read the table without a header if it is data, or declare the header if these are names"
    )]
    HeaderIsData {
        /// Path of the file.
        path: String,
        /// Line of the header, from 1.
        line: usize,
        /// The names.
        names: String,
    },
    /// A column without a name; [`Csv::ignore`](crate::Csv::ignore) excludes it.
    #[error(
        "{path}, line {line}: column {column} has no name{}; ignore it by its index, {} (from 0), or, \
         if this is data, read the table without a header",
        if *.ends_line { ", since the line ends with a separator" } else { "" },
        *.column - 1
    )]
    UnnamedColumn {
        /// Path of the file.
        path: String,
        /// Line of the header, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// It is the last column, because the header ends with a separator.
        ends_line: bool,
    },
    /// A line with a different number of fields than the first.
    #[error(
        "{path}, line {line}: {found} fields, expected {expected}{}",
        if *.ends_line { "; the last is empty, since the line ends with a separator" } else { "" }
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
        /// There is one empty field too many: the line ends with a separator.
        ends_line: bool,
    },
    /// Bytes that are not UTF-8.
    #[error("{at}: {text:?} is not UTF-8")]
    NotUtf8 {
        /// Where.
        at: CellLocation,
        /// The text, with invalid bytes replaced.
        text: String,
    },
    /// Text where a number is expected.
    #[error("{at}: {text:?} is not a number")]
    NotANumber {
        /// Where.
        at: CellLocation,
        /// The text.
        text: String,
    },
    /// A number that is infinite in the type.
    #[error("{at}: {text:?} is not a finite {scalar}")]
    NotFinite {
        /// Where.
        at: CellLocation,
        /// The text.
        text: String,
        /// The number type.
        scalar: &'static str,
    },
    /// A missing value: a [`Dataset`](crate::Dataset) has none, a [`Table`](crate::Table) may.
    #[error(
        "{at}: missing value ({text:?}{}); read a table (Csv::read_table), whose pipeline imputes it, or drop such \
         rows (Csv::drop_missing)",
        trailing(*.ends_line)
    )]
    Missing {
        /// Where.
        at: CellLocation,
        /// The text.
        text: String,
        /// The line ends with a separator.
        ends_line: bool,
    },
    /// A missing label or target; [`Csv::drop_missing`](crate::Csv::drop_missing) drops its row.
    #[error(
        "{at}: missing label ({text:?}{}); labels are never imputed, but rows with missing values can be dropped",
        trailing(*.ends_line)
    )]
    MissingLabel {
        /// Where.
        at: CellLocation,
        /// The text.
        text: String,
        /// The line ends with a separator.
        ends_line: bool,
    },
    /// Text in a column of numbers, which may be a typing error, a mark for a missing value, or a category.
    #[error(
        "{at}: {text:?} among numbers: {numbers} of {cells} cells are numbers; if it marks a missing value, add it to \
         Csv::missing_markers; if the column is one of categories, name it in Csv::categories"
    )]
    MixedColumn {
        /// Where the first such text is.
        at: CellLocation,
        /// The text.
        text: String,
        /// Cells that are numbers.
        numbers: usize,
        /// Cells that are not missing.
        cells: usize,
    },
    /// A column of free text, such as names or remarks, of which a network learns nothing as categories.
    #[error(
        "{at}: {text:?}: free text, {distinct} different texts in {cells} cells; ignore the column (Csv::ignore), or \
         say that its texts are categories (Csv::categories)"
    )]
    FreeText {
        /// Where the first text is.
        at: CellLocation,
        /// The text.
        text: String,
        /// Different texts.
        distinct: usize,
        /// Cells that are not missing.
        cells: usize,
    },
    /// Text where a date is expected.
    #[error(
        "{at}: {text:?} is not a date: YYYY-MM-DD is expected, or with a time, YYYY-MM-DDTHH:MM or \
         YYYY-MM-DDTHH:MM:SS, without a zone"
    )]
    NotADate {
        /// Where.
        at: CellLocation,
        /// The text.
        text: String,
    },
    /// Two kinds for a column.
    #[error("{path}: column {column} ({}) cannot be both {first} and {second}", shown(.name))]
    TwoKinds {
        /// Path of the file.
        path: String,
        /// Column, from 1.
        column: usize,
        /// Name of the column.
        name: String,
        /// One kind.
        first: ColumnKind,
        /// The other.
        second: ColumnKind,
    },
    /// A setting that is about labels, where a table without labels is read.
    #[error(
        "{setting} says what labels are, but a table has none: Table::classes or Table::target takes them out"
    )]
    NoLabels {
        /// The setting.
        setting: &'static str,
    },
    /// A label that is not one of the given classes.
    #[error("{at}: {text:?} is not one of the known classes {known}")]
    UnknownClass {
        /// Where.
        at: CellLocation,
        /// The text.
        text: String,
        /// The given classes.
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
    /// Rows of a table that stays in its file which do not exist, or whose labels are invalid.
    #[error("{path}: {source}")]
    Table {
        /// Path of the file.
        path: String,
        /// The problem.
        source: TableError,
    },
    /// Invalid classes, or anything else that keeps the table from being a valid data set.
    #[error("{path}: {source}")]
    Data {
        /// Path of the file.
        path: String,
        /// The problem.
        source: DatasetError,
    },
}

/// Violations of the format (RFC 4180).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A quoted field that runs to the end of the file.
    #[error("the field begins with a quote that is never closed")]
    UnclosedQuote,
    /// A quote inside an unquoted field; [`Csv::quote`](crate::Csv::quote) can make it an ordinary character.
    #[error(
        "a quote inside an unquoted field; quote the field and double its quotes, \
         or disable quoting"
    )]
    QuoteInField,
    /// Something other than a separator after a quoted field.
    #[error(
        "text after the closing quote of the field that begins on line {opened}; quotes inside a field must \
         be doubled"
    )]
    TextAfterQuote {
        /// Line on which the field begins, from 1.
        opened: usize,
    },
    /// A NUL byte, which text does not contain.
    #[error("a NUL byte, which text does not contain; is the file UTF-16, or not text at all?")]
    NulByte,
    /// A byte order mark that is not at the beginning of the file.
    #[error("a byte order mark, which is only allowed at the beginning of the file")]
    ByteOrderMark,
    /// Text in UTF-16.
    #[error("the text is UTF-16, but must be UTF-8")]
    Utf16,
}

fn trailing(ends_line: bool) -> &'static str {
    if ends_line {
        ", since the line ends with a separator"
    } else {
        ""
    }
}
