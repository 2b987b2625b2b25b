//! k-fold cross-validation (Goodfellow et al. 2016, section 5.3.1), as row indices.

use std::collections::BTreeMap;

use dl_core::{
    rand::{Rng, RngCore, seq::SliceRandom},
    sampling::{Split, permutation},
};

use crate::DatasetError;

/// Randomly divides `rows` rows into `folds` test sets whose sizes differ by at most 1; each fold trains on the
/// rows that are not in its test set.
///
/// ```
/// use dl_data::{generator, k_fold};
/// let folds = k_fold(10, 3, &mut generator(0))?;
/// let tested: Vec<usize> = folds.iter().map(|fold| fold.test.len()).collect();
/// assert_eq!(tested, [4, 3, 3]);
/// # Ok::<(), dl_data::DatasetError>(())
/// ```
///
/// # Errors
/// Fewer than 2 folds, or more folds than rows; not enough memory (each fold holds the indices of all rows).
pub fn k_fold<R: Rng + ?Sized>(
    rows: usize,
    folds: usize,
    rng: &mut R,
) -> Result<Vec<Split>, DatasetError> {
    check(rows, folds)?;
    let mut rng = rng;
    deal(&permutation(rows, &mut rng)?, folds, &mut rng)
}

/// Like [`k_fold`], but stratified: the number of rows of a class also differs by at most 1 between the test sets.
///
/// # Errors
/// Same as [`k_fold`], and a class with fewer rows than folds.
pub fn stratified_k_fold<R: Rng + ?Sized>(
    labels: &[usize],
    folds: usize,
    rng: &mut R,
) -> Result<Vec<Split>, DatasetError> {
    let mut rng = rng;
    stratified(labels, folds, &|class| class.to_string(), &mut rng)
}

/// [`stratified_k_fold`] with class names for error messages.
pub(crate) fn stratified(
    labels: &[usize],
    folds: usize,
    name: &dyn Fn(usize) -> String,
    rng: &mut dyn RngCore,
) -> Result<Vec<Split>, DatasetError> {
    check(labels.len(), folds)?;
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in permutation(labels.len(), rng)? {
        rows_of.entry(labels[row]).or_default().push(row);
    }
    if let Some((&class, rows)) = rows_of.iter().find(|(_, rows)| rows.len() < folds) {
        return Err(DatasetError::RareClass {
            class: name(class),
            rows: rows.len(),
            needed: folds,
        });
    }
    let class_by_class: Vec<usize> = rows_of.into_values().flatten().collect();
    deal(&class_by_class, folds, rng)
}

fn check(rows: usize, folds: usize) -> Result<(), DatasetError> {
    if folds < 2 || folds > rows {
        return Err(DatasetError::Folds { folds, rows });
    }
    Ok(())
}

/// Deals rows like cards: the i-th goes to the test set of fold i mod `folds`.
fn deal(rows: &[usize], folds: usize, rng: &mut dyn RngCore) -> Result<Vec<Split>, DatasetError> {
    // reserved in one piece, which the system can refuse, and freed again
    Vec::<usize>::new()
        .try_reserve_exact(rows.len().saturating_mul(folds))
        .map_err(|_| DatasetError::TooLarge {
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
