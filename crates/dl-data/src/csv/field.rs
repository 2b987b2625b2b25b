//! The text of a field, and what it stands for.

use std::borrow::Cow;

use dl_core::Scalar;

use super::{
    CellLocation, CsvError, Malformed, number_format::NumberFormat, records::Raw, source::Source,
};
use crate::text::excerpt;

/// A field of a record, without surrounding spaces.
pub(super) struct Field<'a> {
    pub(super) text: Cow<'a, str>,
    /// It is empty because the line ends with a separator.
    pub(super) is_trailing: bool,
    start: usize,
    source: &'a Source<'a>,
    column: usize,
    name: &'a str,
}

impl Source<'_> {
    /// The text of a field in the column named `name`.
    pub(super) fn field<'f>(
        &'f self,
        record: &[Raw<'f>],
        column: usize,
        name: &'f str,
    ) -> Result<Field<'f>, CsvError> {
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        let raw = record[column];
        let text = str::from_utf8(raw.bytes).map_err(|_| CsvError::NotUtf8 {
            at: self.location(raw.start, column, name),
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

impl Field<'_> {
    pub(super) fn location(&self) -> CellLocation {
        self.source.location(self.start, self.column, self.name)
    }

    /// Where it begins in the file.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn excerpt(&self) -> String {
        excerpt(&self.text)
    }

    pub(super) fn number<F: Scalar>(&self, number_format: NumberFormat) -> Result<F, CsvError> {
        let number = number_format
            .parse(&self.text)
            .ok_or_else(|| CsvError::NotANumber {
                at: self.location(),
                text: self.excerpt(),
            })?;
        let number = F::cast(number);
        if !number.is_finite() {
            return Err(CsvError::NotFinite {
                at: self.location(),
                text: self.excerpt(),
                scalar: F::NAME,
            });
        }
        Ok(number)
    }
}
