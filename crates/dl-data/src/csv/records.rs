//! Splits bytes into fields by the rules of RFC 4180.

use std::borrow::Cow;

use super::{
    CsvError, Malformed,
    dialect::{Dialect, Separator},
    source::Source,
};

/// A field as it is in the file.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a> {
    /// The bytes between the quotes, or between the separators without surrounding spaces.
    pub(super) bytes: &'a [u8],
    /// Where it begins.
    pub(super) start: usize,
    pub(super) is_quoted: bool,
    /// Nothing, not even a space, is between two separators or between the last one and the line end.
    pub(super) is_nothing: bool,
    /// The quote, if it occurs doubled in the field.
    doubled: Option<u8>,
}

impl Raw<'_> {
    /// Its text, or a part of it, with doubled quotes made single.
    pub(super) fn unquoted<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.doubled.map(char::from) {
            Some(quote) => text
                .replace(&format!("{quote}{quote}"), &quote.to_string())
                .into(),
            None => text.into(),
        }
    }
}

/// Reads the records of a table, skipping comments and blank lines.
pub(super) struct Records<'a> {
    source: Source<'a>,
    dialect: Dialect,
    /// Bytes that end an unquoted field or are not allowed in one.
    stops: [bool; 256],
    /// Maximum number of fields in a record.
    max: usize,
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(source: Source<'a>, dialect: Dialect) -> Self {
        let mut stops = [false; 256];
        for stop in [0, b'\n', b'\r']
            .into_iter()
            .chain(dialect.quote)
            .chain(dialect.comment)
        {
            stops[usize::from(stop)] = true;
        }
        match dialect.separator {
            Separator::Byte(byte) => stops[usize::from(byte)] = true,
            Separator::Whitespace => [b' ', b'\t']
                .iter()
                .for_each(|&s| stops[usize::from(s)] = true),
        }
        // memory per field of the first line besides its text, which may be empty: the field and a copy, the
        // column's name, its entry in the lookup, and its role
        const FIELD: u64 = 256;
        let budget = dl_fs::Budget::for_file(source.data.len() as u64);
        Self {
            source,
            dialect,
            stops,
            max: usize::try_from(budget.memory() / FIELD).unwrap_or(usize::MAX),
            at: 0,
        }
    }

    /// Reads the fields of the next record. `false` at the end.
    pub(super) fn read(&mut self, fields: &mut Vec<Raw<'a>>) -> Result<bool, CsvError> {
        fields.clear();
        loop {
            self.skip_spaces();
            match self.next_byte() {
                None => return Ok(false),
                Some(b'\n' | b'\r') => self.at += 1,
                Some(byte) if Some(byte) == self.dialect.comment => self.skip_comment(),
                Some(_) => break,
            }
        }
        loop {
            if fields.len() == self.max {
                return Err(CsvError::TooManyFields {
                    path: self.source.path.to_owned(),
                    line: self.source.line(self.at),
                    max: self.max,
                });
            }
            fields.push(self.field(fields.len())?);
            match self.dialect.separator {
                Separator::Byte(separator) if self.next_byte() == Some(separator) => {
                    self.at += 1;
                    self.skip_spaces();
                }
                Separator::Whitespace if !self.is_line_end() => {}
                _ => break,
            }
        }
        if self.next_byte() == self.dialect.comment && self.dialect.comment.is_some() {
            self.skip_comment();
        }
        // at a line end, which the next record skips, or at the end of the file
        Ok(true)
    }

    /// Reads a field and the spaces after it.
    fn field(&mut self, column: usize) -> Result<Raw<'a>, CsvError> {
        let data = self.source.data;
        if let Some(quote) = self.dialect.quote
            && self.next_byte() == Some(quote)
        {
            return self.quoted(quote, column);
        }
        let start = self.at;
        let is_spaced = start > 0 && self.dialect.is_space(data[start - 1]);
        let rest = &data[start..];
        let stop = rest.iter().position(|&byte| self.stops[usize::from(byte)]);
        self.at += stop.unwrap_or(rest.len());
        let malformed = |problem| Err(self.source.malformed(self.at, column, problem));
        match self.next_byte() {
            Some(0) => return malformed(Malformed::NulByte),
            byte if byte.is_some() && byte == self.dialect.quote => {
                return malformed(Malformed::QuoteInField);
            }
            _ => {}
        }
        let mut bytes = &data[start..self.at];
        while let [before @ .., last] = bytes
            && self.dialect.is_space(*last)
        {
            bytes = before;
        }
        self.skip_spaces();
        Ok(Raw {
            bytes,
            start,
            is_quoted: false,
            is_nothing: bytes.is_empty() && !is_spaced,
            doubled: None,
        })
    }

    fn quoted(&mut self, quote: u8, column: usize) -> Result<Raw<'a>, CsvError> {
        let data = self.source.data;
        let opening = self.at;
        let malformed = |at, problem| Err(self.source.malformed(at, column, problem));
        let start = opening + 1;
        let mut end = start;
        let mut doubled = None;
        loop {
            match data[end..]
                .iter()
                .position(|&byte| byte == quote || byte == 0)
            {
                None => return malformed(opening, Malformed::UnclosedQuote),
                Some(step) => end += step,
            }
            if data[end] == 0 {
                return malformed(end, Malformed::NulByte);
            }
            if data.get(end + 1) != Some(&quote) {
                break;
            }
            doubled = Some(quote);
            end += 2;
        }
        self.at = end + 1;
        self.skip_spaces();
        let is_separated = match self.dialect.separator {
            Separator::Byte(separator) => self.next_byte() == Some(separator),
            Separator::Whitespace => self.at > end + 1,
        };
        if !is_separated && !self.is_line_end() {
            let opened = self.source.line(opening);
            return Err(self.source.malformed(
                self.at,
                column,
                Malformed::TextAfterQuote { opened },
            ));
        }
        Ok(Raw {
            bytes: &data[start..end],
            start: opening,
            is_quoted: true,
            is_nothing: false,
            doubled,
        })
    }

    fn next_byte(&self) -> Option<u8> {
        self.source.data.get(self.at).copied()
    }

    /// At the end of the line, ignoring a comment, or of the file.
    fn is_line_end(&self) -> bool {
        match self.next_byte() {
            None | Some(b'\n' | b'\r') => true,
            byte => byte == self.dialect.comment,
        }
    }

    fn skip_spaces(&mut self) {
        while self
            .next_byte()
            .is_some_and(|byte| self.dialect.is_space(byte))
        {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        let rest = &self.source.data[self.at..];
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.at += end.unwrap_or(rest.len());
    }
}
