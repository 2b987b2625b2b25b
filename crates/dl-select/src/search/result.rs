//! The trials of a search, ranked.

use std::cmp::{Ordering, Reverse};

use dl_core::text::shown;
use serde::{Deserialize, Serialize};

use super::trial::{TrialOutcome, TrialRecord};

/// Whether a larger or a smaller score is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A larger score is better: accuracy, R².
    Maximize,
    /// A smaller score is better: a loss, an error.
    Minimize,
}

impl Direction {
    /// Better before worse.
    pub(crate) fn compare(self, a: f64, b: f64) -> Ordering {
        match self {
            Self::Maximize => b.total_cmp(&a),
            Self::Minimize => a.total_cmp(&b),
        }
    }

    /// How much better `a` is than `b`.
    pub(crate) fn gain(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Maximize => a - b,
            Self::Minimize => b - a,
        }
    }
}

/// The finished trials of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchResult {
    /// Whether a larger or a smaller score is better.
    pub direction: Direction,
    /// The trials by index.
    pub trials: Vec<TrialRecord>,
}

impl SearchResult {
    /// The best trial first: those of later rungs before those of earlier ones, equally good ones by index, failed ones
    /// last.
    pub fn ranking(&self) -> Vec<&TrialRecord> {
        let mut ranking: Vec<&TrialRecord> = self.trials.iter().collect();
        ranking.sort_by(|a, b| {
            let by_score = match (a.score(), b.score()) {
                (Some(a_score), Some(b_score)) => {
                    let by_rung = Reverse(a.trial.rung).cmp(&Reverse(b.trial.rung));
                    by_rung.then(self.direction.compare(a_score, b_score))
                }
                (a_score, b_score) => b_score.is_some().cmp(&a_score.is_some()),
            };
            by_score.then(a.trial.index.cmp(&b.trial.index))
        });
        ranking
    }

    /// The winner. Its score is the best of many, and so better than what it stands for: see [`nested`](crate::nested).
    ///
    /// # Errors
    /// [`NoWinner`] if no trial has succeeded.
    pub fn best(&self) -> Result<&TrialRecord, NoWinner> {
        let first = self.ranking().into_iter().next();
        match first.map(|record| (record, &record.outcome)) {
            Some((record, TrialOutcome::Done(_))) => Ok(record),
            Some((record, TrialOutcome::Failed { error })) => Err(NoWinner {
                trials: self.trials.len(),
                first: format!(": trial {}: {error}", record.trial.index),
            }),
            None => Err(NoWinner {
                trials: 0,
                first: String::new(),
            }),
        }
    }

    /// Number of trials that failed.
    pub fn failed(&self) -> usize {
        let failed = |record: &&TrialRecord| record.score().is_none();
        self.trials.iter().filter(failed).count()
    }
}

/// No trial has succeeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of {trials} trials has succeeded{}", shown(first))]
pub struct NoWinner {
    /// The number of trials.
    pub trials: usize,
    /// What went wrong in the first one.
    pub first: String,
}
