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
use dl_nn::train::{Epoch, Evaluation, History, MetricValue};

/// The first columns of a CSV history. Cells are empty where there is no value. After them comes a column for each
/// [metric](MetricValue) of one's own, named `higher:NAME` or `lower:NAME` by its direction.
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
    /// A metric whose name cannot be a column of CSV.
    #[error(
        "{}: a metric named {:?} cannot be a column",
        shown_path(path),
        excerpt(name)
    )]
    Metric {
        /// The path as given.
        path: PathBuf,
        /// The metric's name.
        name: String,
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
        what: String,
        /// The epoch, from 0.
        epoch: usize,
        /// The value.
        value: f64,
    },
}

impl HistoryError {
    /// For a name that CSV would need quotes for.
    fn require_columns(path: &Path, metrics: &[&MetricValue]) -> Result<(), Self> {
        let plain = |c: char| !c.is_control() && !"\",".contains(c);
        match metrics
            .iter()
            .find(|metric| !metric.name.chars().all(plain))
        {
            None => Ok(()),
            Some(metric) => Err(Self::Metric {
                path: path.to_owned(),
                name: metric.name.clone(),
            }),
        }
    }

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
/// [`HistoryError::Io`] if the file cannot be written; [`HistoryError::Metric`] for a name with a comma, a quote or a line
/// break.
pub fn write_csv(path: impl AsRef<Path>, history: &History) -> Result<(), HistoryError> {
    write_lines(path.as_ref(), history)
}

fn write_lines(path: &Path, history: &History) -> Result<(), HistoryError> {
    let metrics = metrics(history);
    HistoryError::require_columns(path, &metrics)?;
    let written = write_atomically(path, |out| {
        let named = metrics.iter().map(column);
        let header: Vec<String> = COLUMNS
            .map(str::to_owned)
            .into_iter()
            .chain(named)
            .collect();
        writeln!(out, "{}", header.join(","))?;
        for epoch in &history.epochs {
            writeln!(out, "{}", cells(epoch, &metrics).join(","))?;
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
    let mut metrics = Vec::new();
    for (number, line) in (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n')) {
        let problem = |problem: String| HistoryError::line(path, number, problem);
        let cells = cells_of(line).map_err(problem)?;
        match number {
            1 => metrics = header(&cells).map_err(problem)?,
            _ => history
                .epochs
                .push(epoch(&cells, &metrics).map_err(problem)?),
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

/// The metrics of a history, each once, with the first value.
pub(crate) fn metrics(history: &History) -> Vec<&MetricValue> {
    let mut metrics: Vec<&MetricValue> = Vec::new();
    for metric in history.epochs.iter().flat_map(|epoch| &epoch.metrics) {
        if !metrics.iter().any(|known| same(known, metric)) {
            metrics.push(metric);
        }
    }
    metrics
}

fn same(a: &MetricValue, b: &MetricValue) -> bool {
    a.name == b.name && a.higher_is_better == b.higher_is_better
}

const DIRECTIONS: [(&str, bool); 2] = [("higher:", true), ("lower:", false)];

/// The name of a metric's column.
fn column(metric: &&MetricValue) -> String {
    let direction = DIRECTIONS[usize::from(!metric.higher_is_better)].0;
    format!("{direction}{}", metric.name)
}

fn cells(epoch: &Epoch, metrics: &[&MetricValue]) -> Vec<String> {
    // with an exponent if a number is very small or large
    let number = |value: Option<f64>| value.map(|value| format!("{value:?}")).unwrap_or_default();
    let validation = epoch.validation.as_ref();
    let samples = validation.map(|v| v.samples.to_string());
    let of_epoch = |metric: &&MetricValue| {
        let mut found = epoch.metrics.iter().filter(|value| same(value, metric));
        number(found.next().map(|metric| metric.value))
    };
    let cells = [
        epoch.epoch.to_string(),
        number(Some(epoch.train.loss)),
        number(epoch.train.accuracy),
        epoch.train.samples.to_string(),
        number(validation.map(|v| v.loss)),
        number(validation.and_then(|v| v.accuracy)),
        samples.unwrap_or_default(),
        number(Some(epoch.learning_rate)),
        number(Some(epoch.seconds)),
    ];
    cells
        .into_iter()
        .chain(metrics.iter().map(of_epoch))
        .collect()
}

/// The floating-point values of an epoch by name.
fn values(epoch: &Epoch) -> impl Iterator<Item = (String, f64)> {
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
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .chain(
        epoch
            .metrics
            .iter()
            .map(|metric| (column(&metric), metric.value)),
    )
}

/// Checks the header, and returns the metrics after [`COLUMNS`].
fn header(cells: &[&str]) -> Result<Vec<MetricValue>, String> {
    if let Some(named) = cells.strip_prefix(COLUMNS.as_slice()) {
        return named.iter().map(|cell| metric(cell)).collect();
    }
    let (found, expected) = (cells.join(","), COLUMNS.join(","));
    let found = shortened(&found, 2 * expected.len());
    Err(format!("the header is `{found}`, expected `{expected}`"))
}

/// The metric whose column has this name, without a value.
fn metric(cell: &str) -> Result<MetricValue, String> {
    let mut directions = DIRECTIONS.iter();
    let named = directions.find_map(|(prefix, higher)| Some((cell.strip_prefix(prefix)?, *higher)));
    let (name, higher_is_better) = named.ok_or_else(|| {
        let found = excerpt(cell);
        format!("the column {found:?} is no metric, which would begin with `higher:` or `lower:`")
    })?;
    Ok(MetricValue {
        name: name.to_owned(),
        value: f64::NAN,
        higher_is_better,
    })
}

fn epoch(record: &[&str], metrics: &[MetricValue]) -> Result<Epoch, String> {
    let fields = COLUMNS.len() + metrics.len();
    if record.len() != fields {
        return Err(format!("{} fields, expected {fields}", record.len()));
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
        metrics: of_epoch(&record[COLUMNS.len()..], metrics)?,
        learning_rate: number(record, 7)?,
        seconds: number(record, 8)?,
    })
}

/// The metrics that have a value in these cells.
fn of_epoch(cells: &[&str], metrics: &[MetricValue]) -> Result<Vec<MetricValue>, String> {
    let given = cells
        .iter()
        .zip(metrics)
        .filter(|(cell, _)| !cell.is_empty());
    let value = |(cell, metric): (&&str, &MetricValue)| {
        let number = cell.parse();
        let value = number.map_err(|_| {
            let found = excerpt(cell);
            format!(
                "{} is {found:?}, expected a number",
                shown(&column(&metric))
            )
        })?;
        Ok(MetricValue {
            value,
            ..metric.clone()
        })
    };
    given.map(value).collect()
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
