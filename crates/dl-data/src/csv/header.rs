//! Whether the first line is a header, so that a row of data is not mistaken for one.

use std::collections::HashMap;

use super::{
    Csv, CsvError,
    classes::Classes,
    column::{Columns, ambiguous},
    records::Raw,
    source::Source,
};
use crate::text::listed;

/// Checks the names of the columns used. `numeric_label`: the label is a number.
pub(super) fn check_names(
    csv: &Csv,
    columns: &Columns,
    source: &Source<'_>,
    first: &[Raw<'_>],
    numeric_label: bool,
) -> Result<(), CsvError> {
    if csv.header == Some(false) {
        return Ok(());
    }
    let name = |&column: &usize| columns.names[column].as_str();
    let numeric = columns
        .features
        .iter()
        .chain(columns.label.iter().filter(|_| numeric_label));
    let is_number = |name: &str| csv.number_format().parse(name).is_some_and(f64::is_finite);
    let has_number = numeric.clone().map(name).any(is_number);
    // only missing values: Na is also sodium
    let is_missing = |name: &str| csv.markers().are_missing(name);
    let looks_missing = numeric
        .clone()
        .map(name)
        .all(|name| !name.trim().is_empty() && is_missing(name));
    if csv.header.is_none() && !columns.found_by_name && (has_number || looks_missing) {
        return Err(is_data(columns, source, first));
    }
    let mut by_name = HashMap::new();
    for column in columns.used() {
        let name = name(&column);
        if name.trim().is_empty() {
            return Err(CsvError::UnnamedColumn {
                path: source.path.to_owned(),
                line: source.line(first[column].start),
                column: column + 1,
                ends_line: column > 0 && column + 1 == first.len() && first[column].is_nothing,
            });
        }
        if let Some(other) = by_name.insert(name, column) {
            let (one, two) = (other.min(column), other.max(column));
            return Err(ambiguous(source.path, name, one, two));
        }
    }
    Ok(())
}

/// Checks that the label column's name is not one of the labels.
pub(super) fn check_label(
    csv: &Csv,
    columns: &Columns,
    source: &Source<'_>,
    first: &[Raw<'_>],
    classes: &Classes<'_>,
) -> Result<(), CsvError> {
    let is_guess = csv.header.is_none() && !columns.found_by_name;
    // features are numbers: if none of their names is a number or a missing value, the line is a header
    let is_like_data = |&column: &usize| {
        let name = columns.names[column].as_str();
        csv.number_format().parse(name).is_some() || csv.markers().are_missing(name)
    };
    let may_be_data = columns.features.is_empty() || columns.features.iter().any(is_like_data);
    match columns.label {
        Some(label) if is_guess && may_be_data && classes.contains(&columns.names[label]) => {
            Err(is_data(columns, source, first))
        }
        _ => Ok(()),
    }
}

fn is_data(columns: &Columns, source: &Source<'_>, first: &[Raw<'_>]) -> CsvError {
    let used: Vec<&str> = columns
        .used()
        .map(|column| columns.names[column].as_str())
        .collect();
    CsvError::HeaderIsData {
        path: source.path.to_owned(),
        line: source.line(first[0].start),
        names: listed(used.into_iter()),
    }
}
