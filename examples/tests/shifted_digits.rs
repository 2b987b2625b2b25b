//! The binary `shifted_digits`.

mod common;

use std::fs;

use common::{Directory, assert_refused, run};
use dl_conv::Conv2d;
use dl_nn::prelude::Sequential;
use ndarray::array;

const BINARY: &str = env!("CARGO_BIN_EXE_shifted_digits");

#[test]
fn counts_parameters_and_replays_its_record() {
    let (out, again) = (Directory::new(), Directory::new());
    let record = &out.record();
    let ended = run(BINARY, &out, &["--train", "3000", "--record", record]);
    assert!(ended.success, "{}", ended.stderr);
    for line in [
        "image 28 by 28 by 1: dense 78500 convolution 320",
        "image 224 by 224 by 3: dense 15052900 convolution 896",
        "parameters of fully connected 92406",
        "parameters of convolutional 93322",
    ] {
        assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
    }
    let accuracy = |network: &str, pixels: usize| -> f64 {
        let start = format!("{network}, moved by {pixels}");
        let line = ended
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(&start));
        let mut words = line.expect("a line a distance").split_whitespace();
        words.next().unwrap().parse().unwrap()
    };
    assert!(accuracy("fully connected", 0) >= 0.8);
    assert!(accuracy("fully connected", 4) <= accuracy("convolutional", 4));
    let files = [
        "shifted_digits.png",
        "shifted_digits.svg",
        "shifted_digits_example.png",
    ];
    assert_eq!(out.files(), files);

    let replayed = run(BINARY, &again, &["--replay", record]);
    assert!(replayed.success, "{}", replayed.stderr);
    for file in out.files() {
        let read = |directory: &Directory| fs::read(directory.path().join(&file)).unwrap();
        assert_eq!(read(&out), read(&again), "{file}");
    }
}

#[test]
fn refuses_bad_options() {
    assert_refused(BINARY, &["--train", "0"], "0 is not in 1..=60000");
}

#[test]
fn exercise_1_a_large_image() {
    let (pixels, neurons) = (1000_u64 * 1000 * 3, 1000);
    assert_eq!(pixels * neurons + neurons, 3_000_001_000);
    let model = Sequential::<f32>::input([10, 10, 3])
        .push(Conv2d::new(1000, 3))
        .build(0)
        .unwrap();
    assert_eq!(model.parameter_count(), 28_000);
}

#[test]
fn exercise_3_a_shuffled_layer() {
    let p = array![[0.0, 1.0], [1.0, 0.0]];
    let (x, w) = (
        array![[2.0, 3.0]],
        array![[0.5, -1.0, 4.0], [1.5, 0.25, -2.0]],
    );
    assert_eq!(x.dot(&p).dot(&p.t().dot(&w)), x.dot(&w));
    assert_ne!(x.dot(&p).dot(&w), x.dot(&w));
}
