//! Drawing rows: permutations, hold-out splits and the folds of cross-validation, as indices.

mod folds;
mod time_series;

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BinaryHeap},
};

use rand::{Rng, RngCore, seq::SliceRandom};

use crate::memory::{OutOfMemory, room};

pub use folds::{
    group_k_fold, k_fold, k_fold_shuffled, stratified_k_fold, stratified_k_fold_shuffled,
};
pub use time_series::TimeSeriesSplit;

/// Why rows cannot be split.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// The holdout fraction is not inside (0, 1).
    #[error("the holdout fraction is {0}, but must be in (0, 1)")]
    Fraction(f64),
    /// One side would have no row.
    #[error(
        "holding out {fraction} of {rows} rows leaves {train} for training and {test} held out; both need at least 1"
    )]
    EmptySide {
        /// The holdout fraction.
        fraction: f64,
        /// Rows to split.
        rows: usize,
        /// Rows left for training.
        train: usize,
        /// Rows held out.
        test: usize,
    },
    /// A class cannot be on both sides.
    #[error("class {class} has a single row; a stratified split needs at least 2 of each class")]
    SingleRow {
        /// The class.
        class: usize,
    },
    /// There are too few rows on a side for every class to have one.
    #[error(
        "holding out {test} of {rows} rows leaves no room for each of {classes} classes on both sides"
    )]
    TooManyClasses {
        /// Rows to split.
        rows: usize,
        /// Rows held out.
        test: usize,
        /// Classes present.
        classes: usize,
    },
    /// Fewer than 2 folds, or more than rows.
    #[error(
        "{rows} rows cannot be divided into {folds} folds; between 2 and the number of rows are possible"
    )]
    Folds {
        /// The folds asked for.
        folds: usize,
        /// Rows to divide.
        rows: usize,
    },
    /// Fewer than 2 folds of a time series, or not more rows than folds.
    #[error(
        "{rows} rows cannot be divided into {folds} folds of time; there must be at least 2 folds and more rows than folds"
    )]
    TimeFolds {
        /// The folds asked for.
        folds: usize,
        /// Rows to divide.
        rows: usize,
    },
    /// A class that cannot be in every test set.
    #[error(
        "class {class} has {rows} rows; {folds} stratified folds need at least {folds} of each class"
    )]
    RareClass {
        /// The class.
        class: usize,
        /// Its rows.
        rows: usize,
        /// The folds asked for.
        folds: usize,
    },
    /// Fewer groups than folds.
    #[error(
        "there are {groups} groups; {folds} folds need at least {folds}, since no group is divided"
    )]
    Groups {
        /// The groups present.
        groups: usize,
        /// The folds asked for.
        folds: usize,
    },
    /// Nothing is left to train on before the first test set of a time series.
    #[error(
        "{rows} rows leave nothing to train on before {folds} test sets of {test_size} rows and a gap of {gap}"
    )]
    NoPast {
        /// Rows to divide.
        rows: usize,
        /// The folds asked for.
        folds: usize,
        /// Rows of a test set.
        test_size: usize,
        /// Rows left out between training and test rows.
        gap: usize,
    },
    /// A setting of a time series split that is zero.
    #[error("the {what} of a time series split is 0, but must be at least 1")]
    Zero {
        /// The setting.
        what: &'static str,
    },
    /// Not enough memory for the row indices.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

/// Row indices for training and the rows held out: each in random order where they were drawn, in increasing order
/// where they were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Rows to train on.
    pub train: Vec<usize>,
    /// Rows held out.
    pub test: Vec<usize>,
}

// The functions below take any generator, and what they do is compiled once, here.

/// A uniformly random order of 0 … n−1 (Fisher–Yates).
///
/// # Errors
/// [`SamplingError::Memory`] if there is not enough for them.
pub fn permutation<R: Rng + ?Sized>(n: usize, rng: &mut R) -> Result<Vec<usize>, SamplingError> {
    let mut rng = rng;
    Ok(shuffled(in_order(n)?, &mut rng))
}

/// 0 … n−1.
///
/// # Errors
/// As [`permutation`].
pub fn in_order(n: usize) -> Result<Vec<usize>, SamplingError> {
    let mut rows = room(n)?;
    rows.extend(0..n);
    Ok(rows)
}

fn shuffled(mut rows: Vec<usize>, rng: &mut dyn RngCore) -> Vec<usize> {
    rows.shuffle(rng);
    rows
}

/// Holds out round(`fraction`·n) of n rows at random.
///
/// # Errors
/// [`SamplingError`] for a fraction outside (0, 1), where a side would be empty, and where there is no
/// memory for n indices.
pub fn holdout<R: Rng + ?Sized>(
    n: usize,
    fraction: f64,
    rng: &mut R,
) -> Result<Split, SamplingError> {
    let held_out = held_out(n, fraction)?;
    let mut test = permutation(n, rng)?;
    let train = test.split_off(held_out);
    Ok(Split { train, test })
}

/// Holds out round(`fraction`·n) rows so that each class keeps its share on both sides: class c
/// gives `fraction · n_c` rows, rounded by largest remainder, at least one and at most `n_c − 1`.
///
/// ```
/// use dl_core::{random::generator, sampling::stratified_holdout};
/// let split = stratified_holdout(&[0, 0, 0, 0, 1, 1], 0.5, &mut generator(0))?;
/// assert_eq!(split.test.iter().filter(|&&row| row >= 4).count(), 1);
/// # Ok::<(), dl_core::sampling::SamplingError>(())
/// ```
///
/// # Errors
/// As [`holdout`], and where a class has a single row or there is no room for every class.
pub fn stratified_holdout<R: Rng + ?Sized>(
    labels: &[usize],
    fraction: f64,
    rng: &mut R,
) -> Result<Split, SamplingError> {
    let mut rng = rng;
    stratified(labels, fraction, &mut rng)
}

fn stratified(
    labels: &[usize],
    fraction: f64,
    rng: &mut dyn RngCore,
) -> Result<Split, SamplingError> {
    let held_out = held_out(labels.len(), fraction)?;
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &class) in labels.iter().enumerate() {
        rows_of.entry(class).or_default().push(row);
    }
    if let Some((&class, _)) = rows_of.iter().find(|(_, rows)| rows.len() == 1) {
        return Err(SamplingError::SingleRow { class });
    }
    let sizes: Vec<usize> = rows_of.values().map(Vec::len).collect();
    let quotas = quotas(&sizes, held_out).ok_or(SamplingError::TooManyClasses {
        rows: labels.len(),
        test: held_out,
        classes: sizes.len(),
    })?;
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (rows, quota) in rows_of.into_values().zip(quotas) {
        let mut rows = shuffled(rows, rng);
        train.extend(rows.split_off(quota));
        test.extend(rows);
    }
    let (train, test) = (shuffled(train, rng), shuffled(test, rng));
    Ok(Split { train, test })
}

fn held_out(rows: usize, fraction: f64) -> Result<usize, SamplingError> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(SamplingError::Fraction(fraction));
    }
    let test = (fraction * rows as f64).round() as usize;
    if test == 0 || test == rows {
        return Err(SamplingError::EmptySide {
            fraction,
            rows,
            train: rows - test,
            test,
        });
    }
    Ok(test)
}

/// How many of `total` each class gives: proportional to its size (2 or more), by largest
/// remainder, within 1 … size − 1. `None` where that cannot be.
fn quotas(sizes: &[usize], total: usize) -> Option<Vec<usize>> {
    let rows: usize = sizes.iter().sum();
    let share = |size: usize| size as f64 * total as f64 / rows as f64;
    let bounds = |size: usize| (1, size - 1);
    let mut quotas: Vec<usize> = sizes
        .iter()
        .map(|&size| (share(size) as usize).clamp(bounds(size).0, bounds(size).1))
        .collect();
    let given: usize = quotas.iter().sum();
    let missing = given < total;
    // the class furthest below (above) its share gives one more (less), among equals the first
    let lag = |i: usize, quota: usize| {
        let lag = share(sizes[i]) - quota as f64;
        Lag(if missing { lag } else { -lag })
    };
    let is_open = |i: usize, quota: usize| {
        let (least, most) = bounds(sizes[i]);
        if missing { quota < most } else { quota > least }
    };
    let open = (0..sizes.len()).filter(|&i| is_open(i, quotas[i]));
    let mut by_lag: BinaryHeap<_> = open.map(|i| (lag(i, quotas[i]), Reverse(i))).collect();
    for _ in 0..given.abs_diff(total) {
        let (_, Reverse(i)) = by_lag.pop()?;
        quotas[i] = if missing {
            quotas[i] + 1
        } else {
            quotas[i] - 1
        };
        if is_open(i, quotas[i]) {
            by_lag.push((lag(i, quotas[i]), Reverse(i)));
        }
    }
    Some(quotas)
}

/// How far a class is from its share, ordered.
#[derive(PartialEq)]
struct Lag(f64);

impl Eq for Lag {}

impl PartialOrd for Lag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Lag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use proptest::prelude::*;

    fn count(labels: &[usize], rows: &[usize], class: usize) -> usize {
        rows.iter().filter(|&&row| labels[row] == class).count()
    }

    proptest! {
        #[test]
        fn a_split_is_a_partition(
            labels in prop::collection::vec(0usize..4, 2..200),
            fraction in 0.01f64..0.99,
            seed: u64,
        ) {
            for split in [
                holdout(labels.len(), fraction, &mut generator(seed)),
                stratified_holdout(&labels, fraction, &mut generator(seed)),
            ] {
                let Ok(split) = split else { continue };
                let mut rows = [split.train.clone(), split.test.clone()].concat();
                rows.sort_unstable();
                prop_assert_eq!(rows, (0..labels.len()).collect::<Vec<_>>());
                let expected = (fraction * labels.len() as f64).round() as usize;
                prop_assert_eq!(split.test.len(), expected);
            }
        }

        #[test]
        fn classes_keep_their_shares(
            sizes in prop::collection::vec(20usize..60, 2..5),
            fraction in 0.1f64..0.9,
            seed: u64,
        ) {
            let labels: Vec<usize> = sizes.iter().enumerate()
                .flat_map(|(class, &size)| std::iter::repeat_n(class, size)).collect();
            let split = stratified_holdout(&labels, fraction, &mut generator(seed)).unwrap();
            for (class, &size) in sizes.iter().enumerate() {
                let held_out = count(&labels, &split.test, class) as f64;
                prop_assert!((held_out - fraction * size as f64).abs() <= 1.5);
            }
        }
    }

    /// The definition of largest remainder, one row at a time.
    fn quotas_one_by_one(sizes: &[usize], total: usize) -> Option<Vec<usize>> {
        let rows: usize = sizes.iter().sum();
        let share = |i: usize| sizes[i] as f64 * total as f64 / rows as f64;
        let mut quotas: Vec<usize> = (0..sizes.len())
            .map(|i| (share(i) as usize).clamp(1, sizes[i] - 1))
            .collect();
        while quotas.iter().sum::<usize>() != total {
            let missing = quotas.iter().sum::<usize>() < total;
            let lag = |i: usize| (share(i) - quotas[i] as f64) * if missing { 1.0 } else { -1.0 };
            let is_open = |&i: &usize| match missing {
                true => quotas[i] < sizes[i] - 1,
                false => quotas[i] > 1,
            };
            let open = (0..sizes.len()).rev().filter(is_open);
            let next = open.max_by(|&a, &b| lag(a).total_cmp(&lag(b)))?;
            quotas[next] = if missing {
                quotas[next] + 1
            } else {
                quotas[next] - 1
            };
        }
        Some(quotas)
    }

    proptest! {
        #[test]
        fn quotas_are_those_of_the_definition(
            sizes in prop::collection::vec(2usize..9, 1..12),
            share in 0.0f64..1.0,
        ) {
            let total = (share * sizes.iter().sum::<usize>() as f64) as usize;
            prop_assert_eq!(quotas(&sizes, total), quotas_one_by_one(&sizes, total));
        }
    }

    /// Seconds in all, were a class looked for among all others each time.
    #[test]
    fn as_many_classes_as_there_may_be() {
        let labels: Vec<usize> = (0..300_000).map(|row| row / 3).collect();
        let split = stratified_holdout(&labels, 0.5, &mut generator(0)).unwrap();
        assert_eq!(split.test.len(), 150_000);
        let mut held_out = vec![0; 100_000];
        split
            .test
            .iter()
            .for_each(|&row| held_out[labels[row]] += 1);
        assert!(held_out.iter().all(|n| (1..=2).contains(n)));
    }

    #[test]
    fn more_rows_than_memory_are_an_error() {
        for n in [usize::MAX, 1 << 60, 1 << 48] {
            let rng = &mut generator(0);
            let refused = [
                permutation(n, rng).map(drop),
                in_order(n).map(drop),
                holdout(n, 0.5, rng).map(drop),
            ];
            for result in refused {
                assert!(matches!(result, Err(SamplingError::Memory(_))), "{n}");
            }
        }
    }

    #[test]
    fn iris_like_classes_give_ten_rows_each() {
        let labels: Vec<usize> = (0..150).map(|row| row / 50).collect();
        let split = stratified_holdout(&labels, 0.2, &mut generator(42)).unwrap();
        for class in 0..3 {
            assert_eq!(count(&labels, &split.test, class), 10);
        }
    }

    #[test]
    fn a_rare_class_is_on_both_sides() {
        let labels = [vec![0; 98], vec![1; 2]].concat();
        let split = stratified_holdout(&labels, 0.1, &mut generator(0)).unwrap();
        assert_eq!(count(&labels, &split.test, 1), 1);
        assert_eq!(split.test.len(), 10);
    }

    #[test]
    fn labels_need_not_count_from_zero() {
        let labels = [7, 7, usize::MAX, usize::MAX];
        let split = stratified_holdout(&labels, 0.5, &mut generator(0)).unwrap();
        assert_eq!(count(&labels, &split.test, 7), 1);
        assert_eq!(count(&labels, &split.test, usize::MAX), 1);
    }

    #[test]
    fn errors_say_what_was_asked() {
        let message = |result: Result<Split, SamplingError>| result.unwrap_err().to_string();
        let rng = &mut generator(0);
        assert_eq!(
            message(holdout(10, 1.0, rng)),
            "the holdout fraction is 1, but must be in (0, 1)"
        );
        assert_eq!(
            message(holdout(10, f64::NAN, rng)),
            "the holdout fraction is NaN, but must be in (0, 1)"
        );
        assert_eq!(
            message(holdout(3, 0.1, rng)),
            "holding out 0.1 of 3 rows leaves 3 for training and 0 held out; both need at least 1"
        );
        assert_eq!(
            message(stratified_holdout(&[], 0.5, rng)),
            "holding out 0.5 of 0 rows leaves 0 for training and 0 held out; both need at least 1"
        );
        assert_eq!(
            message(stratified_holdout(&[0, 0, 0, 1], 0.5, rng)),
            "class 1 has a single row; a stratified split needs at least 2 of each class"
        );
        assert_eq!(
            message(stratified_holdout(&[0, 0, 1, 1, 2, 2], 0.2, rng)),
            "holding out 1 of 6 rows leaves no room for each of 3 classes on both sides"
        );
    }
}
