//! Running trials: several at a time, each recorded as soon as it is finished.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use dl_fs::Lock;
use rayon::prelude::*;

use super::Search;
use super::error::SearchError;
use super::file::{Finished, TrialFile};
use super::progress::Progress;
use super::result::SearchResult;
use super::trial::{Outcome, Trial, TrialOutcome, TrialRecord};

/// Evaluates a trial, catching panics.
type Evaluate<'a> = &'a (dyn Fn(&Trial) -> Result<Outcome, String> + Sync);

/// What is done with a trial that is finished.
type Record<'a> = &'a (dyn Fn(&TrialRecord) -> Result<(), SearchError> + Sync);

impl Search {
    /// Runs the trials that are not yet in the file at `path`, and appends a line for each as soon as it is finished:
    /// after a kill, run it again. The ranking is that of a search that was never killed, whatever the number of
    /// threads, provided that a trial's outcome follows from the trial.
    ///
    /// Trials run on rayon's current pool, at most as many at a time as it has threads; what a trial starts itself runs
    /// there, too. A trial that fails or panics is recorded with its error and ranked last. It is not tried again: to
    /// do that, delete its line.
    ///
    /// # Errors
    /// [`SearchError`] for a search that cannot run; for a file that cannot be read or written, is not one of
    /// this search's, or is in use by another `run`. Trials finished until then are in the file.
    pub fn run<O: Into<Outcome>, E: Display>(
        &self,
        path: impl AsRef<Path>,
        evaluate: impl Fn(&Trial) -> Result<O, E> + Sync,
    ) -> Result<SearchResult, SearchError> {
        let path = path.as_ref();
        self.rungs()?;
        let _lock = Lock::acquire(path).map_err(|error| SearchError::file(path, error))?;
        let (file, finished) = TrialFile::open(path, self)?;
        self.run_rungs(
            Some((&file, finished)),
            &|record| file.append(record),
            &caught(&evaluate),
        )
    }

    /// Runs all trials without a file.
    ///
    /// # Errors
    /// [`SearchError`] for a search that cannot run.
    pub fn run_in_memory<O: Into<Outcome>, E: Display>(
        &self,
        evaluate: impl Fn(&Trial) -> Result<O, E> + Sync,
    ) -> Result<SearchResult, SearchError> {
        self.run_rungs(None, &|_| Ok(()), &caught(&evaluate))
    }

    /// Runs a single trial, unless it is in the file at `path` already, and appends it: for the job array of a cluster,
    /// where each process has an index. Processes may append to the same file at a time; on a file system without
    /// locks, give each a file of its own.
    ///
    /// With successive halving, the trials of a rung can run once those of the rung before are finished.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`SearchError::NoSuchTrial`], [`SearchError::TooEarly`], [`SearchError::NotNeeded`].
    pub fn run_one<O: Into<Outcome>, E: Display>(
        &self,
        path: impl AsRef<Path>,
        index: usize,
        evaluate: impl Fn(&Trial) -> Result<O, E> + Sync,
    ) -> Result<TrialRecord, SearchError> {
        let trials = self.trials()?;
        if index >= trials {
            return Err(SearchError::NoSuchTrial { index, trials });
        }
        let (file, finished) = TrialFile::open(path.as_ref(), self)?;
        let mut progress = Progress::new(self, Some((&file, finished)));
        for (rung, plan) in self.rungs()?.into_iter().enumerate() {
            let (trials, first) = (progress.start(rung, plan)?, progress.next_index());
            if index < first + plan.trials {
                let not_needed = SearchError::NotNeeded { index, rung };
                let trial = trials.get(index - first).ok_or(not_needed)?;
                if let Some(record) = progress.take(trial)? {
                    return Ok(record);
                }
                let record = run_trial(trial, &caught(&evaluate));
                file.append(&record)?;
                return Ok(record);
            }
            let mut records = Vec::new();
            for trial in &trials {
                records.push(progress.take(trial)?.ok_or(SearchError::TooEarly {
                    index,
                    rung: rung + 1,
                    missing: trial.index,
                })?);
            }
            progress.finish(plan, records);
        }
        Err(SearchError::NoSuchTrial { index, trials })
    }

    /// The trials in the file at `path`, without running any.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn read(&self, path: impl AsRef<Path>) -> Result<SearchResult, SearchError> {
        let path = path.as_ref();
        // opening a log would create it
        dl_fs::open(path).map_err(|error| SearchError::file(path, error))?;
        let trials = self.trials()?;
        let (_, finished) = TrialFile::open(path, self)?;
        let records = finished.into_values().map(|(_, record)| record);
        Ok(SearchResult {
            direction: self.direction,
            trials: records
                .filter(|record| record.trial.index < trials)
                .collect(),
        })
    }

    fn run_rungs(
        &self,
        file: Option<(&TrialFile, Finished)>,
        record: Record<'_>,
        evaluate: Evaluate<'_>,
    ) -> Result<SearchResult, SearchError> {
        let mut progress = Progress::new(self, file);
        for (rung, plan) in self.rungs()?.into_iter().enumerate() {
            let mut records = Vec::new();
            let mut missing = Vec::new();
            for trial in progress.start(rung, plan)? {
                match progress.take(&trial)? {
                    Some(record) => records.push(record),
                    None => missing.push(trial),
                }
            }
            records.extend(run_all(&missing, record, evaluate)?);
            records.sort_by_key(|record| record.trial.index);
            progress.finish(plan, records);
        }
        Ok(SearchResult {
            direction: self.direction,
            trials: progress.into_records(),
        })
    }
}

/// Runs trials in loops, one per thread, each of which takes the next trial when it has finished one. So there are
/// never more trials at work than threads, and a trial that waits for a part of its own work does not start another one
/// meanwhile, as it would if each trial was a task of rayon's.
fn run_all(
    trials: &[Trial],
    record: Record<'_>,
    evaluate: Evaluate<'_>,
) -> Result<Vec<TrialRecord>, SearchError> {
    let next = AtomicUsize::new(0);
    let work = |_| {
        let mut records = Vec::new();
        while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
            let finished = run_trial(trial, evaluate);
            if let Err(error) = record(&finished) {
                // what cannot be recorded need not be tried
                next.store(trials.len(), Ordering::Relaxed);
                return Err(error);
            }
            records.push(finished);
        }
        Ok(records)
    };
    let loops = rayon::current_num_threads().min(trials.len());
    let all: Vec<Result<Vec<TrialRecord>, SearchError>> = (0..loops)
        .into_par_iter()
        .with_max_len(1)
        .map(work)
        .collect();
    let all: Result<Vec<_>, _> = all.into_iter().collect();
    Ok(all?.into_iter().flatten().collect())
}

fn run_trial(trial: &Trial, evaluate: Evaluate<'_>) -> TrialRecord {
    let start = Instant::now();
    let outcome = evaluate(trial);
    let seconds = (start.elapsed().as_secs_f64() * 1e3).round() / 1e3;
    let outcome = outcome.and_then(|outcome| match outcome.fault() {
        Some(fault) => Err(fault),
        None => Ok(outcome),
    });
    TrialRecord {
        trial: trial.clone(),
        outcome: match outcome {
            Ok(outcome) => TrialOutcome::Done(outcome),
            Err(error) => TrialOutcome::Failed { error },
        },
        seconds,
    }
}

/// Turns any error or panic into a text.
fn caught<O: Into<Outcome>, E: Display>(
    evaluate: &(impl Fn(&Trial) -> Result<O, E> + Sync),
) -> impl Fn(&Trial) -> Result<Outcome, String> + Sync {
    move |trial| {
        // a trial that has panicked is not used any more
        match catch_unwind(AssertUnwindSafe(|| evaluate(trial))) {
            Ok(Ok(outcome)) => Ok(outcome.into()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(panic) => Err(format!("panicked: {}", panic_message(&*panic))),
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a message")
}
