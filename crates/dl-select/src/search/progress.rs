//! How far a search has got, and which candidates a rung of successive halving tries.

use super::error::SearchError;
use super::file::{Finished, TrialFile};
use super::result::SearchResult;
use super::trial::{Trial, TrialRecord};
use super::{Rung, Search};

/// How far a search has got, rung by rung.
pub(super) struct Progress<'a> {
    search: &'a Search,
    file: Option<&'a TrialFile>,
    finished: Finished,
    /// Those to be tried in the next rung, the best first; none before the first rung, which tries all.
    promoted: Option<Vec<usize>>,
    next_index: usize,
    records: Vec<TrialRecord>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(search: &'a Search, file: Option<(&'a TrialFile, Finished)>) -> Self {
        let (file, finished) = file.unzip();
        Self {
            search,
            file,
            finished: finished.unwrap_or_default(),
            promoted: None,
            next_index: 0,
            records: Vec::new(),
        }
    }

    /// The index of the first trial of the next rung.
    pub(super) fn next_index(&self) -> usize {
        self.next_index
    }

    pub(super) fn into_records(self) -> Vec<TrialRecord> {
        self.records
    }

    /// The trials of a rung, once those before are finished.
    pub(super) fn start(&self, rung: usize, plan: Rung) -> Result<Vec<Trial>, SearchError> {
        let all;
        let candidates = match &self.promoted {
            Some(promoted) => &promoted[..plan.trials.min(promoted.len())],
            None => {
                let mut first = dl_core::memory::room(plan.trials)?;
                first.extend(0..plan.trials);
                all = first;
                &all[..]
            }
        };
        self.search
            .rung_trials(rung, self.next_index, candidates, plan.budget)
    }

    /// The record of a trial in the file.
    pub(super) fn take(&mut self, trial: &Trial) -> Result<Option<TrialRecord>, SearchError> {
        let Some((line, record)) = self.finished.remove(&trial.index) else {
            return Ok(None);
        };
        match self.file {
            Some(file) if record.trial != *trial => {
                let why = format!(
                    "trial {} is not that of this search, whose candidate {} has {} and the seed {}",
                    trial.index, trial.candidate, trial.params, trial.seed
                );
                Err(file.line_error(line, why))
            }
            _ => Ok(Some(record)),
        }
    }

    /// Ends a rung, whose best candidates are promoted to the next.
    pub(super) fn finish(&mut self, plan: Rung, records: Vec<TrialRecord>) {
        let rung = SearchResult {
            direction: self.search.direction,
            trials: records,
        };
        let succeeded = rung.ranking().into_iter();
        let succeeded = succeeded.filter(|record| record.score().is_some());
        self.promoted = Some(succeeded.map(|record| record.trial.candidate).collect());
        self.next_index += plan.trials;
        self.records.extend(rung.trials);
    }
}
