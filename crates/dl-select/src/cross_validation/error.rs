//! Why a cross-validation failed.

use crate::fold::FoldsError;

/// Why a cross-validation failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CrossValidationError<E> {
    /// The folds cannot be used.
    #[error(transparent)]
    Folds(#[from] FoldsError),
    /// A fold failed.
    #[error("fold {fold}: {error}")]
    Fold {
        /// The first fold that failed.
        fold: usize,
        /// Its error.
        error: E,
    },
    /// A fold returned something else than the first one.
    #[error("fold {fold} has the measures {found}, but fold 0 has {expected}")]
    OtherMeasures {
        /// The fold.
        fold: usize,
        /// What it returned.
        found: String,
        /// What fold 0 returned.
        expected: String,
    },
    /// A measure is NaN or infinite, so that there is no mean.
    #[error(
        "`{}` is {found} in fold {fold}, but must be a finite number",
        dl_core::text::shown(measure)
    )]
    NotFinite {
        /// The fold.
        fold: usize,
        /// The measure.
        measure: String,
        /// Its value.
        found: f64,
    },
    /// Predictions that are not one per test row.
    #[error("fold {fold} has {found} predictions for {expected} test rows")]
    Predictions {
        /// The fold.
        fold: usize,
        /// Predictions returned.
        found: usize,
        /// Test rows.
        expected: usize,
    },
}
