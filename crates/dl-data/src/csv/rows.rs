//! From text to numbers, row by row.

use std::io::Read;

use dl_math::Scalar;
use ndarray::Array2;

use super::Csv;
use super::error::{ColumnPlace, CsvError, CsvErrorKind, excerpt};
use super::layout::Layout;
use super::missing::{self, Missing, is_missing};

/// The name of what is read, for errors.
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
}

impl Source<'_> {
    pub(super) fn error(&self, kind: impl Into<CsvErrorKind>) -> CsvError {
        self.error_at(None, None, kind)
    }

    fn error_at(
        &self,
        line: Option<usize>,
        column: Option<ColumnPlace>,
        kind: impl Into<CsvErrorKind>,
    ) -> CsvError {
        CsvError {
            source_name: self.name.to_owned(),
            line,
            column,
            kind: kind.into(),
        }
    }
}

/// What is in a table: features, and one label or target a row.
pub(super) struct Table<F, T> {
    pub(super) features: Array2<F>,
    pub(super) targets: Vec<T>,
    pub(super) feature_names: Vec<String>,
    pub(super) label_name: String,
}

/// Reads all rows; `target` reads a label or target, `None` where it is missing.
pub(super) fn read_rows<F: Scalar, T>(
    csv: &Csv,
    mut reader: impl Read,
    source: &Source<'_>,
    mut target: impl FnMut(&str) -> Result<Option<T>, CsvErrorKind>,
) -> Result<Table<F, T>, CsvError> {
    check_options::<F>(csv).map_err(|kind| source.error(kind))?;
    let mut bytes = Vec::new();
    reader
        .read_to_end(&mut bytes)
        .map_err(|error| source.error(error))?;
    let text = decode(&bytes, source)?;
    let mut records = Records::new(text, csv.separator);
    if !records.next() {
        return Err(source.error(CsvErrorKind::NoRows));
    }
    let layout = Layout::new(csv, &records.record)
        .map_err(|(column, kind)| source.error_at(Some(records.line), column, kind))?;

    let (mut values, mut targets, mut dropped) = (Vec::new(), Vec::new(), 0);
    let mut more = !layout.header || records.next();
    while more {
        let fault = |column: Option<usize>, kind| {
            source.error_at(
                Some(records.line),
                column.map(|column| layout.place(column)),
                kind,
            )
        };
        let (found, expected) = (records.record.len(), layout.names.len());
        if found != expected {
            return Err(fault(None, CsvErrorKind::Columns { found, expected }));
        }
        let complete = values.len();
        let mut keep = true;
        for &column in &layout.features {
            let text = records.field(column);
            match (
                number::<F>(text).map_err(|kind| fault(Some(column), kind))?,
                csv.missing,
            ) {
                (Some(value), _) => values.push(value),
                (None, Missing::Refuse) => {
                    return Err(fault(
                        Some(column),
                        CsvErrorKind::Missing {
                            text: text.to_owned(),
                        },
                    ));
                }
                (None, Missing::DropRow) => keep = false,
                (None, _) => values.push(F::nan()),
            }
        }
        let text = records.field(layout.label);
        if keep {
            match target(text).map_err(|kind| fault(Some(layout.label), kind))? {
                Some(target) => targets.push(target),
                None if csv.missing == Missing::DropRow => keep = false,
                None => {
                    let kind = CsvErrorKind::MissingLabel {
                        text: text.to_owned(),
                    };
                    return Err(fault(Some(layout.label), kind));
                }
            }
        }
        if !keep {
            values.truncate(complete);
            dropped += 1;
        }
        more = records.next();
    }

    if targets.is_empty() {
        let kind = if dropped > 0 {
            CsvErrorKind::AllDropped(dropped)
        } else {
            CsvErrorKind::NoRows
        };
        return Err(source.error(kind));
    }
    let mut features = Array2::from_shape_vec((targets.len(), layout.features.len()), values)
        .expect("one value for each row and feature");
    missing::fill(csv.missing, &mut features).map_err(|feature| {
        let column = layout.place(layout.features[feature]);
        source.error_at(None, Some(column), CsvErrorKind::AllMissing)
    })?;
    Ok(Table {
        features,
        targets,
        feature_names: layout
            .features
            .iter()
            .map(|&column| layout.names[column].clone())
            .collect(),
        label_name: layout.names[layout.label].clone(),
    })
}

/// A field as a number; `None` where it stands for a missing value.
pub(super) fn number<F: Scalar>(text: &str) -> Result<Option<F>, CsvErrorKind> {
    if is_missing(text) {
        return Ok(None);
    }
    match text.parse::<f64>().map(F::of) {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        Ok(_) => Err(CsvErrorKind::NotFinite {
            text: excerpt(text),
            scalar: F::NAME,
        }),
        Err(_) => Err(CsvErrorKind::NotANumber {
            text: excerpt(text),
        }),
    }
}

fn check_options<F: Scalar>(csv: &Csv) -> Result<(), CsvErrorKind> {
    if !csv.separator.is_ascii() || matches!(csv.separator, '"' | '\r' | '\n') {
        return Err(CsvErrorKind::Separator(csv.separator));
    }
    match csv.missing {
        Missing::Constant(value) if !F::of(value).is_finite() => Err(CsvErrorKind::Constant(value)),
        _ => Ok(()),
    }
}

/// The bytes as text, without a byte order mark.
fn decode<'a>(bytes: &'a [u8], source: &Source<'_>) -> Result<&'a str, CsvError> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let byte = error.valid_up_to();
            let line = 1 + line_ends(&bytes[..byte]);
            let kind = CsvErrorKind::NotUtf8 {
                byte,
                value: bytes[byte],
            };
            Err(source.error_at(Some(line), None, kind))
        }
    }
}

/// LF, CR or both together end a line.
fn line_ends(text: &[u8]) -> usize {
    let ends = |(place, &byte): (usize, &u8)| {
        byte == b'\n' || (byte == b'\r' && text.get(place + 1) != Some(&b'\n'))
    };
    text.iter().enumerate().filter(|&byte| ends(byte)).count()
}

/// The records of a text that are not blank, each with the line on which it begins.
struct Records<'a> {
    text: &'a [u8],
    reader: ::csv::Reader<&'a [u8]>,
    record: ::csv::StringRecord,
    /// How far lines are counted.
    counted: usize,
    line: usize,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: char) -> Self {
        let reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator as u8)
            .from_reader(text.as_bytes());
        let record = ::csv::StringRecord::new();
        Self {
            text: text.as_bytes(),
            reader,
            record,
            counted: 0,
            line: 1,
        }
    }

    /// Goes to the next record that is not blank, if there is one.
    fn next(&mut self) -> bool {
        loop {
            // csv gives the place where it began to look, before any line ends that it skips
            let from = self.reader.position().byte() as usize;
            let read = self.reader.read_record(&mut self.record);
            if !read.expect("UTF-8 in memory, records of any length") {
                return false;
            }
            let skipped = self.text[from..]
                .iter()
                .take_while(|&&b| b == b'\r' || b == b'\n')
                .count();
            self.line += line_ends(&self.text[self.counted..from + skipped]);
            self.counted = from + skipped;
            if self.record.len() > 1 || !self.field(0).is_empty() {
                return true;
            }
        }
    }

    /// A field without the spaces around it.
    fn field(&self, column: usize) -> &str {
        self.record[column].trim()
    }
}
