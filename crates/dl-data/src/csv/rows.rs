//! Reads the rows of a table.

use dl_core::Scalar;

use super::{
    Csv, CsvError,
    column::Columns,
    dialect::Dialect,
    field::Field,
    header::check_names,
    missing::Markers,
    number_format::NumberFormat,
    records::{Raw, Records},
    source::Source,
};

/// The rows of a table, one after the other.
pub(super) struct Rows<'a> {
    pub(super) source: Source<'a>,
    pub(super) columns: Columns,
    /// The first line.
    pub(super) first: Vec<Raw<'a>>,
    records: Records<'a>,
    record: Vec<Raw<'a>>,
    /// The first line is a row, and has not been read.
    first_is_next: bool,
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

impl<'a> Rows<'a> {
    /// Reads the first line.
    pub(super) fn open(csv: &Csv, source: &Source<'a>, kind: Labels) -> Result<Self, CsvError> {
        let mut records = Records::new(*source, Dialect::new(csv)?);
        let mut first = Vec::new();
        if !records.read(&mut first)? {
            return Err(no_rows(source, 0));
        }
        let columns = Columns::new(csv, source, &first, kind != Labels::None)?;
        check_names(csv, &columns, source, &first, kind == Labels::Numbers)?;
        Ok(Self {
            source: *source,
            columns,
            record: first.clone(),
            first,
            records,
            first_is_next: csv.header == Some(false),
        })
    }

    /// Goes to the next row. `false` at the end.
    pub(super) fn advance(&mut self) -> Result<bool, CsvError> {
        let is_read = match std::mem::take(&mut self.first_is_next) {
            true => true,
            false => self.records.read(&mut self.record)?,
        };
        if is_read {
            check_width(&self.source, &self.record, self.first.len())?;
        }
        Ok(is_read)
    }

    /// A field of the row.
    pub(super) fn field(&self, column: usize) -> Result<Field<'_>, CsvError> {
        let name = &self.columns.names[column];
        self.source.field(&self.record, column, name)
    }
}

pub(super) fn no_rows(source: &Source<'_>, dropped: usize) -> CsvError {
    CsvError::NoRows {
        path: source.path.to_owned(),
        dropped,
    }
}

/// A parsed table of numbers: features row by row, and a label for each row.
pub(super) struct Parsed<'a, F, L> {
    pub(super) columns: Columns,
    pub(super) first: Vec<Raw<'a>>,
    pub(super) values: Vec<F>,
    pub(super) labels: Vec<L>,
}

/// Reads a table of numbers. `label` turns a field into a label, or into `None` if it is missing; it gets no field if
/// there are no labels.
pub(super) fn read<'a, F: Scalar, L>(
    csv: &Csv,
    source: &Source<'a>,
    kind: Labels,
    mut label: impl FnMut(Option<&Field<'_>>) -> Result<Option<L>, CsvError>,
) -> Result<Parsed<'a, F, L>, CsvError> {
    let mut rows = Rows::open(csv, source, kind)?;
    let (drop_missing, markers, number_format) =
        (csv.drop_missing, csv.markers(), csv.number_format());
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    let mut dropped = 0;
    while rows.advance()? {
        let label_field = rows.columns.label.map(|label| rows.field(label));
        let label_field = label_field.transpose()?;
        let row_begin = values.len();
        let mut complete = true;
        for &column in &rows.columns.features {
            let value = feature(&rows.field(column)?, drop_missing, markers, number_format);
            match value
                .map_err(|error| named_by_its_end(error, label_field.as_ref(), drop_missing))?
            {
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
            (None, Some(field)) if !drop_missing => {
                return Err(missing_label(&field));
            }
            (None, _) => {
                values.truncate(row_begin);
                dropped += 1;
            }
        }
    }
    if labels.is_empty() {
        return Err(no_rows(source, dropped));
    }
    Ok(Parsed {
        columns: rows.columns,
        first: rows.first,
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
fn named_by_its_end(error: CsvError, label: Option<&Field<'_>>, drop_missing: bool) -> CsvError {
    match label {
        Some(label) if label.is_trailing && !drop_missing => missing_label(label),
        _ => error,
    }
}

/// The value of a feature; `None` if it is missing and its row is dropped.
fn feature<F: Scalar>(
    field: &Field<'_>,
    drop_missing: bool,
    markers: Markers<'_>,
    number_format: NumberFormat,
) -> Result<Option<F>, CsvError> {
    match markers.are_missing(&field.text) {
        false => field.number(number_format).map(Some),
        true if drop_missing => Ok(None),
        true => Err(CsvError::Missing {
            at: field.location(),
            text: field.excerpt(),
            ends_line: field.is_trailing,
        }),
    }
}
