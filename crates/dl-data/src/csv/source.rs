//! Where a field stands, for errors.

use dl_core::Scalar;

use super::{CsvError, Place, error::excerpt};

/// The bytes of a table and what to call them.
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) data: &'a [u8],
}

impl Source<'_> {
    pub(super) fn io(&self, error: ::csv::Error) -> CsvError {
        CsvError::Io {
            path: self.path.to_owned(),
            source: error.into(),
        }
    }

    /// The line of the first record that begins at or after a byte: line ends there are those
    /// of blank lines before it.
    pub(super) fn line(&self, start: u64) -> usize {
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

    /// A field of a record that begins at a byte.
    pub(super) fn field<'a>(
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

/// The byte at which a record begins.
pub(super) fn start(record: &::csv::ByteRecord) -> u64 {
    record.position().map_or(0, ::csv::Position::byte)
}

/// A line of spaces only; the reader leaves out empty ones itself.
pub(super) fn is_blank(record: &::csv::ByteRecord) -> bool {
    record.len() == 1 && record[0].trim_ascii().is_empty()
}
