//! What the winner of a search is worth: a search in each fold, whose winner is tested on rows that the search has not
//! seen.

use dl_core::sampling::{SamplingError, Split};
use dl_nn::metrics::Estimate;
use ndarray::Array1;
use rayon::prelude::*;

use crate::fold::{self, Fold, FoldsError};
use crate::search::{Direction, NoWinner, Outcome, Search, SearchError, Trial, TrialRecord};

/// Nested cross-validation: repeats the whole search on the training rows of each outer fold, and tests its winner on the
/// fold's test rows.
///
/// The best of many scores is too good: it was chosen because it is the best *on those rows*. Here the
/// scores of the winners on rows that took no part in choosing them are an honest estimate of what the search as a whole finds
/// (Varma & Simon, "Bias in error estimation when using cross-validation for model selection", BMC Bioinformatics 7, 2006; Cawley
/// & Talbot, "On over-fitting in model selection", JMLR 11, 2010), and the difference is the *optimism*.
///
/// `inner` makes the folds of an inner search: it is given the training rows of an outer fold, and returns splits of
/// their *positions*, 0 … `rows.len()` − 1. `evaluate` fits a trial on a fold's training rows and returns the score on its
/// test rows; rows are those of the table, and the score of an inner trial is the mean over the inner folds.
///
/// Outer folds, trials and inner folds run in parallel; the result does not depend on the number of threads.
///
/// ```
/// use dl_select::folds::k_fold;
/// use dl_select::{Direction, Search, Space, nested};
///
/// // 50 ways to guess coin flips, each of which is right by chance: a bit of its seed for each row
/// let search = Search::grid(Space::new().integers("way", 1, 50), Direction::Maximize);
/// let result = nested(
///     &k_fold(60, 6)?,
///     |rows| k_fold(rows.len(), 5),
///     &search,
///     |trial, fold| {
///         let right = fold.test.iter().filter(|&&row| (trial.seed >> row) & 1 == 1).count();
///         Ok::<_, String>(right as f64 / fold.test.len() as f64)
///     },
/// )?;
/// // the winner of each search looks better than chance, and is not
/// assert!(result.inner().value > 0.6 && result.outer().value < 0.6);
/// assert!(result.optimism().value > 0.05);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`NestedError`]: the first outer fold that fails, with its number.
pub fn nested<E: std::fmt::Display + Send>(
    outer: &[Split],
    inner: impl Fn(&[usize]) -> Result<Vec<Split>, SamplingError> + Sync,
    search: &Search,
    evaluate: impl Fn(&Trial, Fold<'_>) -> Result<f64, E> + Sync,
) -> Result<Nested, NestedError<E>> {
    fold::check(outer)?;
    search.trials()?;
    let results: Vec<Result<NestedFold, NestedError<E>>> = (0..outer.len())
        .into_par_iter()
        .with_max_len(1)
        .map(|index| one_fold(index, &outer[index], &inner, search, &evaluate))
        .collect();
    let folds: Result<Vec<NestedFold>, NestedError<E>> = results.into_iter().collect();
    Ok(Nested {
        direction: search.direction,
        folds: folds?,
        test_rows_per_train_row: fold::test_rows_per_train_row(outer),
    })
}

fn one_fold<E: std::fmt::Display + Send>(
    index: usize,
    outer: &Split,
    inner: &(impl Fn(&[usize]) -> Result<Vec<Split>, SamplingError> + Sync),
    search: &Search,
    evaluate: &(impl Fn(&Trial, Fold<'_>) -> Result<f64, E> + Sync),
) -> Result<NestedFold, NestedError<E>> {
    let positions =
        inner(&outer.train).map_err(|error| NestedError::Inner { fold: index, error })?;
    let folds = at_rows(&positions, &outer.train, index)?;
    fold::check(&folds).map_err(|error| NestedError::InnerFolds { fold: index, error })?;
    let result = search.run_in_memory(|trial| {
        let scores: Vec<Result<f64, E>> = fold::numbered(&folds, trial.seed)
            .into_par_iter()
            .with_max_len(1)
            .map(|fold| evaluate(trial, fold))
            .collect();
        let scores: Result<Vec<f64>, E> = scores.into_iter().collect();
        scores.map(Outcome::from_folds)
    })?;
    let no_winner = |error| NestedError::NoWinner { fold: index, error };
    let winner = result.best().map_err(no_winner)?.clone();
    let test = fold::fold(index, outer, winner.trial.seed);
    let score =
        evaluate(&winner.trial, test).map_err(|error| NestedError::Outer { fold: index, error })?;
    if !score.is_finite() {
        let found = score;
        return Err(NestedError::NotFinite { fold: index, found });
    }
    Ok(NestedFold {
        inner: winner.score().expect("a winner has succeeded"),
        outer: score,
        winner,
    })
}

/// The rows at the positions of inner folds.
fn at_rows<E>(folds: &[Split], rows: &[usize], fold: usize) -> Result<Vec<Split>, NestedError<E>> {
    let at = |positions: &[usize]| {
        let row = |&position: &usize| {
            rows.get(position).copied().ok_or(NestedError::Position {
                fold,
                position,
                rows: rows.len(),
            })
        };
        positions.iter().map(row).collect::<Result<Vec<usize>, _>>()
    };
    let split = |split: &Split| {
        Ok(Split {
            train: at(&split.train)?,
            test: at(&split.test)?,
        })
    };
    folds.iter().map(split).collect()
}

/// The result of [`nested`].
#[derive(Debug, Clone, PartialEq)]
pub struct Nested {
    /// Whether a larger or a smaller score is better.
    pub direction: Direction,
    /// What each outer fold gave.
    pub folds: Vec<NestedFold>,
    test_rows_per_train_row: f64,
}

/// The search in one outer fold.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedFold {
    /// The winning trial. Winners of different folds may differ: that is part of what the search is worth.
    pub winner: TrialRecord,
    /// The score with which it has won, on rows that chose it.
    pub inner: f64,
    /// Its score on the fold's test rows.
    pub outer: f64,
}

impl Nested {
    /// The winning scores, as a search reports them: the mean over the outer folds.
    pub fn inner(&self) -> Estimate {
        self.estimate(|fold| fold.inner)
    }

    /// What the winners are worth on rows they have not been chosen on: the score to report.
    pub fn outer(&self) -> Estimate {
        self.estimate(|fold| fold.outer)
    }

    /// How much better the winning scores are than what they are worth, in the same folds: positive if the search
    /// promised too much, whatever the direction. (An inner fold has fewer rows to train on, which lowers it a little.)
    pub fn optimism(&self) -> Estimate {
        self.estimate(|fold| self.direction.gain(fold.inner, fold.outer))
    }

    fn estimate(&self, of: impl Fn(&NestedFold) -> f64) -> Estimate {
        let values: Array1<f64> = self.folds.iter().map(of).collect();
        Estimate::cross_validated(&values, self.test_rows_per_train_row)
    }
}

/// Why a nested cross-validation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NestedError<E> {
    /// The outer folds cannot be used.
    #[error(transparent)]
    Folds(#[from] FoldsError),
    /// The search cannot run.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// No inner folds could be made.
    #[error("outer fold {fold}: {error}")]
    Inner {
        /// The outer fold.
        fold: usize,
        /// Why not.
        error: SamplingError,
    },
    /// The inner folds cannot be used.
    #[error("outer fold {fold}, inner folds: {error}")]
    InnerFolds {
        /// The outer fold.
        fold: usize,
        /// Why not.
        error: FoldsError,
    },
    /// An inner fold has a position that is not one of the training rows.
    #[error(
        "outer fold {fold}: an inner fold has position {position}, but there are {rows} training rows; inner folds are of positions among them, not of the table's rows"
    )]
    Position {
        /// The outer fold.
        fold: usize,
        /// The position.
        position: usize,
        /// Training rows of the outer fold.
        rows: usize,
    },
    /// No trial of a search succeeded.
    #[error("outer fold {fold}: {error}")]
    NoWinner {
        /// The outer fold.
        fold: usize,
        /// With the error of the first trial.
        error: NoWinner,
    },
    /// The winner could not be tested.
    #[error("outer fold {fold}: the winner: {error}")]
    Outer {
        /// The outer fold.
        fold: usize,
        /// Its error.
        error: E,
    },
    /// The winner's score is not finite.
    #[error("outer fold {fold}: the winner's score is {found}, but must be a finite number")]
    NotFinite {
        /// The outer fold.
        fold: usize,
        /// The score.
        found: f64,
    },
}
