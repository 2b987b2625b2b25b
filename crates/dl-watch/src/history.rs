//! Learning curves as CSV and JSON.
//!
//! Numbers are written in the shortest form that reads back as the same number, so histories survive a round trip
//! bit for bit. Files are written atomically ([`dl_fs::write_atomically`]), and only regular files are read.
//! Reading takes a few times the file's size in memory: the shortest epoch is 14 bytes of CSV and about a hundred
//! in memory.

use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use dl_core::text::{excerpt, shortened, shown, shown_path};
use dl_fs::write_atomically;
use dl_nn::train::{Epoch, Evaluation, History};

/// The columns of a CSV history. Cells are empty where there is no value.
pub const COLUMNS: [&str; 9] = [
    "epoch",
    "train_loss",
    "train_accuracy",
    "train_samples",
    "validation_loss",
    "validation_accuracy",
    "validation_samples",
    "learning_rate",
    "seconds",
];

/// Why a history could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file could not be written or read.
    #[error("{}: {source}", shown_path(path))]
    Io {
        /// The path as given.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// An invalid line.
    #[error("{}, line {line}: {}", shown_path(path), shown(problem))]
    Line {
        /// The path as given.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The problem.
        problem: String,
    },
    /// A NaN or an infinity, which JSON, unlike CSV, cannot represent.
    #[error(
        "{}: the {what} of epoch {epoch} is {value}, which JSON cannot represent",
        shown_path(path)
    )]
    NotFinite {
        /// The path as given.
        path: PathBuf,
        /// The name of the value, as in [`COLUMNS`].
        what: &'static str,
        /// The epoch, from 0.
        epoch: usize,
        /// The value.
        value: f64,
    },
}

impl HistoryError {
    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    fn line(path: &Path, line: u64, problem: impl ToString) -> Self {
        Self::Line {
            path: path.to_owned(),
            line,
            problem: problem.to_string(),
        }
    }
}

/// Writes one epoch per line under a header of [`COLUMNS`]. The reason why training stopped is only kept by
/// [`write_json`].
///
/// # Errors
/// [`HistoryError::Io`] if the file cannot be written.
pub fn write_csv(path: impl AsRef<Path>, history: &History) -> Result<(), HistoryError> {
    write_lines(path.as_ref(), history)
}

fn write_lines(path: &Path, history: &History) -> Result<(), HistoryError> {
    let written = write_atomically(path, |out| {
        writeln!(out, "{}", COLUMNS.join(","))?;
        for epoch in &history.epochs {
            writeln!(out, "{}", cells(epoch).join(","))?;
        }
        Ok(())
    });
    written.map_err(HistoryError::io(path))
}

/// Reads exactly what [`write_csv`] writes: cells are numbers without quotes, each line is an epoch, and the last
/// line must end with a line ending, since otherwise a file truncated within a number would be misread. Lines may
/// end with `\r\n`.
///
/// # Errors
/// [`HistoryError`] if the file cannot be read, its header is not [`COLUMNS`], or a line does not contain these
/// values.
pub fn read_csv(path: impl AsRef<Path>) -> Result<History, HistoryError> {
    read_lines(path.as_ref())
}

fn read_lines(path: &Path) -> Result<History, HistoryError> {
    let bytes = dl_fs::read(path).map_err(HistoryError::io(path))?;
    let mut history = History::default();
    for (number, line) in (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n')) {
        let problem = |problem: String| HistoryError::line(path, number, problem);
        let cells = cells_of(line).map_err(problem)?;
        match number {
            1 => require_header(&cells).map_err(problem)?,
            _ => history.epochs.push(epoch(&cells).map_err(problem)?),
        }
    }
    if bytes.is_empty() {
        let problem = format!(
            "the file is empty; its first line must be `{}`",
            COLUMNS.join(",")
        );
        return Err(HistoryError::line(path, 1, problem));
    }
    Ok(history)
}

/// The cells of a line, which includes its line ending.
fn cells_of(line: &[u8]) -> Result<Vec<&str>, String> {
    let line = str::from_utf8(line).map_err(|_| "not UTF-8")?;
    let cells = line
        .strip_suffix('\n')
        .ok_or("the file ends within this line, so it may be truncated")?;
    Ok(cells
        .strip_suffix('\r')
        .unwrap_or(cells)
        .split(',')
        .collect())
}

/// Writes the history as JSON, as serde serialises [`History`].
///
/// # Errors
/// [`HistoryError::NotFinite`] if a value is NaN or infinite; [`HistoryError::Io`] if the file cannot be written.
pub fn write_json(path: impl AsRef<Path>, history: &History) -> Result<(), HistoryError> {
    write_object(path.as_ref(), history)
}

fn write_object(path: &Path, history: &History) -> Result<(), HistoryError> {
    for epoch in &history.epochs {
        if let Some((what, value)) = values(epoch).find(|(_, value)| !value.is_finite()) {
            return Err(HistoryError::NotFinite {
                path: path.to_owned(),
                what,
                epoch: epoch.epoch,
                value,
            });
        }
    }
    let written = write_atomically(path, |out| {
        serde_json::to_writer_pretty(out, history).map_err(io::Error::from)
    });
    written.map_err(HistoryError::io(path))
}

/// Reads a history written by [`write_json`].
///
/// # Errors
/// [`HistoryError`] if the file cannot be read or is not a history in JSON.
pub fn read_json(path: impl AsRef<Path>) -> Result<History, HistoryError> {
    read_object(path.as_ref())
}

fn read_object(path: &Path) -> Result<History, HistoryError> {
    let file = dl_fs::open(path).map_err(HistoryError::io(path))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| {
        let line = error.line() as u64;
        match error.io_error_kind() {
            Some(_) => HistoryError::io(path)(error.into()),
            None => HistoryError::line(path, line.max(1), error),
        }
    })
}

fn cells(epoch: &Epoch) -> [String; 9] {
    // with an exponent if a number is very small or large
    let number = |value: Option<f64>| value.map(|value| format!("{value:?}")).unwrap_or_default();
    let validation = epoch.validation.as_ref();
    let samples = validation.map(|v| v.samples.to_string());
    [
        epoch.epoch.to_string(),
        number(Some(epoch.train.loss)),
        number(epoch.train.accuracy),
        epoch.train.samples.to_string(),
        number(validation.map(|v| v.loss)),
        number(validation.and_then(|v| v.accuracy)),
        samples.unwrap_or_default(),
        number(Some(epoch.learning_rate)),
        number(Some(epoch.seconds)),
    ]
}

/// The floating-point values of an epoch by name.
fn values(epoch: &Epoch) -> impl Iterator<Item = (&'static str, f64)> {
    let validation = epoch.validation.as_ref();
    [
        ("train_loss", Some(epoch.train.loss)),
        ("train_accuracy", epoch.train.accuracy),
        ("validation_loss", validation.map(|v| v.loss)),
        ("validation_accuracy", validation.and_then(|v| v.accuracy)),
        ("learning_rate", Some(epoch.learning_rate)),
        ("seconds", Some(epoch.seconds)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

fn require_header(cells: &[&str]) -> Result<(), String> {
    if cells == COLUMNS {
        return Ok(());
    }
    let (found, expected) = (cells.join(","), COLUMNS.join(","));
    let found = shortened(&found, 2 * expected.len());
    Err(format!("the header is `{found}`, expected `{expected}`"))
}

fn epoch(record: &[&str]) -> Result<Epoch, String> {
    if record.len() != COLUMNS.len() {
        return Err(format!(
            "{} fields, expected {}",
            record.len(),
            COLUMNS.len()
        ));
    }
    let no_validation = (4..=6).all(|column| record[column].is_empty());
    let validation = || {
        Ok::<_, String>(Evaluation {
            loss: number(record, 4)?,
            accuracy: optional(record, 5)?,
            samples: count(record, 6)?,
        })
    };
    Ok(Epoch {
        epoch: count(record, 0)?,
        train: Evaluation {
            loss: number(record, 1)?,
            accuracy: optional(record, 2)?,
            samples: count(record, 3)?,
        },
        validation: if no_validation {
            None
        } else {
            Some(validation()?)
        },
        learning_rate: number(record, 7)?,
        seconds: number(record, 8)?,
    })
}

fn optional(record: &[&str], column: usize) -> Result<Option<f64>, String> {
    match record[column] {
        "" => Ok(None),
        _ => number(record, column).map(Some),
    }
}

fn number(record: &[&str], column: usize) -> Result<f64, String> {
    let cell = record[column];
    let number = cell.parse();
    number.map_err(|_| unexpected(cell, column, "a number"))
}

fn count(record: &[&str], column: usize) -> Result<usize, String> {
    let cell = record[column];
    let count = cell.parse();
    count.map_err(|_| unexpected(cell, column, "an integer"))
}

fn unexpected(cell: &str, column: usize, expected: &str) -> String {
    let (name, found) = (COLUMNS[column], excerpt(cell));
    format!("{name} is {found:?}, expected {expected}")
}
