//! Mixup of any source with classes.

use dl_data::ndarray::{Array1, Array2, Array4, array};
use dl_data::{
    Augment, ImageDataset, Mixup, Mode, RegressionDataset, Source, SourceBatch, SourceTargets,
};

/// Image i is i everywhere.
fn data(n: usize) -> ImageDataset<f64> {
    let images = Array4::from_shape_fn((n, 2, 1, 1), |(i, ..)| i as f64);
    let labels = Array1::from_shape_fn(n, |i| i % 3);
    let names = ["a", "b", "c"].map(String::from).to_vec();
    ImageDataset::new(images, labels, names).unwrap()
}

fn read(
    source: &impl Source<f64>,
    samples: &[usize],
    mode: Mode,
) -> Result<(Array2<f64>, Array2<f64>), String> {
    let mut x = Array2::from_elem((samples.len(), 2), f64::NAN);
    let mut values = Array2::from_elem((samples.len(), 3), f64::NAN);
    let batch = SourceBatch {
        x: x.as_slice_mut().unwrap(),
        values: values.as_slice_mut().unwrap(),
    };
    let read = source.read(samples, mode, batch);
    read.map(|()| (x, values))
        .map_err(|error| error.to_string())
}

#[test]
fn evaluation_is_one_hot() {
    let source = Mixup::new(data(4), 3, 0.2, 1).unwrap();
    assert_eq!(
        Source::<f64>::targets(&source),
        SourceTargets::Values { width: 3 }
    );
    assert_eq!((source.len(), source.sample_shape()), (4, &[2, 1, 1][..]));
    let (x, values) = read(&source, &[2, 0, 3], Mode::Eval).unwrap();
    assert_eq!(x, array![[2., 2.], [0., 0.], [3., 3.]]);
    assert_eq!(values, array![[0., 0., 1.], [1., 0., 0.], [1., 0., 0.]]);
}

/// With one image of 1 among many of 0, in classes of their own, each mixture shows λ.
#[test]
fn lambda_is_beta_distributed_and_mixes_samples_and_targets_alike() {
    let n = 4000;
    for alpha in [0.001, 0.2, 1., 8., 1000.] {
        let images = Array4::from_shape_fn((n, 2, 1, 1), |(i, ..)| (i % 2) as f64);
        let labels = Array1::from_shape_fn(n, |i| i % 2);
        let names = ["a", "b"].map(String::from).to_vec();
        let data = ImageDataset::new(images, labels, names).unwrap();
        let source = Mixup::new(&data, 3, alpha, 1).unwrap();
        let all: Vec<usize> = (0..n).collect();
        let (x, values) = read(&source, &all, Mode::Train { seed: 5 }).unwrap();
        let mut lambdas = Vec::new();
        for (i, (x, values)) in x.outer_iter().zip(values.outer_iter()).enumerate() {
            assert!((values.sum() - 1.).abs() <= 1e-15 && values[2] == 0.);
            assert!((x[0] - values[1]).abs() <= 1e-15 && x[0] == x[1]);
            // otherwise, the partner is of the same class
            if values[0] * values[1] != 0. {
                lambdas.push(values[i % 2]);
            }
        }
        if alpha >= 0.2 {
            // a Beta(α, α) has the mean 1/2 and the variance 1 / (4 (2α + 1))
            let count = lambdas.len() as f64;
            assert!((count - n as f64 / 2.).abs() <= 5. * (n as f64).sqrt() / 2. + 0.05 * count);
            let mean = lambdas.iter().sum::<f64>() / count;
            let variance = lambdas.iter().map(|l| (l - 0.5).powi(2)).sum::<f64>() / count;
            let expected = 1. / (4. * (2. * alpha + 1.));
            assert!((mean - 0.5).abs() <= 5. * (expected / count).sqrt());
            assert!(
                (variance / expected - 1.).abs() <= 0.12,
                "{alpha}: {variance}"
            );
        }
    }
}

#[test]
fn a_pair_belongs_to_its_sample() {
    let data = data(50);
    let source = Mixup::new(&data, 3, 1., 1).unwrap();
    let all: Vec<usize> = (0..50).collect();
    let train = |samples: &[usize], seed| read(&source, samples, Mode::Train { seed }).unwrap();
    let (x, values) = train(&all, 1);
    let (some, some_values) = train(&[40, 3], 1);
    assert_eq!((some.row(0), some.row(1)), (x.row(40), x.row(3)));
    assert_eq!(some_values.row(0), values.row(40));
    assert_ne!(train(&all, 2).0, x);
    let other = Mixup::new(&data, 3, 1., 2).unwrap();
    assert_ne!(read(&other, &all, Mode::Train { seed: 1 }).unwrap().0, x);
    // over what an augmenter makes of them
    let augmented = Augment::new().noise(1.).build(1).unwrap().on(&data);
    let source = Mixup::new(augmented, 3, 1., 1).unwrap();
    let noisy = read(&source, &all, Mode::Train { seed: 1 }).unwrap();
    assert_eq!(noisy.1, values);
    assert!(noisy.0.iter().zip(&x).all(|(a, b)| a != b));
}

#[test]
fn what_cannot_be_mixed() {
    for alpha in [0., -1., f64::NAN, f64::INFINITY] {
        let error = Mixup::new(data(2), 3, alpha, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Mixup alpha is {alpha}, but must be in [0.001, 1000]")
        );
    }
    let images = Array4::zeros((1, 2, 1, 1));
    let names = (0..4).map(|i| i.to_string()).collect();
    let four = ImageDataset::new(images, array![3], names).unwrap();
    let source = Mixup::new(four, 3, 1., 1).unwrap();
    for mode in [Mode::Eval, Mode::Train { seed: 1 }] {
        assert_eq!(
            read(&source, &[0], mode).unwrap_err(),
            "the class of sample 0 is 3; Mixup was made for 3 classes, from 0"
        );
    }
    let names = vec!["a".into(), "b".into()];
    let table = RegressionDataset::new(array![[1., 2.]], array![1.], names, "y".into()).unwrap();
    let source = Mixup::new(table, 3, 1., 1).unwrap();
    assert_eq!(
        read(&source, &[0], Mode::Eval).unwrap_err(),
        "Mixup needs classes, but the targets of the source are values"
    );
}
