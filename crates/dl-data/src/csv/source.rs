//! Where a field stands, for errors.

use std::borrow::Cow;

use dl_core::Scalar;

use super::{CsvError, Malformed, Place, numbers::Numbers, records::Raw};
use crate::text::excerpt;

/// The bytes of a table and what to call them.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Fit to be shown.
    pub(super) path: &'a str,
    pub(super) data: &'a [u8],
}

impl<'a> Source<'a> {
    /// The line of a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = &self.data[..at.min(self.data.len())];
        let line_feeds = before.iter().filter(|&&byte| byte == b'\n').count();
        let lone_returns = before
            .iter()
            .enumerate()
            .filter(|&(i, &byte)| byte == b'\r' && self.data.get(i + 1) != Some(&b'\n'));
        1 + line_feeds + lone_returns.count()
    }

    /// What breaks the rules of the format, at a byte, in a column from 0.
    pub(super) fn malformed(&self, at: usize, column: usize, problem: Malformed) -> CsvError {
        CsvError::Malformed {
            path: self.path.to_owned(),
            line: self.line(at),
            column: column + 1,
            problem,
        }
    }

    fn place(&self, at: usize, column: usize, name: &str) -> Place {
        Place {
            path: self.path.to_owned(),
            line: self.line(at),
            column: column + 1,
            name: excerpt(name),
        }
    }

    /// A field of a record, its column's name being `name`.
    pub(super) fn field<'f>(
        &'f self,
        record: &[Raw<'f>],
        column: usize,
        name: &'f str,
    ) -> Result<Field<'f>, CsvError> {
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        let raw = record[column];
        let text = str::from_utf8(raw.bytes).map_err(|_| CsvError::NotUtf8 {
            at: self.place(raw.start, column, name),
            text: excerpt(&String::from_utf8_lossy(raw.bytes)),
        })?;
        if raw.bytes.starts_with(BYTE_ORDER_MARK) {
            return Err(self.malformed(raw.start, column, Malformed::ByteOrderMark));
        }
        // in quotes, spaces are part of the text
        let text = if raw.is_quoted { text } else { text.trim() };
        Ok(Field {
            text: raw.unquoted(text),
            is_trailing: column + 1 == record.len() && raw.is_nothing,
            start: raw.start,
            source: self,
            column,
            name,
        })
    }
}

/// A field of a record, without the spaces around it.
pub(super) struct Field<'a> {
    pub(super) text: Cow<'a, str>,
    /// It is empty because a separator ends the line.
    pub(super) is_trailing: bool,
    start: usize,
    source: &'a Source<'a>,
    column: usize,
    name: &'a str,
}

impl Field<'_> {
    pub(super) fn place(&self) -> Place {
        self.source.place(self.start, self.column, self.name)
    }

    pub(super) fn excerpt(&self) -> String {
        excerpt(&self.text)
    }

    pub(super) fn number<F: Scalar>(&self, numbers: Numbers) -> Result<F, CsvError> {
        let number = numbers
            .parse(&self.text)
            .ok_or_else(|| CsvError::NotANumber {
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
