//! From bytes to parsed rows: which columns there are, and where each field stands.

use dl_math::Scalar;

use super::{
    Column, Csv, CsvError, Missing, Place,
    error::{excerpt, listed},
    missing::is_missing,
};

/// A table read: features row by row with NaN for a value to impute, and a label for each row.
pub(super) struct Table<F, L> {
    pub(super) columns: Columns,
    pub(super) values: Vec<F>,
    pub(super) labels: Vec<L>,
}

/// Names of all columns, and which of them are what.
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) features: Vec<usize>,
    pub(super) label: usize,
}

/// A field of a record, trimmed.
pub(super) struct Field<'a> {
    pub(super) text: &'a str,
    source: &'a Source<'a>,
    start: u64,
    column: usize,
    name: &'a str,
}

impl Field<'_> {
    pub(super) fn place(&self) -> Place {
        self.source.place(self.start, self.column, self.name)
    }

    pub(super) fn excerpt(&self) -> String {
        excerpt(self.text)
    }

    pub(super) fn number<F: Scalar>(&self) -> Result<F, CsvError> {
        let number: f64 = self.text.parse().map_err(|_| CsvError::NotANumber {
            at: self.place(),
            text: self.excerpt(),
        })?;
        let number = F::of(number);
        if !number.is_finite() {
            return Err(CsvError::NotFinite {
                at: self.place(),
                text: self.excerpt(),
                scalar: F::NAME,
            });
        }
        Ok(number)
    }
}

/// Reads a table. `label` makes a label of a field, or none of a missing one.
pub(super) fn read<F: Scalar, L>(
    csv: &Csv,
    data: &[u8],
    path: &str,
    mut label: impl FnMut(&Field<'_>) -> Result<Option<L>, CsvError>,
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
    let columns = columns(csv, source, &first)?;
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
        let field = field(columns.label)?;
        // the label of a row left out makes no class
        match if complete { label(&field)? } else { None } {
            Some(label) => labels.push(label),
            None if csv.missing == Missing::DropRow => {
                values.truncate(row_begin);
                dropped += 1;
            }
            None => {
                return Err(CsvError::MissingLabel {
                    at: field.place(),
                    text: field.excerpt(),
                });
            }
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

/// Finds out from the first record which columns there are.
fn columns(csv: &Csv, source: &Source<'_>, first: &::csv::ByteRecord) -> Result<Columns, CsvError> {
    let path = source.path.to_owned();
    if first.is_empty() {
        return Err(CsvError::NoRows { path, dropped: 0 });
    }
    let made_up = |column: usize| format!("x{column}");
    let names: Vec<String> = match csv.header {
        Some(false) => (0..first.len()).map(made_up).collect(),
        _ => (0..first.len())
            .map(|column| {
                let name = made_up(column);
                let field = source.field(first, start(first), column, &name)?;
                Ok(field.text.to_owned())
            })
            .collect::<Result<_, CsvError>>()?,
    };
    let find = |column: &Column| source.find(column, &names, csv.header != Some(false));
    let label = match &csv.label {
        Some(label) => find(label)?,
        None => names.len() - 1,
    };
    let ignored: Vec<usize> = csv.ignored.iter().map(find).collect::<Result<_, _>>()?;
    let is_feature = |column: &usize| *column != label && !ignored.contains(column);
    let features: Vec<usize> = (0..names.len()).filter(is_feature).collect();
    if features.is_empty() {
        let label = excerpt(&names[label]);
        return Err(CsvError::NoFeatures { path, label });
    }
    if csv.header.is_none() && features.iter().all(|&f| names[f].parse::<f64>().is_ok()) {
        return Err(CsvError::HeaderIsData {
            path,
            line: source.line(start(first)),
            names: listed(
                &features
                    .iter()
                    .map(|&f| names[f].clone())
                    .collect::<Vec<_>>(),
            ),
        });
    }
    Ok(Columns {
        names,
        features,
        label,
    })
}

/// The bytes of a table and what to call them.
struct Source<'a> {
    path: &'a str,
    data: &'a [u8],
}

impl Source<'_> {
    fn io(&self, error: ::csv::Error) -> CsvError {
        CsvError::Io {
            path: self.path.to_owned(),
            source: error.into(),
        }
    }

    /// The line of the first record that begins at or after a byte: line ends there are those
    /// of blank lines before it.
    fn line(&self, start: u64) -> usize {
        let is_line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let start = usize::try_from(start).map_or(self.data.len(), |s| s.min(self.data.len()));
        let blank = self.data[start..]
            .iter()
            .take_while(|b| is_line_end(b))
            .count();
        let before = &self.data[..start + blank];
        let line_feeds = before.iter().filter(|&&byte| byte == b'\n').count();
        let lone_returns = before
            .iter()
            .enumerate()
            .filter(|&(i, &byte)| byte == b'\r' && before.get(i + 1) != Some(&b'\n'));
        1 + line_feeds + lone_returns.count()
    }

    fn place(&self, start: u64, column: usize, name: &str) -> Place {
        Place {
            path: self.path.to_owned(),
            line: self.line(start),
            column: column + 1,
            name: excerpt(name),
        }
    }

    fn field<'a>(
        &'a self,
        record: &'a ::csv::ByteRecord,
        start: u64,
        column: usize,
        name: &'a str,
    ) -> Result<Field<'a>, CsvError> {
        let bytes = &record[column];
        let text = str::from_utf8(bytes).map_err(|_| CsvError::NotUtf8 {
            at: self.place(start, column, name),
            text: excerpt(&String::from_utf8_lossy(bytes)),
        })?;
        Ok(Field {
            text: text.trim(),
            source: self,
            start,
            column,
            name,
        })
    }

    fn find(&self, column: &Column, names: &[String], header: bool) -> Result<usize, CsvError> {
        let path = self.path.to_owned();
        let no_such_column = |column: String| CsvError::NoSuchColumn {
            path: self.path.to_owned(),
            column,
            columns: listed(names),
        };
        match column {
            Column::Number(number) if *number < names.len() => Ok(*number),
            Column::Number(number) => Err(no_such_column(format!("number {number} (from 0)"))),
            Column::Name(name) if !header => Err(CsvError::NoHeader {
                path,
                name: name.clone(),
            }),
            Column::Name(name) => {
                let mut found = (0..names.len()).filter(|&column| names[column] == *name);
                let first = found
                    .next()
                    .ok_or_else(|| no_such_column(format!("{name:?}")))?;
                match found.next() {
                    None => Ok(first),
                    Some(second) => Err(CsvError::AmbiguousColumn {
                        path,
                        name: name.clone(),
                        first: first + 1,
                        second: second + 1,
                    }),
                }
            }
        }
    }
}

fn start(record: &::csv::ByteRecord) -> u64 {
    record.position().map_or(0, ::csv::Position::byte)
}

/// A line of spaces only; the reader leaves out empty ones itself.
fn is_blank(record: &::csv::ByteRecord) -> bool {
    record.len() == 1 && record[0].trim_ascii().is_empty()
}
