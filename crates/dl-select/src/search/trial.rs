//! One trial: what is tried, and what came of it.

use serde::{Deserialize, Serialize};

use super::params::Params;

/// What is to be tried. It depends on the search and the index alone, except that successive halving gives the later rungs
/// to the best candidates of the earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, counted from 0 over all rungs.
    pub index: usize,
    /// The number of its settings. Without halving it is the index; with it, a candidate keeps its number, its settings and
    /// its seed in each rung it reaches, so that its training may be continued.
    pub candidate: usize,
    /// How often its candidate has been promoted; 0 without halving.
    pub rung: usize,
    /// What it may spend, in the unit of [`SuccessiveHalving`](crate::SuccessiveHalving); none without halving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// Its settings.
    pub params: Params,
    /// A seed for everything random in it.
    pub seed: u64,
}

/// A trial's score, and those of its folds if there are any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What is maximised or minimised.
    pub score: f64,
    /// The score in each fold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<f64>,
}

impl Outcome {
    /// The mean over folds; NaN, and so a failed trial, without any.
    pub fn from_folds(folds: Vec<f64>) -> Self {
        Self {
            score: folds.iter().sum::<f64>() / folds.len() as f64,
            folds,
        }
    }

    /// What is wrong with it: neither could be ranked nor written.
    pub(super) fn fault(&self) -> Option<String> {
        let all = std::iter::once(&self.score).chain(&self.folds);
        let fault = |value| format!("the score is {value}, but must be a finite number");
        all.into_iter().find(|value| !value.is_finite()).map(fault)
    }
}

impl From<f64> for Outcome {
    fn from(score: f64) -> Self {
        let folds = Vec::new();
        Self { score, folds }
    }
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TrialOutcome {
    /// It has a score.
    Done(Outcome),
    /// It returned an error, panicked, or its score is not a finite number.
    Failed {
        /// What went wrong.
        error: String,
    },
}

/// A finished trial: one line of a search's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// What was tried.
    #[serde(flatten)]
    pub trial: Trial,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: TrialOutcome,
    /// How long it took, by the clock; other trials ran beside it.
    pub seconds: f64,
}

impl TrialRecord {
    /// The score, unless the trial failed.
    pub fn score(&self) -> Option<f64> {
        match &self.outcome {
            TrialOutcome::Done(outcome) => Some(outcome.score),
            TrialOutcome::Failed { .. } => None,
        }
    }

    /// The score in each fold; none if the trial failed or has no folds.
    pub fn folds(&self) -> &[f64] {
        match &self.outcome {
            TrialOutcome::Done(outcome) => &outcome.folds,
            TrialOutcome::Failed { .. } => &[],
        }
    }
}
