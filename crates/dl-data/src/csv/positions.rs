//! Where the records of a file begin, without holding the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::dialect::Dialect;

/// Longest record: an unclosed quote makes one of the rest of the file.
const LONGEST: u64 = 16 << 20;

/// Where each record that is not blank begins, the header first, and the length of the file.
pub(super) struct Positions {
    pub(super) starts: Vec<u64>,
    pub(super) length: u64,
}

/// Reads the file once.
pub(super) fn find(file: &File, dialect: Dialect) -> io::Result<Positions> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut starts = Vec::new();
    // of the record: where it begins, and whether there is anything in it
    let (mut start, mut is_blank) = (0, true);
    let (mut at, mut in_quotes) = (0_u64, false);
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        let read = bytes.len();
        for (&byte, at) in bytes.iter().zip(at..) {
            // a doubled quote ends the field and begins it again
            if Some(byte) == dialect.quote {
                in_quotes = !in_quotes;
            }
            if !in_quotes && matches!(byte, b'\n' | b'\r') {
                if !is_blank {
                    starts.push(start);
                }
                (start, is_blank) = (at + 1, true);
            } else if !dialect.is_space(byte) {
                is_blank = false;
            }
            if at.saturating_sub(start) > LONGEST {
                let problem = format!(
                    "the record that begins at byte {start} is longer than {LONGEST} bytes; a quote in it may never be \
                     closed"
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
        }
        at += read as u64;
        reader.consume(read);
    }
    if !is_blank {
        starts.push(start);
    }
    starts.shrink_to_fit();
    Ok(Positions { starts, length: at })
}

impl Positions {
    /// Appends a record, with the line end and the blank lines after it.
    pub(super) fn read(&self, file: &mut File, record: usize, to: &mut Vec<u8>) -> io::Result<()> {
        let start = self.starts[record];
        let end = self.starts.get(record + 1).copied().unwrap_or(self.length);
        file.seek(SeekFrom::Start(start))?;
        let before = to.len();
        file.take(end - start).read_to_end(to)?;
        if to.len() - before != (end - start) as usize {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file is shorter than when its records were counted",
            ));
        }
        Ok(())
    }

    /// Number of line feeds before a record.
    pub(super) fn line_feeds(&self, file: &mut File, record: usize) -> io::Result<usize> {
        file.rewind()?;
        let mut count = 0;
        let mut reader = BufReader::new(file.take(self.starts[record]));
        loop {
            let bytes = reader.fill_buf()?;
            if bytes.is_empty() {
                return Ok(count);
            }
            count += bytes.iter().filter(|&&byte| byte == b'\n').count();
            let read = bytes.len();
            reader.consume(read);
        }
    }
}
