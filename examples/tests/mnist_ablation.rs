//! The binary `mnist_ablation`, and the exercises of the chapter on MNIST.

mod common;
mod printed;

use std::fs;

use common::{Directory, assert_refused, run};
use dl_conv::models::mnist_cnn;
use dl_nn::metrics::Estimate;
use dl_nn::prelude::*;
use ndarray::{Array1, Array2, array};
use printed::numbers;

const BINARY: &str = env!("CARGO_BIN_EXE_mnist_ablation");

#[test]
fn compares_four_ways_and_replays_its_record() {
    let (out, again) = (Directory::new(), Directory::new());
    let record = &out.record();
    let ended = run(BINARY, &out, &["--train", "2000", "--record", record]);
    assert!(ended.success, "{}", ended.stderr);
    let numbers = |label: &str| numbers(&ended.stdout, label);
    for way in ["neither", "dropout", "augmentation", "both"] {
        let right = numbers(&format!("right, {way} "));
        assert_eq!(right.len(), 2, "a count a seed");
        let [mean, lower, upper] = numbers(&format!("test accuracy, {way} "))[..] else {
            panic!("three numbers: {}", ended.stdout);
        };
        assert!((mean - right.iter().sum::<f64>() / 2000.0).abs() < 1e-4);
        assert!(lower <= mean && mean <= upper);
        assert!(mean > 0.7, "{way} learns: {mean}");
    }
    let test = |way: &str| numbers(&format!("test accuracy, {way} "))[0];
    let gain = |step: &str| numbers(&format!("gain, {step} "))[0];
    for (step, expected) in [
        ("dropout alone", test("dropout") - test("neither")),
        ("augmentation after dropout", test("both") - test("dropout")),
        (
            "interaction",
            test("both") - test("augmentation") - test("dropout") + test("neither"),
        ),
    ] {
        assert!(
            (gain(step) - expected).abs() < 3e-4,
            "{step} {}",
            gain(step)
        );
    }
    let files = [
        "mnist_ablation.png",
        "mnist_ablation.svg",
        "mnist_ablation_digits.png",
    ];
    assert_eq!(out.files(), files);

    let replayed = run(BINARY, &again, &["--train", "2000", "--replay", record]);
    assert!(replayed.success, "{}", replayed.stderr);
    for file in out.files() {
        let read = |directory: &Directory| fs::read(directory.path().join(&file)).unwrap();
        assert_eq!(read(&out), read(&again), "{file}");
    }
}

#[test]
fn refuses_bad_options() {
    assert_refused(BINARY, &["--seeds", "1"], "1 is not in 2..=1000");
    assert_refused(BINARY, &["--train", "10"], "10 is not in 64..=60000");
}

#[test]
fn cnn_exercise_1_parameters() {
    let model = mnist_cnn::<f32>().build(0).unwrap();
    let sizes: Vec<usize> = model.params().map(|(_, values)| values.len()).collect();
    let layers: Vec<usize> = sizes.chunks(2).map(|pair| pair.iter().sum()).collect();
    assert_eq!(layers, [320, 18_496, 36_928, 36_928, 650]);
    assert_eq!(layers.iter().sum::<usize>(), 93_322);
}

#[test]
fn cnn_exercise_2_multiplications() {
    // output positions · (what one position needs), with the weights as the library counts them
    let model = mnist_cnn::<f32>().build(0).unwrap();
    let weights: Vec<usize> = model
        .params()
        .map(|(_, values)| values.len())
        .step_by(2)
        .collect();
    let positions = [26 * 26, 11 * 11, 3 * 3, 1, 1];
    let products: Vec<usize> = weights.iter().zip(positions).map(|(w, p)| w * p).collect();
    assert_eq!(products, [194_688, 2_230_272, 331_776, 36_864, 640]);
    assert_eq!(products.iter().sum::<usize>(), 2_794_240);
}

#[test]
fn cnn_exercise_3_knowing_nothing() {
    // a last layer of zeros: all logits are 0
    let model = Sequential::<f64>::input([3])
        .push(Dense::new(10).kernel_initializer(dl_nn::init::Initializer::Zeros))
        .build(0)
        .unwrap();
    let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    let labels: Array1<usize> = (0..10).collect();
    let evaluation = trainer.evaluate(&Array2::ones((10, 3)), &labels).unwrap();
    assert!((evaluation.loss - 10f64.ln()).abs() < 1e-12);
    assert_eq!(format!("{:.4}", evaluation.loss), "2.3026");
}

/// Inverted dropout of ½ on 64 inputs of 1, each weighted 1/64: over all masks, by how many are kept.
#[test]
fn ablation_exercise_1_the_spread_of_a_sum() {
    let (n, mut probability, mut mean, mut square) = (64, 0.5f64.powi(64), 0.0, 0.0);
    for kept in 0..=n {
        let sum = 2.0 * f64::from(kept) / f64::from(n);
        mean += probability * sum;
        square += probability * sum * sum;
        probability *= f64::from(n - kept) / f64::from(kept + 1);
    }
    assert!((mean - 1.0).abs() < 1e-12);
    assert!(((square - mean * mean).sqrt() - 0.125).abs() < 1e-12);
}

#[test]
fn ablation_exercise_2_pairs() {
    let new = array![0.981, 0.984, 0.979, 0.986, 0.980];
    let old = array![0.979, 0.981, 0.977, 0.983, 0.978];
    let interval = |estimate: Estimate| format!("{:.4}", estimate.interval(0.95).unwrap());
    assert_eq!(interval(Estimate::mean(&new)), "[0.9784, 0.9856]");
    assert_eq!(interval(Estimate::mean(&old)), "[0.9766, 0.9826]");
    let gain = Estimate::difference(&new, &old);
    assert_eq!(format!("{gain:.4}"), "0.0024");
    assert_eq!(interval(gain), "[0.0017, 0.0031]");
}

#[test]
fn ablation_exercise_3_how_many_seeds() {
    // half the interval's width over the deviation s, for n seeds: t / √n
    let half = |n: usize| {
        let values: Array1<f64> = (0..n).map(|i| i as f64).collect();
        let zero = Array1::zeros(n);
        let s = values.std(1.0);
        let gain = Estimate::difference(&values, &zero);
        let interval = gain.interval(0.95).unwrap();
        (interval.upper - interval.lower) / 2.0 / s
    };
    assert!((half(5) - 1.242).abs() < 5e-4, "{}", half(5));
    let enough = (2..100).find(|&n| half(n) < 0.5);
    assert_eq!(enough, Some(18));
}
