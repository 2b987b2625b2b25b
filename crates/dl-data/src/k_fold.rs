//! Cross-validation: every row is tested with exactly once.

use std::collections::BTreeMap;

use dl_math::rand::Rng;
use dl_math::rand::seq::SliceRandom;
use dl_math::sampling::{Split, permutation};

use crate::DataError;

/// Deals n rows at random into `k` test sides whose sizes differ by at most 1.
///
/// ```
/// use dl_data::{k_fold, random::generator};
///
/// let splits = k_fold(10, 5, &mut generator(0))?;
/// assert!(splits.iter().all(|split| split.train.len() == 8 && split.test.len() == 2));
/// # Ok::<(), dl_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Folds`] unless 2 ≤ k ≤ n.
pub fn k_fold<R: Rng + ?Sized>(n: usize, k: usize, rng: &mut R) -> Result<Vec<Split>, DataError> {
    check_folds(n, k)?;
    Ok(deal(permutation(n, rng), k, rng))
}

/// Deals the rows at random into `k` test sides whose sizes, and whose numbers of rows of each
/// class, differ by at most 1.
///
/// # Errors
/// [`DataError::Folds`] unless 2 ≤ k ≤ n, [`DataError::SmallClass`] for a class with fewer than
/// k rows, which some test side would lack.
pub fn stratified_k_fold<R: Rng + ?Sized>(
    labels: &[usize],
    k: usize,
    rng: &mut R,
) -> Result<Vec<Split>, DataError> {
    check_folds(labels.len(), k)?;
    let mut rows_of: BTreeMap<usize, usize> = BTreeMap::new();
    for &label in labels {
        *rows_of.entry(label).or_default() += 1;
    }
    if let Some((class, &rows)) = rows_of.iter().find(|&(_, &rows)| rows < k) {
        let class = class.to_string();
        return Err(DataError::SmallClass {
            class,
            rows,
            needed: k,
        });
    }
    let mut rows = permutation(labels.len(), rng);
    rows.sort_by_key(|&row| labels[row]);
    Ok(deal(rows, k, rng))
}

fn check_folds(rows: usize, folds: usize) -> Result<(), DataError> {
    if (2..=rows).contains(&folds) {
        Ok(())
    } else {
        Err(DataError::Folds { folds, rows })
    }
}

/// Deals rows like cards: one to each test side in turn.
fn deal<R: Rng + ?Sized>(rows: Vec<usize>, k: usize, rng: &mut R) -> Vec<Split> {
    let side = |fold: usize, tested: bool| {
        let dealt = rows.iter().enumerate();
        dealt
            .filter(move |(place, _)| (place % k == fold) == tested)
            .map(|(_, &row)| row)
    };
    (0..k)
        .map(|fold| {
            let mut split = Split {
                train: side(fold, false).collect(),
                test: side(fold, true).collect(),
            };
            split.train.shuffle(rng);
            split.test.shuffle(rng);
            split
        })
        .collect()
}
