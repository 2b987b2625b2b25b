//! Layers and a small network against PyTorch's; `reference/layers.py` made the values.

use std::collections::BTreeMap;

use dl_core::random::generator;
use dl_nn::ndarray::{ArrayD, ArrayViewD, IxDyn};
use dl_nn::prelude::*;
use dl_nn::single_layer::{backward, forward};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-10;

#[derive(Deserialize)]
struct Reference {
    dense: BTreeMap<String, Gradients>,
    layer_norm: Gradients,
    batch_norm: BatchNorms,
    mlp: Mlp,
}

#[derive(Deserialize)]
struct Tensor {
    shape: Vec<usize>,
    values: Vec<f64>,
}

/// An output y, and the gradients of Σ r ⊙ y.
#[derive(Deserialize)]
struct Gradients {
    y: Tensor,
    r: Tensor,
    inputs: BTreeMap<String, Tensor>,
    grads: BTreeMap<String, Tensor>,
}

#[derive(Deserialize)]
struct BatchNorms {
    #[serde(flatten)]
    last: Gradients,
    batches: Vec<Tensor>,
    running_mean: Tensor,
    running_variance: Tensor,
    evaluated: Tensor,
}

#[derive(Deserialize)]
struct Mlp {
    x: Tensor,
    labels: Vec<usize>,
    initial: Vec<Tensor>,
    losses: Vec<f64>,
    #[serde(rename = "final")]
    trained: Vec<Tensor>,
    evaluated: Tensor,
}

impl Tensor {
    fn array(&self) -> ArrayD<f64> {
        ArrayD::from_shape_vec(IxDyn(&self.shape), self.values.clone()).unwrap()
    }
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/layers.json")).unwrap()
}

#[track_caller]
fn assert_close(what: &str, ours: ArrayViewD<f64>, theirs: &Tensor) {
    assert_eq!(ours.shape(), theirs.shape, "{what}");
    for (i, (a, b)) in ours.iter().zip(&theirs.values).enumerate() {
        let difference = (a - b).abs();
        assert!(difference <= TOLERANCE, "{what} [{i}]: {a} against {b}");
    }
}

/// The layer with the reference's parameters.
fn build(spec: impl LayerSpec<f64>, reference: &Gradients) -> Box<dyn Layer<f64>> {
    let shape = &reference.inputs["x"].shape[1..];
    let mut layer = spec.build(shape, &mut generator(0)).unwrap();
    for mut param in layer.params_mut() {
        param.value.assign(&reference.inputs[&*param.name].array());
    }
    layer
}

/// A training pass forward and back.
fn check(what: &str, layer: &dyn Layer<f64>, reference: &Gradients) {
    let x = reference.inputs["x"].array();
    let mut cache = Cache::default();
    let y = forward(layer, &x, &mut cache, Mode::Train { seed: 0 }).unwrap();
    assert_close(what, y.view(), &reference.y);
    let (dx, grads) = backward(layer, &x, &y, &reference.r.array(), &mut cache);
    assert_close(&format!("{what}: x"), dx.view(), &reference.grads["x"]);
    for (param, grad) in layer.params().iter().zip(&grads) {
        let name = &*param.name;
        assert_close(
            &format!("{what}: {name}"),
            grad.view(),
            &reference.grads[name],
        );
    }
}

#[test]
fn dense_with_every_activation() {
    let activations = [
        Identity,
        Relu,
        LeakyRelu { slope: 0.1 },
        Elu { alpha: 0.7 },
        Gelu,
        Silu,
        Sigmoid,
        Tanh,
        Softplus,
        Softmax,
    ];
    let reference = reference().dense;
    assert_eq!(reference.len(), activations.len());
    for activation in activations {
        let name = activation.to_string();
        let layer = build(Dense::new(3).activation(activation), &reference[&name]);
        check(&name, &*layer, &reference[&name]);
    }
}

#[test]
fn layer_norm() {
    let reference = reference().layer_norm;
    check(
        "layer_norm",
        &*build(LayerNorm::new(), &reference),
        &reference,
    );
}

#[test]
fn batch_norm_with_its_running_statistics() {
    let reference = reference().batch_norm;
    let mut layer = build(BatchNorm::new(), &reference.last);
    for batch in &reference.batches {
        let (x, mut cache) = (batch.array(), Cache::default());
        forward(&*layer, &x, &mut cache, Mode::Train { seed: 0 }).unwrap();
        layer.commit(&cache);
    }
    check("batch_norm", &*layer, &reference.last);
    let state = layer.state();
    let [mean, variance] = &state[..] else {
        panic!("{state:?}")
    };
    assert_close("mean", mean.value.view(), &reference.running_mean);
    assert_close(
        "variance",
        variance.value.view(),
        &reference.running_variance,
    );
    let x = reference.last.inputs["x"].array();
    let y = forward(&*layer, &x, &mut Cache::default(), Mode::Eval).unwrap();
    assert_close("evaluated", y.view(), &reference.evaluated);
}

/// The same initial weights, batch and optimiser give the same losses and weights.
#[test]
fn ten_steps_of_adam() {
    let reference = reference().mlp;
    let mut model = Sequential::input([4])
        .push(Dense::new(8).activation(Tanh))
        .push(BatchNorm::new())
        .push(Dense::new(6).activation(Relu))
        .push(Dense::new(3))
        .build(0)
        .unwrap();
    for ((_, mut ours), theirs) in model.params_mut().zip(&reference.initial) {
        ours.assign(&theirs.array());
    }
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01)).unwrap();
    let x = reference.x.array();
    for (i, expected) in reference.losses.iter().enumerate() {
        let loss = trainer.step(&x, &reference.labels).unwrap();
        assert!((loss - expected).abs() <= TOLERANCE, "step {i}: {loss}");
    }
    let model = trainer.model();
    assert_eq!(model.params().count(), reference.trained.len());
    for ((name, ours), theirs) in model.params().zip(&reference.trained) {
        assert_close(name, ours, theirs);
    }
    let y = model.predict(&x).unwrap();
    assert_close("evaluated", y.view(), &reference.evaluated);
}
