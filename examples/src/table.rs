//! Tables that programs read from CSV files.

use dl_data::{Csv, CsvError};

/// A table whose first line is a header, or data.
pub fn table(no_header: bool) -> Csv {
    match no_header {
        true => Csv::new().header(false),
        false => Csv::new(),
    }
}

/// What is wrong with a table, with the option that helps where its first line is data.
pub fn advised(error: CsvError) -> String {
    let is_first_line = matches!(
        error,
        CsvError::HeaderIsData { .. }
            | CsvError::UnnamedColumn { .. }
            | CsvError::NoSuchColumn { .. }
    );
    match is_first_line {
        true => format!("{error}\nhint: with --no-header, the first line is a row of data"),
        false => error.to_string(),
    }
}
