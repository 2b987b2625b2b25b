//! Parses fields into rows.

use dl_core::Scalar;

use super::{
    Csv, CsvError, Missing,
    column::Columns,
    dialect::Dialect,
    field::Field,
    header::check_names,
    missing::Markers,
    number_format::NumberFormat,
    records::{Raw, Records},
    source::Source,
};

/// A parsed table: features row by row, with NaN for a value to impute, and a label for each row.
pub(super) struct Table<'a, F, L> {
    pub(super) columns: Columns,
    pub(super) first: Vec<Raw<'a>>,
    pub(super) values: Vec<F>,
    pub(super) labels: Vec<L>,
}

/// How the label column is read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Labels {
    /// There are no labels.
    None,
    /// As class names.
    Classes,
    /// As numbers.
    Numbers,
}

/// Reads a table. `label` turns a field into a label, or into `None` if it is missing; it gets no field if there
/// are no labels.
pub(super) fn read<'a, F: Scalar, L>(
    csv: &Csv,
    source: &Source<'a>,
    kind: Labels,
    mut label: impl FnMut(Option<&Field<'_>>) -> Result<Option<L>, CsvError>,
) -> Result<Table<'a, F, L>, CsvError> {
    let mut records = Records::new(*source, Dialect::new(csv)?);
    let mut first = Vec::new();
    let no_rows = |dropped| CsvError::NoRows {
        path: source.path.to_owned(),
        dropped,
    };
    if !records.read(&mut first)? {
        return Err(no_rows(0));
    }
    let columns = Columns::new(csv, source, &first, kind != Labels::None)?;
    check_names(csv, &columns, source, &first, kind == Labels::Numbers)?;

    let (missing, markers, number_format) = (csv.missing, csv.markers(), csv.number_format());
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    let mut dropped = 0;
    let mut record = first.clone();
    let mut is_read = csv.header == Some(false) || records.read(&mut record)?;
    while is_read {
        check_width(source, &record, first.len())?;
        let field = |column: usize| source.field(&record, column, &columns.names[column]);
        let label_field = columns.label.map(field).transpose()?;
        let row_begin = values.len();
        let mut complete = true;
        for &column in &columns.features {
            let value = feature(&field(column)?, missing, markers, number_format);
            match value.map_err(|error| named_by_its_end(error, label_field.as_ref(), missing))? {
                Some(value) => values.push(value),
                None => complete = false,
            }
        }
        // the label of a dropped row does not create a class
        let row_label = match complete {
            true => label(label_field.as_ref())?,
            false => None,
        };
        match (row_label, label_field) {
            (Some(label), _) => labels.push(label),
            (None, Some(field)) if missing != Missing::DropRow => {
                return Err(missing_label(&field));
            }
            (None, _) => {
                values.truncate(row_begin);
                dropped += 1;
            }
        }
        is_read = records.read(&mut record)?;
    }
    if labels.is_empty() {
        return Err(no_rows(dropped));
    }
    Ok(Table {
        columns,
        first,
        values,
        labels,
    })
}

fn check_width(source: &Source<'_>, record: &[Raw<'_>], expected: usize) -> Result<(), CsvError> {
    if record.len() == expected {
        return Ok(());
    }
    let last = record.last().expect("a record has a field");
    Err(CsvError::FieldCount {
        path: source.path.to_owned(),
        line: source.line(record[0].start),
        found: record.len(),
        expected,
        ends_line: record.len() == expected + 1 && last.is_nothing,
    })
}

fn missing_label(field: &Field<'_>) -> CsvError {
    CsvError::MissingLabel {
        at: field.location(),
        text: field.excerpt(),
        ends_line: field.is_trailing,
    }
}

/// If each line ends with a separator, the last column is empty and the labels are taken for a feature: reports the
/// cause rather than its consequence.
fn named_by_its_end(error: CsvError, label: Option<&Field<'_>>, missing: Missing) -> CsvError {
    match label {
        Some(label) if label.is_trailing && missing != Missing::DropRow => missing_label(label),
        _ => error,
    }
}

/// The value of a feature; NaN if it is to be imputed, `None` if its row is dropped.
fn feature<F: Scalar>(
    field: &Field<'_>,
    missing: Missing,
    markers: Markers<'_>,
    number_format: NumberFormat,
) -> Result<Option<F>, CsvError> {
    if !markers.are_missing(&field.text) {
        return field.number(number_format).map(Some);
    }
    match missing {
        Missing::Mean | Missing::Median => Ok(Some(F::nan())),
        Missing::Constant(value) => Ok(Some(F::cast(value))),
        Missing::DropRow => Ok(None),
        Missing::Error => Err(CsvError::Missing {
            at: field.location(),
            text: field.excerpt(),
            ends_line: field.is_trailing,
        }),
    }
}
