//! Folds by time: trained on the past, tested on the future.

use super::{SamplingError, Split};
use crate::memory::room;

/// Folds of rows in the order of time: test sets are consecutive, and each fold trains on rows before its test set
/// only (an *expanding window*; with [`max_train_size`](Self::max_train_size) a *sliding* one). Equal to
/// scikit-learn's `TimeSeriesSplit`.
///
/// ```
/// use dl_core::sampling::TimeSeriesSplit;
/// let folds = TimeSeriesSplit::new(3).split(6)?;
/// assert_eq!(folds[0].train, [0, 1, 2]);
/// assert_eq!(folds[0].test, [3]);
/// assert_eq!(folds[2].train, [0, 1, 2, 3, 4]);
/// # Ok::<(), dl_core::sampling::SamplingError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSeriesSplit {
    /// Number of folds, at least 2.
    pub folds: usize,
    /// Rows left out between the training and the test rows: for values that say something of those around them.
    pub gap: usize,
    /// Rows of a test set; by default `rows / (folds + 1)`, rounded down.
    pub test_size: Option<usize>,
    /// The most rows to train on, the latest ones; by default all.
    pub max_train_size: Option<usize>,
}

impl TimeSeriesSplit {
    /// An expanding window without a gap.
    pub fn new(folds: usize) -> Self {
        Self {
            folds,
            gap: 0,
            test_size: None,
            max_train_size: None,
        }
    }

    /// Sets [`gap`](Self::gap).
    pub fn gap(mut self, rows: usize) -> Self {
        self.gap = rows;
        self
    }

    /// Sets [`test_size`](Self::test_size).
    pub fn test_size(mut self, rows: usize) -> Self {
        self.test_size = Some(rows);
        self
    }

    /// Sets [`max_train_size`](Self::max_train_size).
    pub fn max_train_size(mut self, rows: usize) -> Self {
        self.max_train_size = Some(rows);
        self
    }

    /// The folds of `rows` rows, the first row being the oldest.
    ///
    /// # Errors
    /// [`SamplingError::TimeFolds`] for fewer than 2 folds, or not more rows than folds; [`SamplingError::Zero`] for a size
    /// of 0; [`SamplingError::NoPast`] if nothing is left to train on; [`SamplingError::Memory`].
    pub fn split(&self, rows: usize) -> Result<Vec<Split>, SamplingError> {
        let (folds, gap) = (self.folds, self.gap);
        if folds < 2 || folds >= rows {
            return Err(SamplingError::TimeFolds { folds, rows });
        }
        let sizes = [
            ("test size", self.test_size),
            ("max train size", self.max_train_size),
        ];
        if let Some((what, _)) = sizes.into_iter().find(|(_, size)| *size == Some(0)) {
            return Err(SamplingError::Zero { what });
        }
        let test_size = self.test_size.unwrap_or(rows / (folds + 1));
        let first = rows
            .checked_sub(test_size.saturating_mul(folds))
            .filter(|&first| first > gap)
            .ok_or(SamplingError::NoPast {
                rows,
                folds,
                test_size,
                gap,
            })?;
        let mut splits = room(folds)?;
        for fold in 0..folds {
            let start = first + fold * test_size;
            let end = start - gap;
            let begin = end.saturating_sub(self.max_train_size.unwrap_or(end));
            let mut train = room(end - begin)?;
            train.extend(begin..end);
            let mut test = room(test_size)?;
            test.extend(start..start + test_size);
            splits.push(Split { train, test });
        }
        Ok(splits)
    }
}
