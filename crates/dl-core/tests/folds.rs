//! What holds for any folds: rows are tested once, groups are not divided, and nothing is trained on the future.

use std::collections::BTreeSet;

use dl_core::random::generator;
use dl_core::sampling::{
    SamplingError, Split, TimeSeriesSplit, group_k_fold, k_fold, k_fold_shuffled,
    stratified_k_fold, stratified_k_fold_shuffled,
};
use proptest::prelude::*;

fn sorted(mut rows: Vec<usize>) -> Vec<usize> {
    rows.sort_unstable();
    rows
}

/// Every row is tested in one fold, and each fold has every row on one side.
fn require_partition(folds: &[Split], rows: usize) -> Result<(), TestCaseError> {
    let all: Vec<usize> = (0..rows).collect();
    let tested = folds.iter().flat_map(|fold| fold.test.clone()).collect();
    prop_assert_eq!(sorted(tested), all.clone());
    for fold in folds {
        let both = [fold.train.clone(), fold.test.clone()].concat();
        prop_assert_eq!(sorted(both), all.clone());
    }
    Ok(())
}

fn spread(counts: impl Iterator<Item = usize> + Clone) -> usize {
    counts.clone().max().unwrap() - counts.min().unwrap()
}

proptest! {
    #[test]
    fn rows_are_divided_evenly(rows in 2usize..120, folds in 2usize..12, seed: u64) {
        prop_assume!(folds <= rows);
        for splits in [
            k_fold(rows, folds).unwrap(),
            k_fold_shuffled(rows, folds, &mut generator(seed)).unwrap(),
        ] {
            require_partition(&splits, rows)?;
            prop_assert!(spread(splits.iter().map(|fold| fold.test.len())) <= 1);
        }
    }

    #[test]
    fn classes_are_divided_evenly(
        labels in prop::collection::vec(0usize..4, 30..120),
        folds in 2usize..5,
        seed: u64,
    ) {
        let splits = [
            stratified_k_fold(&labels, folds),
            stratified_k_fold_shuffled(&labels, folds, &mut generator(seed)),
        ];
        for splits in splits {
            let Ok(splits) = splits else { continue };
            require_partition(&splits, labels.len())?;
            prop_assert!(spread(splits.iter().map(|fold| fold.test.len())) <= 1);
            for class in 0..4 {
                let of_class = |fold: &Split| fold.test.iter().filter(|&&row| labels[row] == class).count();
                prop_assert!(spread(splits.iter().map(of_class)) <= 1);
            }
        }
    }

    #[test]
    fn groups_are_not_divided(groups in prop::collection::vec(0u8..20, 2..120), folds in 2usize..6) {
        match group_k_fold(&groups, folds) {
            Ok(splits) => {
                require_partition(&splits, groups.len())?;
                for fold in splits {
                    let of = |rows: &[usize]| rows.iter().map(|&row| groups[row]).collect::<BTreeSet<_>>();
                    prop_assert!(of(&fold.train).is_disjoint(&of(&fold.test)));
                }
            }
            Err(error) => {
                let present = groups.iter().collect::<BTreeSet<_>>().len();
                prop_assert!(present < folds, "{}", error);
            }
        }
    }

    #[test]
    fn nothing_is_trained_on_the_future(
        rows in 3usize..200,
        folds in 2usize..8,
        gap in 0usize..5,
        test_size in prop::option::of(1usize..20),
        max_train_size in prop::option::of(1usize..50),
    ) {
        let split = TimeSeriesSplit { folds, gap, test_size, max_train_size };
        let Ok(splits) = split.split(rows) else { return Ok(()) };
        prop_assert_eq!(splits.len(), folds);
        let tested: Vec<usize> = splits.iter().flat_map(|fold| fold.test.clone()).collect();
        prop_assert_eq!(tested, (rows - folds * splits[0].test.len()..rows).collect::<Vec<_>>());
        for fold in splits {
            let last = *fold.train.last().unwrap();
            prop_assert_eq!(last + gap + 1, fold.test[0]);
            prop_assert!(fold.train.is_sorted());
            prop_assert!(max_train_size.is_none_or(|most| fold.train.len() <= most));
        }
    }
}

/// The order of the rows must not decide which are tested together.
#[test]
fn shuffled_folds_follow_the_seed() {
    let folds = |seed| k_fold_shuffled(30, 3, &mut generator(seed)).unwrap();
    assert_eq!(folds(1), folds(1));
    assert_ne!(folds(1), folds(2));
    let labels = [[0; 15], [1; 15]].concat();
    let folds = |seed| stratified_k_fold_shuffled(&labels, 3, &mut generator(seed)).unwrap();
    assert_eq!(folds(1), folds(1));
    assert_ne!(folds(1), folds(2));
}

#[test]
fn errors_say_what_was_asked() {
    let message = |result: Result<Vec<Split>, SamplingError>| result.unwrap_err().to_string();
    for folds in [0, 1, 6] {
        assert_eq!(
            message(k_fold(5, folds)),
            format!(
                "5 rows cannot be divided into {folds} folds; between 2 and the number of rows are possible"
            )
        );
    }
    assert_eq!(
        message(stratified_k_fold(&[0, 0, 0, 4, 4], 3)),
        "class 4 has 2 rows; 3 stratified folds need at least 3 of each class"
    );
    assert_eq!(
        message(group_k_fold(&["a", "a", "b"], 3)),
        "there are 2 groups; 3 folds need at least 3, since no group is divided"
    );
    assert_eq!(
        message(TimeSeriesSplit::new(2).test_size(3).gap(4).split(10)),
        "10 rows leave nothing to train on before 2 test sets of 3 rows and a gap of 4"
    );
    assert_eq!(
        message(TimeSeriesSplit::new(2).test_size(0).split(10)),
        "the test size of a time series split is 0, but must be at least 1"
    );
    assert_eq!(
        message(TimeSeriesSplit::new(10).split(10)),
        "10 rows cannot be divided into 10 folds of time; there must be at least 2 folds and more rows than folds"
    );
    let huge = message(k_fold(1 << 60, 1 << 20));
    assert!(huge.starts_with("not enough memory for"), "{huge}");
}
