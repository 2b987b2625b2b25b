//! k-fold cross-validation (Goodfellow et al. 2016, section 5.3.1), as row numbers.

use std::collections::BTreeMap;

use dl_core::{
    rand::{Rng, RngCore, seq::SliceRandom},
    sampling::{Split, permutation},
};

use crate::DataError;

/// Divides `rows` rows at random into `folds` test sets whose sizes differ by at most 1; each
/// fold trains on the rows it does not test.
///
/// ```
/// use dl_data::{generator, k_fold};
/// let folds = k_fold(10, 3, &mut generator(0))?;
/// let tested: Vec<usize> = folds.iter().map(|fold| fold.test.len()).collect();
/// assert_eq!(tested, [4, 3, 3]);
/// # Ok::<(), dl_data::DataError>(())
/// ```
///
/// # Errors
/// Fewer than 2 folds, or more folds than rows; more than there is memory for: each fold holds the numbers
/// of all rows.
pub fn k_fold<R: Rng + ?Sized>(
    rows: usize,
    folds: usize,
    rng: &mut R,
) -> Result<Vec<Split>, DataError> {
    check(rows, folds)?;
    let mut rng = rng;
    deal(&permutation(rows, &mut rng)?, folds, &mut rng)
}

/// As [`k_fold`], with the rows of each class spread over the test sets so that their numbers
/// differ by at most 1, too.
///
/// # Errors
/// As [`k_fold`], and more folds than rows of any class.
pub fn stratified_k_fold<R: Rng + ?Sized>(
    labels: &[usize],
    folds: usize,
    rng: &mut R,
) -> Result<Vec<Split>, DataError> {
    let mut rng = rng;
    stratified(labels, folds, &|class| class.to_string(), &mut rng)
}

/// [`stratified_k_fold`] with names of classes for its errors.
pub(crate) fn stratified(
    labels: &[usize],
    folds: usize,
    name: &dyn Fn(usize) -> String,
    rng: &mut dyn RngCore,
) -> Result<Vec<Split>, DataError> {
    check(labels.len(), folds)?;
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in permutation(labels.len(), rng)? {
        rows_of.entry(labels[row]).or_default().push(row);
    }
    if let Some((&class, rows)) = rows_of.iter().find(|(_, rows)| rows.len() < folds) {
        return Err(DataError::RareClass {
            class: name(class),
            rows: rows.len(),
            needed: folds,
        });
    }
    let class_by_class: Vec<usize> = rows_of.into_values().flatten().collect();
    deal(&class_by_class, folds, rng)
}

fn check(rows: usize, folds: usize) -> Result<(), DataError> {
    if folds < 2 || folds > rows {
        return Err(DataError::Folds { folds, rows });
    }
    Ok(())
}

/// Deals rows like cards: the i-th goes to the test set of fold i mod `folds`.
fn deal(rows: &[usize], folds: usize, rng: &mut dyn RngCore) -> Result<Vec<Split>, DataError> {
    // asked for in one piece, which the system can refuse, and given back
    Vec::<usize>::new()
        .try_reserve_exact(rows.len().saturating_mul(folds))
        .map_err(|_| DataError::TooLarge {
            rows: rows.len(),
            columns: folds,
        })?;
    let split = (0..folds)
        .map(|fold| {
            let (mut train, mut test) = (Vec::new(), Vec::new());
            for (i, &row) in rows.iter().enumerate() {
                let side = if i % folds == fold {
                    &mut test
                } else {
                    &mut train
                };
                side.push(row);
            }
            train.shuffle(rng);
            test.shuffle(rng);
            Split { train, test }
        })
        .collect();
    Ok(split)
}
