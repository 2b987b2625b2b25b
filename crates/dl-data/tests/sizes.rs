//! Large but valid data is processed in time proportional to its size; counts beyond all memory are errors.

use dl_data::ndarray::{Array1, Array2, Axis};
use dl_data::{
    Batches, Csv, DatasetError, LastBatch, Pca, Scalar, StandardScaler, generator, k_fold, one_hot,
};

#[test]
fn a_table_of_100_000_columns() {
    let columns = 100_000;
    let names: Vec<String> = (0..columns)
        .map(|column| format!("gene {column}"))
        .collect();
    let mut table = format!("{},kind\n", names.join(","));
    for row in 0..6 {
        for column in 0..columns {
            table += if (row * 7 + column) % 5 < 2 {
                "1.5,"
            } else {
                "0,"
            };
        }
        table += if row % 2 == 0 { "a\n" } else { "b\n" };
    }
    // also with each column requested by name
    let csv = Csv::new()
        .label("kind")
        .only(names.iter().map(String::as_str));
    let data = csv.read::<f32>(table.as_bytes(), "genes").unwrap();
    assert_eq!(data.features().dim(), (6, columns));
    let x = StandardScaler::fit(data.features())
        .unwrap()
        .transform(data.features())
        .unwrap();
    let pca = Pca::fit(&x, 4).unwrap();
    assert_eq!(pca.components().dim(), (4, columns));
    assert!((pca.explained_variance_ratio().sum() - 1.0).abs() <= 1e-6);
    let near = pca.inverse_transform(&pca.transform(&x).unwrap()).unwrap();
    assert!((near - x).iter().all(|d| d.abs() <= 1e-4));
}

#[test]
fn a_matrix_of_the_shorter_side_that_no_memory_holds() {
    let zero = Array2::<f64>::zeros((1, 1));
    for (rows, columns) in [(1 << 24, 1 << 24), (1 << 30, 1 << 25)] {
        let x = zero.broadcast((rows, columns)).unwrap();
        let error = Pca::fit(&x, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Pca: not enough memory to decompose {rows} × {columns} data")
        );
    }
}

#[test]
fn a_table_of_100_000_classes() {
    let classes = 100_000;
    let mut table = String::from("x,class\n");
    for row in 0..3 * classes {
        table += &format!("{},c{}\n", row % 7, row % classes);
    }
    let data = Csv::new().read::<f32>(table.as_bytes(), "t").unwrap();
    let (train, test) = data.split(0.5, &mut generator(0)).unwrap();
    assert_eq!((train.len(), test.len()), (150_000, 150_000));
    assert!(
        test.class_counts()
            .iter()
            .all(|count| (1..=2).contains(count))
    );
    let folds = data.k_fold(3, &mut generator(0)).unwrap();
    assert!(folds.iter().all(|fold| fold.test.len() == classes));
}

#[test]
fn counts_beyond_all_memory() {
    let rng = &mut generator(0);
    for n in [usize::MAX, usize::MAX / 2 + 1, 1 << 60, 1 << 48] {
        let no_room = |result: Result<(), DatasetError>| {
            let error = result.unwrap_err();
            assert!(error.to_string().contains("memory"), "{error}");
        };
        no_room(k_fold(n, 2, rng).map(drop));
        no_room(k_fold(n, n, rng).map(drop));
        no_room(Batches::shuffled(n, 1, LastBatch::Keep, rng).map(drop));
        no_room(Batches::in_order(n, n, LastBatch::Drop).map(drop));
        no_room(one_hot::encode::<f32>(&Array1::from(vec![0, 1]), n).map(drop));
        no_room(one_hot::encode::<f64>(&Array1::from(vec![0]), n).map(drop));
    }
}

/// A long column gives the same moments in either memory layout.
#[test]
fn long_columns() {
    let rng = &mut generator(3);
    let x = Array2::from_shape_simple_fn((100_000, 2), || f64::standard_normal(rng) + 1e6);
    let by_rows = StandardScaler::fit(&x).unwrap();
    let by_columns = StandardScaler::fit(&x.t().as_standard_layout().t()).unwrap();
    assert_eq!(by_rows, by_columns);
    let z = by_rows.transform(&x).unwrap();
    assert!(
        z.mean_axis(Axis(0))
            .unwrap()
            .iter()
            .all(|mean| mean.abs() <= 1e-9)
    );
}
