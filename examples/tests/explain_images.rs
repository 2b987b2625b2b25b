//! The binary `explain_images`, and the answers of the chapter "What has it learned?".

mod common;

use std::fs;

use common::{Directory, assert_refused, run};
use dl_nn::metrics::{MetricError, Temperature};
use dl_nn::prelude::*;
use dl_watch::explain::saliency;
use ndarray::{Array4, array};

const BINARY: &str = env!("CARGO_BIN_EXE_explain_images");

#[test]
fn explains_calibrates_and_replays_its_record() {
    let (out, again) = (Directory::new(), Directory::new());
    let record = &out.record();
    let ended = run(BINARY, &out, &["--record", record]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    assert!(ended.value("temperature") > 1.0, "it is too sure of itself");
    assert_eq!(
        ended.value("before accuracy"),
        ended.value("after accuracy")
    );
    assert!(ended.value("before accuracy") > 0.85);
    for measure in ["log loss", "calibration error", "mean confidence"] {
        let [before, after] =
            ["before", "after"].map(|when| ended.value(&format!("{when} {measure}")));
        assert!(after < before, "{measure}: {before}, {after}");
    }
    let files = [
        "explain_images.png",
        "explain_images_reliability.png",
        "explain_images_reliability.svg",
    ];
    assert_eq!(out.files(), files);

    let replayed = run(BINARY, &again, &["--replay", record]);
    assert_eq!(replayed.value("temperature"), ended.value("temperature"));
    for file in files {
        let read = |directory: &Directory| fs::read(directory.path().join(file)).unwrap();
        assert_eq!(read(&out), read(&again), "{file}");
    }
}

#[test]
fn says_where_there_is_no_data() {
    assert_refused(BINARY, &["--data", "nowhere"], "nowhere");
}

#[test]
fn exercise_1_the_saliency_of_a_dense_layer_is_its_weights() {
    let model: Model<f64> = Sequential::input([2, 2, 1])
        .push(Flatten)
        .push(Dense::new(3))
        .build(1)
        .unwrap();
    let images = Array4::from_shape_fn((2, 2, 2, 1), |(i, y, x, _)| (i + 2 * y * x) as f64);
    let maps = saliency(&model, &images, &array![2, 2]).unwrap();
    let (_, weights) = model.params().next().unwrap();
    for (at, &slope) in maps.indexed_iter() {
        let pixel = 2 * at.1 + at.2;
        assert_eq!(slope, weights[[pixel, 2]].abs(), "{at:?}");
    }
}

#[test]
fn exercise_2_no_temperature_suits_images_known_by_heart() {
    let fit = Temperature::fit(&array![[3.0, 1.0], [0.0, 2.0]], &array![0, 1]);
    assert!(matches!(fit, Err(MetricError::Undefined { .. })));
}
