//! The file of a search: its settings in the first line, and a line for each finished trial.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dl_core::text::excerpt;
use dl_fs::{LineLog, LineLogError};
use serde_json::{Map, Value};

use super::error::SearchError;
use super::trial::TrialRecord;
use super::{Method, Search};

const FORMAT: &str = "dl-select trials 1";

/// An open file of trials.
#[derive(Debug)]
pub(super) struct TrialFile {
    path: PathBuf,
    log: LineLog,
}

/// Finished trials by index, with the lines they are from.
pub(super) type Finished = BTreeMap<usize, (usize, TrialRecord)>;

impl TrialFile {
    pub(super) fn open(path: &Path, search: &Search) -> Result<(Self, Finished), SearchError> {
        let header = header(search);
        let text = Value::Object(header.clone()).to_string();
        let (log, lines) = LineLog::open(path, &text).map_err(|error| match error {
            LineLogError::Io(error) => SearchError::file(path, error),
            LineLogError::Header { found } => other_header(path, &found, &header),
            // there are no others
            error => SearchError::file(path, std::io::Error::other(error)),
        })?;
        let mut finished = Finished::new();
        for (i, text) in lines.iter().enumerate() {
            let line = i + 2;
            let record: TrialRecord =
                serde_json::from_str(text).map_err(|error| SearchError::Line {
                    path: path.to_owned(),
                    line,
                    why: format!("not a trial: {error}"),
                })?;
            // of a trial that was run twice, the first result counts
            let index = record.trial.index;
            finished.entry(index).or_insert((line, record));
        }
        let path = path.to_owned();
        Ok((Self { path, log }, finished))
    }

    pub(super) fn append(&self, record: &TrialRecord) -> Result<(), SearchError> {
        let written = serde_json::to_string(record).map_err(std::io::Error::other);
        written
            .and_then(|line| self.log.append(&line))
            .map_err(|error| SearchError::file(&self.path, error))
    }

    pub(super) fn line_error(&self, line: usize, why: String) -> SearchError {
        let path = self.path.clone();
        SearchError::Line { path, line, why }
    }
}

/// What makes two searches the same one.
fn header(search: &Search) -> Map<String, Value> {
    let mut same = search.clone();
    if let Method::Random { trials } = &mut same.method {
        // more trials extend a random search
        *trials = 0;
    }
    let mut header = Map::new();
    header.insert("format".to_owned(), FORMAT.into());
    let search = serde_json::to_value(&same).expect("names are texts and numbers finite");
    header.insert("search".to_owned(), search);
    header
}

/// Says what differs.
fn other_header(path: &Path, found: &str, expected: &Map<String, Value>) -> SearchError {
    let path = path.to_owned();
    let parsed: Option<Map<String, Value>> = serde_json::from_str(found).ok();
    let searches = parsed
        .filter(|header| header.get("format") == expected.get("format"))
        .and_then(|header| Some((header.get("search")?.clone(), expected.get("search")?)));
    let Some((found_search, search)) = searches else {
        let found = excerpt(found).into_owned();
        return SearchError::NotTrials { path, found };
    };
    let shown = |value: Option<&Value>| value.map_or("not set".to_owned(), Value::to_string);
    let names = ["space", "method", "direction", "seed"];
    let differs = |name: &&str| found_search.get(name) != search.get(name);
    let what = names.into_iter().find(differs).unwrap_or("format");
    SearchError::OtherSearch {
        path,
        what: what.to_owned(),
        found: shown(found_search.get(what)),
        expected: shown(search.get(what)),
    }
}
