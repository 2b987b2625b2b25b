//! A file that grows by whole lines.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::partial::sync_folder;
use crate::regular::require_regular;
use crate::target::Target;

/// A text file to which whole lines are appended, by several threads or processes at a time. Its first line, the
/// header, says what the lines are.
///
/// A line is either completely in the file or not part of it: an appended line is synced before
/// [`append`](Self::append) returns, and what a killed program left of an unfinished one is no line, and is removed
/// before the next is appended. Each access holds an advisory lock of the operating system on the file; where the file
/// system does not support locks, only one process may append.
#[derive(Debug)]
pub struct LineLog {
    // a lock of the system holds between processes, this one between threads
    file: Mutex<File>,
    header: String,
}

/// Why a [`LineLog`] cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineLogError {
    /// The file cannot be opened or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file has another first line.
    #[error("its first line is not the header of this file")]
    Header {
        /// The first line of the file, without its end; all that there is if no line is complete.
        found: String,
    },
}

impl LineLog {
    /// Opens the file at `path` and reads its complete lines after the header. A file that is missing or empty gets
    /// the header; so does one in which a killed program left the beginning of it.
    ///
    /// # Errors
    /// [`LineLogError::Header`] for a file with another first line, which is left unchanged; [`LineLogError::Io`] if
    /// the path is not a regular file or is write-protected, if the file is not UTF-8, and for errors of the file
    /// system.
    ///
    /// # Panics
    /// If the header contains a line break.
    pub fn open(path: impl AsRef<Path>, header: &str) -> Result<(Self, Vec<String>), LineLogError> {
        assert!(!header.contains('\n'), "a header is a single line");
        let target = Target::resolve(path.as_ref())?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&target.path)?;
        require_regular(&file.metadata()?)?;
        let log = Self {
            file: Mutex::new(file),
            header: header.to_owned(),
        };
        let lines = log.locked(|file| log.read_lines(file))?;
        if target.existing.is_none() {
            sync_folder(&target.path)?;
        }
        Ok((log, lines))
    }

    /// Appends a line and syncs the file.
    ///
    /// # Errors
    /// Errors of the file system, after which the line may be missing.
    ///
    /// # Panics
    /// If the line contains a line break.
    pub fn append(&self, line: &str) -> io::Result<()> {
        assert!(!line.contains('\n'), "a line has no line break");
        self.locked(|file| {
            let end = end_of_lines(file)?;
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end))?;
            // emptied by someone else in the meantime: without its header it would be lost
            let header = if end == 0 { &self.header } else { "" };
            let separator = if end == 0 { "\n" } else { "" };
            // in one piece, so that as little as possible is ever unfinished
            file.write_all(format!("{header}{separator}{line}\n").as_bytes())?;
            file.sync_data()
        })
    }

    /// The lines after the header, which is written if it is missing.
    fn read_lines(&self, file: &mut File) -> Result<Vec<String>, LineLogError> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        let Some(last) = bytes.iter().rposition(|&byte| byte == b'\n') else {
            return self.write_header(file, &bytes);
        };
        let text = std::str::from_utf8(&bytes[..last])
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        let mut lines = text.split('\n').map(str::to_owned);
        match lines.next() {
            Some(first) if first == self.header => Ok(lines.collect()),
            first => Err(LineLogError::Header {
                found: first.unwrap_or_default(),
            }),
        }
    }

    /// Writes the header to a file that has no complete line, but `found`.
    fn write_header(&self, file: &mut File, found: &[u8]) -> Result<Vec<String>, LineLogError> {
        if !self.header.as_bytes().starts_with(found) {
            let found = String::from_utf8_lossy(found).into_owned();
            return Err(LineLogError::Header { found });
        }
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{}\n", self.header).as_bytes())?;
        file.sync_all()?;
        Ok(Vec::new())
    }

    /// Runs `access` while no other thread or process reads or writes the file.
    fn locked<T, E: From<io::Error>>(
        &self,
        access: impl FnOnce(&mut File) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match file.lock() {
            Err(error) if error.kind() != ErrorKind::Unsupported => return Err(error.into()),
            _ => {}
        }
        let result = access(&mut file);
        // closing the file would release it, too
        let _ = file.unlock();
        result
    }
}

/// Where the last complete line ends.
fn end_of_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut buffer = [0; 4096];
    while end > 0 {
        let start = end.saturating_sub(buffer.len() as u64);
        let piece = &mut buffer[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(piece)?;
        if let Some(last) = piece.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
