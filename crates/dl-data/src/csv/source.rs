//! The bytes of a table, and where things are in them, for errors.

use super::{CellLocation, CsvError, Malformed};
use crate::text::excerpt;

/// The bytes of a table and its name.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Escaped for display.
    pub(super) path: &'a str,
    pub(super) data: &'a [u8],
}

impl<'a> Source<'a> {
    /// The line that contains a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = &self.data[..at.min(self.data.len())];
        let line_feeds = before.iter().filter(|&&byte| byte == b'\n').count();
        let lone_returns = before
            .iter()
            .enumerate()
            .filter(|&(i, &byte)| byte == b'\r' && self.data.get(i + 1) != Some(&b'\n'));
        1 + line_feeds + lone_returns.count()
    }

    /// A violation of the format at a byte, in a column from 0.
    pub(super) fn malformed(&self, at: usize, column: usize, problem: Malformed) -> CsvError {
        CsvError::Malformed {
            path: self.path.to_owned(),
            line: self.line(at),
            column: column + 1,
            problem,
        }
    }

    pub(super) fn location(&self, at: usize, column: usize, name: &str) -> CellLocation {
        CellLocation {
            path: self.path.to_owned(),
            line: self.line(at),
            column: column + 1,
            name: excerpt(name),
        }
    }
}
