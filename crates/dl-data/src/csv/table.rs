//! From bytes to parsed rows.

use dl_core::Scalar;

use super::{
    Csv, CsvError, Missing,
    column::Columns,
    missing::is_missing,
    source::{Field, Source, is_blank, start},
};

/// A table read: features row by row with NaN for a value to impute, and a label for each row.
pub(super) struct Table<F, L> {
    pub(super) columns: Columns,
    pub(super) values: Vec<F>,
    pub(super) labels: Vec<L>,
}

/// Reads a table. `label` makes a label of a field, or none of a missing one; it gets no field where
/// the table is not `labelled`.
pub(super) fn read<F: Scalar, L>(
    csv: &Csv,
    data: &[u8],
    path: &str,
    labelled: bool,
    mut label: impl FnMut(Option<&Field<'_>>) -> Result<Option<L>, CsvError>,
) -> Result<Table<F, L>, CsvError> {
    let data = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
    let source = &Source { path, data };
    let mut records = ::csv::ReaderBuilder::new()
        .delimiter(csv.separator_byte()?)
        .has_headers(false)
        .flexible(true)
        .from_reader(data)
        .into_byte_records()
        .map(|record| record.map_err(|error| source.io(error)))
        .filter(|record| record.as_ref().map_or(true, |record| !is_blank(record)))
        .peekable();

    let first = match records.peek() {
        Some(Ok(first)) => first.clone(),
        // an error is returned in its turn, below
        _ => ::csv::ByteRecord::new(),
    };
    let columns = Columns::new(csv, source, &first, labelled)?;
    if csv.header != Some(false) {
        records.next().transpose()?;
    }

    let (mut values, mut labels) = (Vec::new(), Vec::new());
    let mut dropped = 0;
    for record in records {
        let record = record?;
        let start = start(&record);
        if record.len() != columns.names.len() {
            return Err(CsvError::FieldCount {
                path: path.to_owned(),
                line: source.line(start),
                found: record.len(),
                expected: columns.names.len(),
            });
        }
        let field = |column: usize| source.field(&record, start, column, &columns.names[column]);
        let row_begin = values.len();
        let mut complete = true;
        for &column in &columns.features {
            match feature(&field(column)?, csv.missing)? {
                Some(value) => values.push(value),
                None => complete = false,
            }
        }
        let field = columns.label.map(field).transpose()?;
        // the label of a row left out makes no class
        match if complete {
            label(field.as_ref())?
        } else {
            None
        } {
            Some(label) => labels.push(label),
            None => match field {
                Some(field) if csv.missing != Missing::DropRow => {
                    return Err(CsvError::MissingLabel {
                        at: field.place(),
                        text: field.excerpt(),
                    });
                }
                _ => {
                    values.truncate(row_begin);
                    dropped += 1;
                }
            },
        }
    }
    if labels.is_empty() {
        let path = path.to_owned();
        return Err(CsvError::NoRows { path, dropped });
    }
    Ok(Table {
        columns,
        values,
        labels,
    })
}

/// The value of a feature, NaN where it is to be imputed, none where its row is left out.
fn feature<F: Scalar>(field: &Field<'_>, missing: Missing) -> Result<Option<F>, CsvError> {
    if !is_missing(field.text) {
        return field.number().map(Some);
    }
    match missing {
        Missing::Mean | Missing::Median => Ok(Some(F::nan())),
        Missing::Constant(value) => Ok(Some(F::of(value))),
        Missing::DropRow => Ok(None),
        Missing::Refuse => Err(CsvError::Missing {
            at: field.place(),
            text: field.excerpt(),
        }),
    }
}
