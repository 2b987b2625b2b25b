//! Data sets, splits, folds and batches.

use dl_data::ndarray::{Array1, Array2, array};
use dl_data::{
    Batches, Dataset, DatasetError, LastBatch, RegressionDataset, Split, generator, iris, k_fold,
    one_hot, stratified_k_fold,
};
use proptest::prelude::*;

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(String::from).to_vec()
}

fn small() -> Dataset<f64> {
    let features = array![[1., 2.], [3., 4.], [5., 6.]];
    Dataset::new(
        features,
        array![0, 1, 0],
        names(["a", "b"]),
        names(["p", "q", "r"]),
    )
    .unwrap()
}

/// A data set with these labels, whose only feature is the row index.
fn labelled(labels: &[usize]) -> Dataset<f64> {
    let rows: Vec<f64> = (0..labels.len()).map(|row| row as f64).collect();
    let features = Array2::from_shape_vec((rows.len(), 1), rows).unwrap();
    let classes = names(["p", "q", "r", "s"]);
    Dataset::new(features, labels.to_vec().into(), names(["row"]), classes).unwrap()
}

fn rows_of(data: &Dataset<f64>) -> Vec<usize> {
    data.features().iter().map(|&row| row as usize).collect()
}

#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, DatasetError>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

#[test]
fn rows_are_selected_in_any_order_and_again() {
    let selected = small().select(&[2, 0, 2]).unwrap();
    assert_eq!(selected.features(), array![[5., 6.], [1., 2.], [5., 6.]]);
    assert_eq!(selected.labels(), array![0, 0, 0]);
    assert_eq!(selected.class_counts(), [3, 0, 0]);
    assert_eq!(selected.class_names(), small().class_names());
}

#[test]
fn labels_as_one_hot_rows() {
    let expected = array![[1., 0., 0.], [0., 1., 0.], [1., 0., 0.]];
    assert_eq!(small().one_hot_labels().unwrap(), expected);
    assert_eq!(one_hot::decode(&expected).unwrap(), array![0, 1, 0]);
}

#[test]
fn features_are_replaced() {
    let data = small();
    let halves = data
        .features()
        .sum_axis(dl_data::ndarray::Axis(1))
        .insert_axis(dl_data::ndarray::Axis(1));
    let sums = data.with_features(halves, names(["a + b"])).unwrap();
    assert_eq!(sums.features(), array![[3.], [7.], [11.]]);
    assert_eq!(sums.into_parts().1, array![0, 1, 0]);
}

#[test]
fn what_is_no_data_set() {
    let x = || array![[1., 2.], [3., 4.]];
    let new = |x: Array2<f64>, labels: Array1<usize>, features: &[&str], classes: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
        Dataset::new(x, labels, owned(features), owned(classes))
    };
    says(
        new(x(), array![0], &["a", "b"], &["p", "q"]),
        "2 rows of features, but 1 labels",
    );
    says(
        new(x(), array![0, 1], &["a"], &["p", "q"]),
        "2 feature columns, but 1 feature names",
    );
    says(
        new(x(), array![0, 2], &["a", "b"], &["p", "q"]),
        "label 2 in row 1: labels must be below 2, the number of classes",
    );
    says(
        new(x(), array![0, 0], &["a", "b"], &["p"]),
        "1 classes; classification needs at least 2",
    );
    says(
        new(x(), array![0, 1], &["a", "b"], &["p", "q", "p"]),
        r#"classes 0 and 2 are both named "p""#,
    );
    says(
        new(Array2::zeros((0, 2)), array![], &["a", "b"], &["p", "q"]),
        "Dataset: the data is empty",
    );
    says(
        new(Array2::zeros((2, 0)), array![0, 1], &[], &["p", "q"]),
        "Dataset: the data is empty",
    );
    says(
        new(
            array![[1., 2.], [f64::NAN, 4.]],
            array![0, 1],
            &["a", "b"],
            &["p", "q"],
        ),
        "Dataset: the value in row 1, column 0 is NaN; values must be finite",
    );
}

#[test]
fn what_is_no_regression_data_set() {
    let new = |target| RegressionDataset::new(array![[1.], [2.]], target, names(["a"]), "y".into());
    says(new(array![1.]), "2 rows of features, but 1 labels");
    says(
        new(array![1., f64::INFINITY]),
        "target: the value in row 1, column 0 is inf; values must be finite",
    );
    let data = new(array![5., 6.]).unwrap();
    assert_eq!(data.select(&[1]).unwrap().target(), array![6.]);
    says(
        data.select(&[2]),
        "row 2 is out of range: the data has 2 rows",
    );
    says(
        data.split(0.1, &mut generator(0)),
        "holding out 0.1 of 2 rows leaves 2 for training and 0 held out; both need at least 1",
    );
    let (train, test) = data.split(0.5, &mut generator(0)).unwrap();
    assert_eq!(train.target() + test.target(), array![11.]);
}

#[test]
fn what_cannot_be_selected_or_split() {
    let rng = &mut generator(0);
    says(
        small().select(&[0, 3]),
        "row 3 is out of range: the data has 3 rows",
    );
    says(small().select(&[]), "selection: the data is empty");
    says(
        small().split(0.5, rng),
        "class q has 1 rows, but needs at least 2 to be in every part",
    );
    assert!(small().split_unstratified(0.5, rng).is_ok());
    for share in [0.0, 1.0, -0.2, f64::NAN] {
        let expected = format!("the holdout fraction is {share}, but must be in (0, 1)");
        says(small().split(share, rng), &expected);
        says(small().split_unstratified(share, rng), &expected);
    }
    says(
        small().split_unstratified(0.1, rng),
        "holding out 0.1 of 3 rows leaves 3 for training and 0 held out; both need at least 1",
    );
}

#[test]
fn what_cannot_be_folded_or_batched() {
    let rng = &mut generator(0);
    for folds in [0, 1, 11] {
        says(
            k_fold(10, folds, rng),
            &format!(
                "{folds} folds of 10 rows; there must be at least 2 folds and at most one per row"
            ),
        );
    }
    says(
        iris::<f32>().k_fold(51, rng),
        "class setosa has 50 rows, but needs at least 51 to be in every part",
    );
    says(
        stratified_k_fold(&[7, 9, 7, 9, 9], 3, rng),
        "class 7 has 2 rows, but needs at least 3 to be in every part",
    );
    for (size, rows) in [(0, 10), (11, 10), (1, 0)] {
        let expected = format!(
            "batch size {size} for {rows} rows; it must be at least 1 and at most the number of rows"
        );
        says(
            Batches::shuffled(rows, size, LastBatch::Keep, rng),
            &expected,
        );
        says(Batches::in_order(rows, size, LastBatch::Drop), &expected);
    }
}

#[test]
fn what_is_not_one_hot() {
    says(
        one_hot::encode::<f32>(&array![0, 3], 3),
        "label 3 in row 1: labels must be below 3, the number of classes",
    );
    says(
        one_hot::encode::<f32>(&array![0, 3], usize::MAX),
        &format!("not enough memory for 2 × {} values", usize::MAX),
    );
    for row in [[0., 0.], [1., 1.], [0., 2.], [f64::NAN, 1.], [0.5, 0.5]] {
        says(
            one_hot::decode(&array![[1., 0.], row]),
            "row 1 is not one-hot: it must contain a single 1 and be 0 elsewhere",
        );
    }
}

#[test]
fn a_seed_reproduces_a_split() {
    let split = |seed| iris::<f64>().split(0.2, &mut generator(seed)).unwrap();
    assert_eq!(split(42), split(42));
    assert_ne!(split(42), split(43));
}

#[test]
fn batches_of_an_epoch() {
    let batches = Batches::in_order(7, 3, LastBatch::Keep).unwrap();
    assert_eq!(
        batches.iter().collect::<Vec<_>>(),
        [&[0, 1, 2][..], &[3, 4, 5], &[6]]
    );
    let batches = Batches::in_order(7, 3, LastBatch::Drop).unwrap();
    assert_eq!(batches.iter().collect::<Vec<_>>(), [[0, 1, 2], [3, 4, 5]]);
    let shuffled = |seed| Batches::shuffled(100, 10, LastBatch::Keep, &mut generator(seed));
    assert_eq!(shuffled(1), shuffled(1));
    assert_ne!(shuffled(1), shuffled(2));
}

fn sorted(mut rows: Vec<usize>) -> Vec<usize> {
    rows.sort_unstable();
    rows
}

fn check_folds(folds: &[Split], rows: usize) -> Result<(), TestCaseError> {
    let all: Vec<usize> = (0..rows).collect();
    let tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
    prop_assert_eq!(&sorted(tested), &all);
    for fold in folds {
        prop_assert_eq!(&sorted([&fold.train[..], &fold.test].concat()), &all);
        prop_assert!((rows / folds.len()..=rows.div_ceil(folds.len())).contains(&fold.test.len()));
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_row_is_in_one_test_fold(rows in 2usize..100, folds in 2usize..12, seed: u64) {
        prop_assume!(folds <= rows);
        check_folds(&k_fold(rows, folds, &mut generator(seed)).unwrap(), rows)?;
    }

    #[test]
    fn folds_of_a_class_differ_by_a_row(
        labels in prop::collection::vec(0usize..4, 30..100),
        k in 2usize..6,
        seed: u64,
    ) {
        let data = labelled(&labels);
        let enough = |&count: &usize| count == 0 || count >= k;
        prop_assume!(data.class_counts().iter().all(enough));
        let folds = data.k_fold(k, &mut generator(seed)).unwrap();
        check_folds(&folds, labels.len())?;
        for fold in &folds {
            let tested = data.select(&fold.test).unwrap().class_counts();
            for (tested, all) in tested.into_iter().zip(data.class_counts()) {
                prop_assert!((all / k..=all.div_ceil(k)).contains(&tested));
            }
        }
    }

    #[test]
    fn a_split_divides_the_rows_with_their_labels(
        labels in prop::collection::vec(0usize..4, 30..100),
        share in 0.2f64..0.8,
        seed: u64,
    ) {
        let data = labelled(&labels);
        prop_assume!(data.class_counts().iter().all(|&count| count != 1));
        for sides in [
            data.split(share, &mut generator(seed)).unwrap(),
            data.split_unstratified(share, &mut generator(seed)).unwrap(),
        ] {
            let rows = [rows_of(&sides.0), rows_of(&sides.1)].concat();
            prop_assert_eq!(sorted(rows), (0..labels.len()).collect::<Vec<_>>());
            for side in [sides.0, sides.1] {
                for (row, &label) in rows_of(&side).into_iter().zip(side.labels()) {
                    prop_assert_eq!(label, labels[row]);
                }
            }
        }
    }

    #[test]
    fn batches_have_every_row_once(rows in 1usize..200, size in 1usize..50, seed: u64) {
        prop_assume!(size <= rows);
        let batches = |last| Batches::shuffled(rows, size, last, &mut generator(seed)).unwrap();
        let kept = batches(LastBatch::Keep);
        let seen: Vec<usize> = kept.iter().flatten().copied().collect();
        prop_assert_eq!(sorted(seen), (0..rows).collect::<Vec<_>>());
        let dropped = batches(LastBatch::Drop);
        prop_assert!(dropped.iter().all(|batch| batch.len() == size));
        prop_assert_eq!(dropped.iter().count(), rows / size);
        prop_assert!(kept.iter().zip(&dropped).all(|(a, b)| a == b));
    }

    #[test]
    fn one_hot_and_back(labels in prop::collection::vec(0usize..7, 0..50)) {
        let labels = Array1::from(labels);
        let rows = one_hot::encode::<f32>(&labels, 7).unwrap();
        prop_assert_eq!(rows.sum(), labels.len() as f32);
        prop_assert_eq!(one_hot::decode(&rows).unwrap(), labels);
    }
}
