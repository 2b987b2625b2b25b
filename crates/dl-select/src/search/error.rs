//! Why a search cannot run.

use std::path::{Path, PathBuf};

use dl_core::memory::OutOfMemory;
use dl_core::text::{shown, shown_path};

use super::space::SpaceError;

/// Why a search cannot run. That a trial fails is no such reason: it is recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The space cannot be searched.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A setting of the search itself.
    #[error("{what} is {found}, but must be {expected}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// Its value.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The file cannot be read or written.
    #[error("{}: {error}", shown_path(path))]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        error: std::io::Error,
    },
    /// The file is not one of trials.
    #[error(
        "{} is not a file of trials: its first line is `{}`; choose another path",
        shown_path(path),
        shown(found)
    )]
    NotTrials {
        /// The file.
        path: PathBuf,
        /// The beginning of its first line.
        found: String,
    },
    /// The file holds the trials of another search.
    #[error(
        "{} holds the trials of another search, whose {what} is {}, here {}; choose another path",
        shown_path(path),
        shown(found),
        shown(expected)
    )]
    OtherSearch {
        /// The file.
        path: PathBuf,
        /// The setting that differs.
        what: String,
        /// Its value in the file.
        found: String,
        /// Its value in this search.
        expected: String,
    },
    /// A line of the file is not a trial of this search.
    #[error("{}, line {line}: {}", shown_path(path), shown(why))]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such trial.
    #[error("there is no trial {index}; the search has {trials}, counted from 0")]
    NoSuchTrial {
        /// The index.
        index: usize,
        /// The number of trials.
        trials: usize,
    },
    /// A trial of a later rung, before the earlier one is complete.
    #[error(
        "trial {index} is in rung {rung}, whose candidates are not known before trial {missing} is finished"
    )]
    TooEarly {
        /// The index.
        index: usize,
        /// Its rung.
        rung: usize,
        /// A trial of the rung before that is not in the file.
        missing: usize,
    },
    /// A trial of a later rung for which too few candidates are left, since others have failed.
    #[error("trial {index} is not needed: too few candidates have succeeded to fill rung {rung}")]
    NotNeeded {
        /// The index.
        index: usize,
        /// Its rung.
        rung: usize,
    },
    /// More trials than fit into memory.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

impl SearchError {
    pub(super) fn file(path: &Path, error: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::File { path, error }
    }
}
