//! Tables that programs read from CSV files.

use dl_data::{Csv, CsvError};

/// A table whose first line is a header, or data.
pub fn table(no_header: bool) -> Csv {
    match no_header {
        true => Csv::new().header(false),
        false => Csv::new(),
    }
}

/// What is wrong with a table, with the option that helps where its first line is data; `otherwise` names the one
/// that helps where it is not.
pub fn advised(error: CsvError, otherwise: &str) -> String {
    let is_first_line = matches!(
        error,
        CsvError::HeaderIsData { .. }
            | CsvError::UnnamedColumn { .. }
            | CsvError::NoSuchColumn { .. }
    );
    match is_first_line {
        true => {
            format!("{error}\nhint: --no-header takes the first line for a row of data{otherwise}")
        }
        false => error.to_string(),
    }
}
