//! Batches prepared in the background of training.

use std::sync::Arc;

use dl_data::ndarray::{Array1, Array4, Axis};
use dl_data::{Augment, AugmentError, Batches, ImageDataset, LastBatch, generator};

fn data(n: usize) -> Arc<ImageDataset<f32>> {
    let images = Array4::from_shape_fn((n, 4, 4, 1), |(i, ..)| i as f32);
    let labels = Array1::from_shape_fn(n, |i| i % 3);
    let names = ["a", "b", "c"].map(String::from).to_vec();
    Arc::new(ImageDataset::new(images, labels, names).unwrap())
}

#[test]
fn they_are_the_rows_in_order_augmented() {
    let data = data(50);
    let augmenter = Augment::new().noise(0.1).shift(1.).build(3).unwrap();
    for epoch in [0, 1, u64::MAX] {
        let batches = Batches::shuffled(50, 8, LastBatch::Keep, &mut generator(epoch)).unwrap();
        let mut draw = epoch.wrapping_mul(50);
        let mut rows = batches.iter();
        for (x, y) in augmenter.batches(&data, batches.clone(), epoch).unwrap() {
            let rows = rows.next().unwrap();
            let expected = augmenter.apply(&data.images().select(Axis(0), rows), draw);
            assert_eq!(x, expected);
            assert_eq!(y, data.labels().select(Axis(0), rows));
            draw = draw.wrapping_add(rows.len() as u64);
        }
        assert_eq!(rows.next(), None);
    }
}

#[test]
fn epochs_differ_and_repeat() {
    let data = data(9);
    let augmenter = Augment::new().noise(0.1).build(3).unwrap();
    let epoch = |epoch| -> Vec<_> {
        let batches = Batches::in_order(9, 4, LastBatch::Keep).unwrap();
        augmenter.batches(&data, batches, epoch).unwrap().collect()
    };
    assert_eq!(epoch(1), epoch(1));
    assert!(epoch(0).iter().zip(&epoch(1)).all(|(a, b)| a.0 != b.0));
}

#[test]
fn after_the_end_there_is_nothing() {
    let data = data(9);
    let batches = Batches::in_order(9, 9, LastBatch::Keep).unwrap();
    let mut all = Augment::new()
        .build(0)
        .unwrap()
        .batches(&data, batches, 0)
        .unwrap();
    assert_eq!(all.next().unwrap().0, *data.images());
    assert!(all.next().is_none() && all.next().is_none());
}

#[test]
fn dropped_early_it_lets_go_of_the_data() {
    let data = data(1000);
    let batches = Batches::in_order(1000, 1, LastBatch::Keep).unwrap();
    let mut some = Augment::new()
        .build(0)
        .unwrap()
        .batches(&data, batches, 0)
        .unwrap();
    assert_eq!(some.next().unwrap().1[0], 0);
    drop(some);
    // its thread has ended: nothing else holds the images
    assert_eq!(Arc::strong_count(&data), 1);
}

#[test]
fn rows_out_of_range() {
    let batches = Batches::in_order(10, 4, LastBatch::Keep).unwrap();
    let error = Augment::new()
        .build(0)
        .unwrap()
        .batches(&data(9), batches, 0)
        .unwrap_err();
    assert!(matches!(error, AugmentError::Rows(_)));
    assert_eq!(
        error.to_string(),
        "row 9 is out of range: the data has 9 rows"
    );
}
