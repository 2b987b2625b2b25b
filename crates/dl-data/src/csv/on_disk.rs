//! A table that stays in its file.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use dl_core::text::shown_path;

use super::{Csv, CsvError, dialect::Dialect, positions::Positions};
use crate::{Table, TableError};

/// A CSV file whose rows are read by their positions, for tables larger than memory: [`Csv::open`].
///
/// Opening reads the file once, and keeps eight bytes for each row.
///
/// ```
/// use dl_data::Csv;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("people.csv");
/// # std::fs::write(&path, "age,city\n31,Oslo\n,Rome\n45,Oslo\n")?;
/// let people = Csv::new().open(&path)?;
/// assert_eq!(people.len(), 3);
/// assert_eq!(people.read(&[2, 0])?.numbers("age")?, [45.0, 31.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvFile {
    csv: Csv,
    path: String,
    file: Mutex<File>,
    positions: Positions,
}

impl std::fmt::Debug for Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Positions")
            .field("records", &self.starts.len())
            .field("length", &self.length)
            .finish()
    }
}

impl Csv {
    /// Opens the file at `path`, whose rows are read when they are asked for. It must have a header, and neither comments
    /// nor rows to drop; what is in the rows is checked when they are read.
    ///
    /// # Errors
    /// A file that cannot be read; no rows; settings that do not go together.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<CsvFile, CsvError> {
        open(self, path.as_ref())
    }
}

fn open(csv: &Csv, path: &Path) -> Result<CsvFile, CsvError> {
    for (is_set, setting) in [
        (csv.header == Some(false), "a table without a header"),
        (csv.comment.is_some(), "comments"),
        (csv.drop_missing, "dropping rows"),
    ] {
        if is_set {
            return Err(CsvError::Contradiction {
                first: "reading rows by position".to_owned(),
                second: setting.to_owned(),
            });
        }
    }
    let dialect = Dialect::new(csv)?;
    let path_shown = shown_path(path);
    let failed = |source| CsvError::Io {
        path: path_shown.clone(),
        source,
    };
    let file = dl_fs::open(path).map_err(failed)?;
    let positions = super::positions::find(&file, dialect).map_err(failed)?;
    if positions.starts.len() < 2 {
        return Err(CsvError::NoRows {
            path: path_shown,
            dropped: 0,
        });
    }
    Ok(CsvFile {
        csv: csv.clone(),
        path: path_shown,
        file: Mutex::new(file),
        positions,
    })
}

impl CsvFile {
    /// Number of rows, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a table is never empty")]
    pub fn len(&self) -> usize {
        self.positions.starts.len() - 1
    }

    /// Reads the rows of these numbers, from 0, in this order. The kinds of columns are those of these rows, unless they
    /// are [said](Csv::numbers).
    ///
    /// # Errors
    /// A row that does not exist; no rows; anything wrong with them, with its location in the file.
    pub fn read(&self, rows: &[usize]) -> Result<Table, CsvError> {
        self.read_as(&self.csv, rows)
    }

    /// Reads rows with other settings.
    pub(crate) fn read_as(&self, csv: &Csv, rows: &[usize]) -> Result<Table, CsvError> {
        crate::check::check_rows(rows, self.len()).map_err(|source| self.invalid(source.into()))?;
        let mut text = Vec::new();
        self.append(0, &mut text)?;
        end_line(&mut text);
        for &row in rows {
            self.append(row + 1, &mut text)?;
            end_line(&mut text);
        }
        let table = csv.read_table(&text[..], &self.path);
        table.map_err(|error| match error {
            CsvError::Io { .. } => error,
            _ => self.located(csv, rows, error),
        })
    }

    /// The settings to read it with.
    pub(crate) fn csv(&self) -> &Csv {
        &self.csv
    }

    /// An error of a table from this file.
    pub(crate) fn invalid(&self, source: TableError) -> CsvError {
        CsvError::Table {
            path: self.path.clone(),
            source,
        }
    }

    /// The error with its line in the file: that of the first row that gives one alone, read after as many blank lines as
    /// there are lines before it.
    fn located(&self, csv: &Csv, rows: &[usize], error: CsvError) -> CsvError {
        for &row in rows {
            let mut text = Vec::new();
            let read = self.append(0, &mut text).and_then(|()| {
                end_line(&mut text);
                let before = text.iter().filter(|&&byte| byte == b'\n').count();
                let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
                let lines = self.positions.line_feeds(&mut file, row + 1);
                let lines = lines.map_err(|source| self.failed(source))?;
                drop(file);
                text.resize(text.len() + lines.saturating_sub(before), b'\n');
                self.append(row + 1, &mut text)
            });
            if let Err(error) = read.and_then(|()| csv.read_table(&text[..], &self.path)) {
                return error;
            }
        }
        error
    }

    fn append(&self, record: usize, text: &mut Vec<u8>) -> Result<(), CsvError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.positions.read(&mut file, record, text);
        read.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> CsvError {
        let path = self.path.clone();
        CsvError::Io { path, source }
    }
}

/// The last record of a file may have no line end.
fn end_line(text: &mut Vec<u8>) {
    if !text.ends_with(b"\n") && !text.ends_with(b"\r") {
        text.push(b'\n');
    }
}
