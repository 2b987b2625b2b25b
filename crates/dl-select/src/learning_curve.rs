//! Scores over the number of training rows: would more data help?

use dl_core::sampling::Split;
use dl_nn::metrics::Estimate;
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;

use crate::fold::{self, Fold, FoldsError};

/// Numbers of training rows from shares of the largest, `rows`: rounded down, at least 1, in increasing order without
/// repetitions. Equal to what scikit-learn's `learning_curve` makes of `train_sizes`.
///
/// ```
/// let sizes = dl_select::train_sizes(&[0.1, 0.325, 0.55, 0.775, 1.0], 120)?;
/// assert_eq!(sizes, [12, 39, 66, 93, 120]);
/// # Ok::<(), dl_select::LearningCurveError<String>>(())
/// ```
///
/// # Errors
/// [`LearningCurveError::Share`] for a share outside (0, 1]; [`LearningCurveError::NoSizes`] without shares or rows.
pub fn train_sizes<E>(shares: &[f64], rows: usize) -> Result<Vec<usize>, LearningCurveError<E>> {
    if shares.is_empty() || rows == 0 {
        return Err(LearningCurveError::NoSizes);
    }
    if let Some(&share) = shares.iter().find(|&&share| !(share > 0.0 && share <= 1.0)) {
        return Err(LearningCurveError::Share(share));
    }
    let size = |share: &f64| ((share * rows as f64) as usize).clamp(1, rows);
    let mut sizes: Vec<usize> = shares.iter().map(size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    Ok(sizes)
}

/// Scores on training and test rows over the number of training rows: in each fold, `evaluate` is called with its first
/// 1, 2, … training rows, and returns the score on these and on the test rows. Shuffled folds are advisable, since the
/// first rows of others may all be of one class.
///
/// ```
/// use dl_select::{folds::k_fold, learning_curve};
///
/// let y = [3.0, 1.0, 2.0, 4.0, 5.0, 3.0];
/// let curve = learning_curve(&[1, 2, 4], &k_fold(6, 3)?, 0, |fold| {
///     let mean = fold.train.iter().map(|&row| y[row]).sum::<f64>() / fold.train.len() as f64;
///     let error = |rows: &[usize]| rows.iter().map(|&row| (y[row] - mean).abs()).sum::<f64>() / rows.len() as f64;
///     Ok::<_, String>((error(fold.train), error(fold.test)))
/// })?;
/// // a single row is learnt by heart
/// assert_eq!(curve.train_mean(0).value, 0.0);
/// assert_eq!(curve.test.dim(), (3, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`LearningCurveError::Folds`]; [`LearningCurveError::Size`] for a size of 0 or above the training rows of a fold;
/// [`LearningCurveError::Run`] with the error of the first size and fold that fail.
pub fn learning_curve<E: Send>(
    sizes: &[usize],
    folds: &[Split],
    seed: u64,
    evaluate: impl Fn(Fold<'_>) -> Result<(f64, f64), E> + Sync,
) -> Result<LearningCurve, LearningCurveError<E>> {
    fold::check(folds)?;
    if sizes.is_empty() {
        return Err(LearningCurveError::NoSizes);
    }
    let most = folds
        .iter()
        .map(|split| split.train.len())
        .min()
        .unwrap_or(0);
    if let Some(&size) = sizes.iter().find(|&&size| size == 0 || size > most) {
        return Err(LearningCurveError::Size { size, most });
    }
    let numbered = fold::numbered(folds, seed);
    let results: Vec<Result<(f64, f64), E>> = (0..sizes.len() * folds.len())
        .into_par_iter()
        .with_max_len(1)
        .map(|i| {
            let fold = numbered[i % folds.len()];
            let train = &fold.train[..sizes[i / folds.len()]];
            evaluate(Fold { train, ..fold })
        })
        .collect();
    let shape = (sizes.len(), folds.len());
    let (mut train, mut test) = (Array2::zeros(shape), Array2::zeros(shape));
    for (i, result) in results.into_iter().enumerate() {
        let at = [i / folds.len(), i % folds.len()];
        (train[at], test[at]) = result.map_err(|error| LearningCurveError::Run {
            size: sizes[at[0]],
            fold: at[1],
            error,
        })?;
    }
    Ok(LearningCurve {
        sizes: sizes.to_vec(),
        train,
        test,
        test_rows_per_train_row: fold::test_rows_per_train_row(folds),
    })
}

/// The result of [`learning_curve`]. The intervals of its means are those of [`Estimate::cross_validated`] for the
/// whole folds: for a few rows of each, which hardly overlap, they are too wide rather than too narrow.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningCurve {
    /// Numbers of training rows.
    pub sizes: Vec<usize>,
    /// The score on the training rows, `[sizes, folds]`.
    pub train: Array2<f64>,
    /// The score on the test rows, `[sizes, folds]`.
    pub test: Array2<f64>,
    test_rows_per_train_row: f64,
}

impl LearningCurve {
    /// The mean over the folds of the score on the training rows, for size number `i`.
    ///
    /// # Panics
    /// If there is no such size.
    pub fn train_mean(&self, i: usize) -> Estimate {
        self.mean(self.train.row(i))
    }

    /// The mean over the folds of the score on the test rows, for size number `i`.
    ///
    /// # Panics
    /// If there is no such size.
    pub fn test_mean(&self, i: usize) -> Estimate {
        self.mean(self.test.row(i))
    }

    /// With the correction for the whole folds, which share more rows than the beginnings of them.
    fn mean(&self, scores: ArrayView1<'_, f64>) -> Estimate {
        Estimate::cross_validated(&scores.to_owned(), self.test_rows_per_train_row)
    }
}

/// Why there is no learning curve.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearningCurveError<E> {
    /// The folds cannot be used.
    #[error(transparent)]
    Folds(#[from] FoldsError),
    /// No sizes were given, or there are no rows.
    #[error("a learning curve needs at least 1 size and 1 training row")]
    NoSizes,
    /// A share that is not one.
    #[error("the share of training rows is {0}, but must be in (0, 1]")]
    Share(f64),
    /// A size that a fold does not have.
    #[error("size {size} is not between 1 and {most}, the training rows of the smallest fold")]
    Size {
        /// The size.
        size: usize,
        /// The largest possible one.
        most: usize,
    },
    /// A fold failed.
    #[error("{size} training rows, fold {fold}: {error}")]
    Run {
        /// The number of training rows.
        size: usize,
        /// The fold.
        fold: usize,
        /// Its error.
        error: E,
    },
}
