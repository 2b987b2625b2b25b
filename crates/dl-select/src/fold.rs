//! One fold as a caller's closure gets it, and what is checked of all before any is used.

use dl_core::random::derive_seed;
use dl_core::sampling::Split;

/// One fold of a cross-validation: what is to be fitted on which rows, and tested on which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold<'a> {
    /// Its number, counted from 0.
    pub index: usize,
    /// The rows to fit the pipeline and the model on: scalers, imputed means, chosen columns included.
    pub train: &'a [usize],
    /// The rows to test on.
    pub test: &'a [usize],
    /// A seed of its own, for the model's initial values.
    pub seed: u64,
}

/// What is wrong with folds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldsError {
    /// There is no fold.
    #[error("there are no folds, but at least 1 is needed")]
    None,
    /// A fold without rows on one side.
    #[error("fold {fold} has no rows to {side} on")]
    EmptySide {
        /// The fold.
        fold: usize,
        /// "train" or "test".
        side: &'static str,
    },
    /// A row is on both sides, so that the test would reward remembering it.
    #[error("row {row} is both trained and tested on in fold {fold}")]
    Overlap {
        /// The fold.
        fold: usize,
        /// The row.
        row: usize,
    },
    /// A row is tested twice in one fold.
    #[error("row {row} is tested twice in fold {fold}")]
    Repeated {
        /// The fold.
        fold: usize,
        /// The row.
        row: usize,
    },
}

/// Checks what holds for any folds. A row may be trained on several times, as in a bootstrap sample.
pub(crate) fn check(folds: &[Split]) -> Result<(), FoldsError> {
    if folds.is_empty() {
        return Err(FoldsError::None);
    }
    for (fold, split) in folds.iter().enumerate() {
        for (side, rows) in [("train", &split.train), ("test", &split.test)] {
            if rows.is_empty() {
                return Err(FoldsError::EmptySide { fold, side });
            }
        }
        let mut test = split.test.clone();
        test.sort_unstable();
        if let Some(pair) = test.windows(2).find(|pair| pair[0] == pair[1]) {
            let row = pair[0];
            return Err(FoldsError::Repeated { fold, row });
        }
        let mut train = split.train.iter();
        if let Some(&row) = train.find(|row| test.binary_search(row).is_ok()) {
            return Err(FoldsError::Overlap { fold, row });
        }
    }
    Ok(())
}

/// The folds as closures get them; fold i has the i-th seed derived from `seed`.
pub(crate) fn numbered(folds: &[Split], seed: u64) -> Vec<Fold<'_>> {
    let fold = |(index, split)| fold(index, split, seed);
    folds.iter().enumerate().map(fold).collect()
}

pub(crate) fn fold(index: usize, split: &Split, seed: u64) -> Fold<'_> {
    Fold {
        index,
        train: &split.train,
        test: &split.test,
        seed: derive_seed(seed, index as u64),
    }
}

/// The mean over the folds: how much their scores depend on each other
/// ([`Estimate::cross_validated`](dl_nn::metrics::Estimate::cross_validated)).
pub(crate) fn test_rows_per_train_row(folds: &[Split]) -> f64 {
    let ratio = |split: &Split| split.test.len() as f64 / split.train.len() as f64;
    folds.iter().map(ratio).sum::<f64>() / folds.len() as f64
}
