//! The binary `neuron`, and the answers of its chapter.

mod common;

use common::{Directory, assert_refused, run};
use dl_math::activation::relu;
use dl_nn::prelude::{Dense, Relu, Sequential};
use examples::neuron::{Neurons, by_dl_nn, exclusive_or, forward, weighted_sum};
use ndarray::array;

const BINARY: &str = env!("CARGO_BIN_EXE_neuron");

#[test]
fn prints_what_the_chapter_quotes_and_draws() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    for line in [
        "weighted sum z 0.5000",
        "sigmoid of z 0.6225",
        "layer by sums, matrices and dl-nn: largest difference 0e0",
        "layer 2: (5, 8) times (8, 8) gives (5, 8)",
        "139 parameters",
        "one matrix of shape (4, 3), 15 parameters",
        "three linear layers against one: largest difference below 1e-12: true",
        " 1   1   2   1       0",
    ] {
        assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
    }
    let label = "network by matrices and dl-nn: largest difference ";
    let line = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(label));
    assert!(line.unwrap().parse::<f64>().unwrap() <= 1e-14, "{line:?}");
    let names = ["neuron", "neuron_exclusive_or"];
    let files = names.map(|name| ["png", "svg"].map(|kind| format!("{name}.{kind}")));
    assert_eq!(out.files(), files.concat());
}

#[test]
fn exercise_1_a_neuron_that_is_and() {
    let (w, b) = (array![1.0, 1.0], -1.5);
    for (x, positive) in [
        ([0.0, 0.0], false),
        ([0.0, 1.0], false),
        ([1.0, 0.0], false),
        ([1.0, 1.0], true),
    ] {
        assert_eq!(
            weighted_sum(w.view(), b, &array![x[0], x[1]]) > 0.0,
            positive
        );
    }
    // the border is sqrt(2) - 1.5/sqrt(2) from (1, 1), and as far as that from (0, 1) the other way
    let distance = |x: [f64; 2]| weighted_sum(w.view(), b, &array![x[0], x[1]]) / 2f64.sqrt();
    assert_eq!(format!("{:.3}", distance([1.0, 1.0])), "0.354");
    assert_eq!(format!("{:.3}", distance([0.0, 1.0])), "-0.354");
}

#[test]
fn exercise_2_parameters_of_a_network() {
    let model = Sequential::<f64>::input([784])
        .push(Dense::new(128).activation(Relu))
        .push(Dense::new(64).activation(Relu))
        .push(Dense::new(10))
        .build(0)
        .unwrap();
    assert_eq!(model.parameter_count(), 109_386);
    assert_eq!(784 * 128 + 128, 100_480);
}

#[test]
fn exercise_3_exclusive_or_without_activation_is_linear() {
    let corners = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let mut layers = exclusive_or();
    assert_eq!(
        forward(&layers, &corners).column(0),
        array![0.0, 1.0, 1.0, 0.0]
    );
    assert_eq!(layers[0].activation.0(-2.0), relu(-2.0));
    layers[0].activation.0 = |z| z;
    // -x1 - x2 + 2
    assert_eq!(
        forward(&layers, &corners).column(0),
        array![2.0, 1.0, 1.0, 0.0]
    );
}

#[test]
fn layers_that_do_not_fit_are_an_error() {
    let layer = Neurons {
        kernel: array![[1.0], [2.0]],
        bias: array![0.0],
        activation: (relu, Relu),
    };
    assert!(by_dl_nn(std::slice::from_ref(&layer), 2).is_ok());
    let error = by_dl_nn(&exclusive_or(), 3).unwrap_err().to_string();
    assert_eq!(error, "dense_1.kernel takes [3, 2], but got [2, 2]");
}

#[test]
fn refuses_a_bad_seed() {
    let message = "invalid value 'x' for '--seed <SEED>'";
    assert_refused(BINARY, &["--seed", "x"], message);
}
