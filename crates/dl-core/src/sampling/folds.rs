//! k-fold cross-validation (Goodfellow et al. 2016, section 5.3.1), as row indices.

use std::collections::BTreeMap;

use rand::{Rng, RngCore, seq::SliceRandom};

use super::{SamplingError, Split, permutation};
use crate::memory::room;

/// Divides `rows` rows into `folds` test sets of consecutive rows, whose sizes differ by at most 1; each fold trains
/// on the rows that are not in its test set. Equal to scikit-learn's `KFold`.
///
/// For rows that are in an order which matters (sorted by class, say), use [`k_fold_shuffled`].
///
/// ```
/// use dl_core::sampling::k_fold;
/// let folds = k_fold(5, 2)?;
/// assert_eq!((&folds[0].train[..], &folds[0].test[..]), (&[3, 4][..], &[0, 1, 2][..]));
/// # Ok::<(), dl_core::sampling::SamplingError>(())
/// ```
///
/// # Errors
/// [`SamplingError::Folds`] for fewer than 2 folds or more folds than rows; [`SamplingError::Memory`] (each fold holds
/// the indices of all rows).
pub fn k_fold(rows: usize, folds: usize) -> Result<Vec<Split>, SamplingError> {
    check(rows, folds)?;
    let (size, larger) = (rows / folds, rows % folds);
    // the first `larger` test sets have a row more
    let fold_of = |row: usize| match row < larger * (size + 1) {
        true => row / (size + 1),
        false => larger + (row - larger * (size + 1)) / size,
    };
    let mut assigned = room(rows)?;
    assigned.extend((0..rows).map(fold_of));
    by_fold(&assigned, folds)
}

/// Like [`k_fold`] with the rows in random order.
///
/// # Errors
/// Same as [`k_fold`].
pub fn k_fold_shuffled<R: Rng + ?Sized>(
    rows: usize,
    folds: usize,
    rng: &mut R,
) -> Result<Vec<Split>, SamplingError> {
    check(rows, folds)?;
    let mut rng = rng;
    let mut assigned = permutation(rows, &mut rng)?;
    assigned.iter_mut().for_each(|place| *place %= folds);
    Ok(shuffled(by_fold(&assigned, folds)?, &mut rng))
}

/// Like [`k_fold`], but each class is divided evenly among the test sets, whose numbers of rows of a class differ by at
/// most 1. Equal to scikit-learn's `StratifiedKFold`.
///
/// # Errors
/// Same as [`k_fold`], and [`SamplingError::RareClass`] for a class with fewer rows than folds.
pub fn stratified_k_fold(labels: &[usize], folds: usize) -> Result<Vec<Split>, SamplingError> {
    stratified(labels, folds, None)
}

/// Like [`stratified_k_fold`] with the rows in random order.
///
/// # Errors
/// Same as [`stratified_k_fold`].
pub fn stratified_k_fold_shuffled<R: Rng + ?Sized>(
    labels: &[usize],
    folds: usize,
    rng: &mut R,
) -> Result<Vec<Split>, SamplingError> {
    let mut rng = rng;
    let splits = stratified(labels, folds, Some(&mut rng))?;
    Ok(shuffled(splits, &mut rng))
}

/// Divides rows into `folds` test sets such that all rows of a group (a patient, a house, a day) are on the same side:
/// the largest group goes first, each into the test set with the fewest rows so far. Equal to scikit-learn's
/// `GroupKFold`.
///
/// ```
/// use dl_core::sampling::group_k_fold;
/// let folds = group_k_fold(&["Ada", "Ben", "Ada", "Cleo"], 2)?;
/// assert_eq!(folds[0].test, [0, 2]);
/// # Ok::<(), dl_core::sampling::SamplingError>(())
/// ```
///
/// # Errors
/// [`SamplingError::Folds`] for fewer than 2 folds or more folds than rows; [`SamplingError::Groups`] for more folds
/// than groups; [`SamplingError::Memory`].
pub fn group_k_fold<G: Ord>(groups: &[G], folds: usize) -> Result<Vec<Split>, SamplingError> {
    let mut rows_of: BTreeMap<&G, Vec<usize>> = BTreeMap::new();
    for (row, group) in groups.iter().enumerate() {
        rows_of.entry(group).or_default().push(row);
    }
    grouped(rows_of.into_values().collect(), groups.len(), folds)
}

/// `groups` holds the rows of each group, in the order of their names.
fn grouped(
    mut groups: Vec<Vec<usize>>,
    rows: usize,
    folds: usize,
) -> Result<Vec<Split>, SamplingError> {
    check(rows, folds)?;
    if groups.len() < folds {
        let groups = groups.len();
        return Err(SamplingError::Groups { groups, folds });
    }
    // the largest first; of equally large ones the last, as in scikit-learn
    groups.sort_by_key(Vec::len);
    let mut sizes = vec![0; folds];
    let mut assigned = vec![0; rows];
    for group in groups.into_iter().rev() {
        let smallest = (0..folds)
            .min_by_key(|&fold| sizes[fold])
            .expect("2 or more");
        sizes[smallest] += group.len();
        group.iter().for_each(|&row| assigned[row] = smallest);
    }
    by_fold(&assigned, folds)
}

fn stratified(
    labels: &[usize],
    folds: usize,
    mut rng: Option<&mut dyn RngCore>,
) -> Result<Vec<Split>, SamplingError> {
    let rows = labels.len();
    check(rows, folds)?;
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &class) in labels.iter().enumerate() {
        rows_of.entry(class).or_default().push(row);
    }
    if let Some((&class, rows)) = rows_of.iter().find(|(_, rows)| rows.len() < folds) {
        let rows = rows.len();
        return Err(SamplingError::RareClass { class, rows, folds });
    }
    let mut classes: Vec<Vec<usize>> = rows_of.into_values().collect();
    // by first appearance, as in scikit-learn
    classes.sort_by_key(|rows| rows[0]);
    let mut assigned = vec![0; rows];
    let mut before = 0;
    for class in classes {
        // With the rows in the order of their classes, row i of all goes to fold i mod `folds`: that says how many rows
        // of this class each fold gets. They are then consecutive, so that a fold keeps the order of the rows.
        let mut quota = vec![0; folds];
        (before..before + class.len()).for_each(|i| quota[i % folds] += 1);
        before += class.len();
        let mut order: Vec<usize> = (0..folds)
            .flat_map(|fold| std::iter::repeat_n(fold, quota[fold]))
            .collect();
        if let Some(rng) = rng.as_mut() {
            order.shuffle(rng);
        }
        for (row, fold) in class.into_iter().zip(order) {
            assigned[row] = fold;
        }
    }
    by_fold(&assigned, folds)
}

fn check(rows: usize, folds: usize) -> Result<(), SamplingError> {
    if folds < 2 || folds > rows {
        return Err(SamplingError::Folds { folds, rows });
    }
    Ok(())
}

/// The folds in which row i is tested in fold `assigned[i]`.
fn by_fold(assigned: &[usize], folds: usize) -> Result<Vec<Split>, SamplingError> {
    let rows = assigned.len();
    // reserved in one piece, which the system can refuse, and freed again
    room::<usize>(rows.saturating_mul(folds))?;
    let split = |fold| {
        let (test, train) = (0..rows).partition(|&row| assigned[row] == fold);
        Split { train, test }
    };
    Ok((0..folds).map(split).collect())
}

fn shuffled(mut folds: Vec<Split>, rng: &mut dyn RngCore) -> Vec<Split> {
    for fold in &mut folds {
        fold.train.shuffle(rng);
        fold.test.shuffle(rng);
    }
    folds
}
