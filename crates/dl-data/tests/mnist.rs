//! The data set of the examples. Not part of the published crate, since its data is not.

use dl_data::{ImageDataset, Mnist, Scalar, ndarray::Axis};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/mnist");

/// Mean and standard deviation of all pixels.
fn moments<F: Scalar>(data: &ImageDataset<F>) -> (f64, f64) {
    let n = data.images().len() as f64;
    let mean = data.images().iter().map(|p| p.as_f64()).sum::<f64>() / n;
    let squares = data.images().iter().map(|p| (p.as_f64() - mean).powi(2));
    (mean, (squares.sum::<f64>() / n).sqrt())
}

#[test]
fn it_is_the_published_data_set() {
    let Mnist { train, test } = Mnist::<f32>::load(FOLDER).unwrap();
    assert_eq!(train.images().dim(), (60_000, 28, 28, 1));
    assert_eq!(test.images().dim(), (10_000, 28, 28, 1));
    assert_eq!(train.class_names()[..2], ["0", "1"]);

    assert_eq!(
        train.class_counts(),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(
        test.class_counts(),
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    );
    let first = |data: &ImageDataset<f32>| data.labels().iter().take(10).copied().collect();
    let (first_train, first_test): (Vec<_>, Vec<_>) = (first(&train), first(&test));
    assert_eq!(first_train, [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(first_test, [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);

    // the well-known normalisation constants
    let (mean, std) = moments(&train);
    assert!((mean - 0.1307).abs() <= 5e-5, "{mean}");
    assert!((std - 0.3081).abs() <= 5e-5, "{std}");
    assert!(train.images().iter().all(|p| (0. ..=1.).contains(p)));

    // upright: the first test image is a 7, with its bar at the top and nothing at the lower left
    let seven = test.images().index_axis(Axis(0), 0);
    assert!(seven[[8, 10, 0]] > 0.5 && seven[[20, 6, 0]] == 0.);
}

#[test]
fn precisions_agree() {
    let single = Mnist::<f32>::load(FOLDER).unwrap().test;
    let double = Mnist::<f64>::load(FOLDER).unwrap().test;
    assert_eq!(single.labels(), double.labels());
    assert_eq!(single.images(), double.images().mapv(|p| p as f32));
}
