//! Convolutions and a small network against PyTorch's; `reference/pytorch_conv.py` made the values.

use std::collections::BTreeMap;

use dl_conv::ndarray::{ArrayD, ArrayViewD, IxDyn};
use dl_conv::{Conv2d, ConvTranspose2d, MaxPool2d, Padding};
use dl_core::random::generator;
use dl_nn::prelude::*;
use dl_nn::single_layer::{backward, forward};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Relative to the value, or to a hundredth of the array's largest.
const TOLERANCE: f32 = 1e-5;

/// Absolute, of numbers around 1, after ten steps in `f64`.
const NETWORK_TOLERANCE: f64 = 1e-10;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    network: Network,
}

/// A layer's output y and, for ∂L/∂y = r, the gradients of its inputs: x, kernel and bias.
#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    settings: Value,
    y: Tensor<f32>,
    r: Tensor<f32>,
    inputs: BTreeMap<String, Tensor<f32>>,
    grads: BTreeMap<String, Tensor<f32>>,
}

#[derive(Deserialize)]
struct Network {
    x: Tensor<f64>,
    labels: Vec<usize>,
    initial: Vec<Tensor<f64>>,
    losses: Vec<f64>,
    #[serde(rename = "final")]
    trained: Vec<Tensor<f64>>,
    evaluated: Tensor<f64>,
}

#[derive(Deserialize)]
struct Tensor<F> {
    shape: Vec<usize>,
    values: Vec<F>,
}

impl<F: Scalar> Tensor<F> {
    fn array(&self) -> ArrayD<F> {
        ArrayD::from_shape_vec(IxDyn(&self.shape), self.values.clone()).unwrap()
    }
}

impl Case {
    /// The layer with the reference's parameters.
    fn layer(&self) -> Box<dyn Layer<f32>> {
        fn read<S: DeserializeOwned + LayerSpec<f32>>(case: &Case) -> Box<dyn Layer<f32>> {
            assert_eq!(S::KIND, case.kind);
            let spec: S = serde_json::from_value(case.settings.clone()).unwrap();
            let image = &case.inputs["x"].shape[1..];
            spec.build(image, &mut generator(0)).unwrap()
        }
        let mut layer = match &self.kind[..] {
            "conv2d" => read::<Conv2d>(self),
            "conv_transpose2d" => read::<ConvTranspose2d>(self),
            other => panic!("{other}"),
        };
        assert_eq!(layer.params().len() + 1, self.inputs.len(), "{}", self.name);
        for mut param in layer.params_mut() {
            param.value.assign(&self.inputs[&*param.name].array());
        }
        layer
    }
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/pytorch_conv.json")).unwrap()
}

#[track_caller]
fn assert_close(what: &str, ours: ArrayViewD<f32>, theirs: &Tensor<f32>) {
    assert_eq!(ours.shape(), theirs.shape, "{what}");
    let largest = theirs
        .values
        .iter()
        .fold(0.0, |most: f32, v| most.max(v.abs()));
    assert!(largest > 0.0, "{what}");
    for (i, (a, b)) in ours.iter().zip(&theirs.values).enumerate() {
        // a bias's gradient is a sum of hundreds of terms that cancel: PyTorch's, in single precision, is
        // not exact to more than this itself
        let share = if what.ends_with("bias") { 2.0 } else { 100.0 };
        let tolerance = TOLERANCE * b.abs().max(largest / share);
        assert!((a - b).abs() <= tolerance, "{what} [{i}]: {a} against {b}");
    }
}

#[test]
fn results_and_gradients_are_those_of_pytorch() {
    let cases = reference().cases;
    assert_eq!(cases.len(), 28);
    for case in &cases {
        let layer = case.layer();
        let (x, mut cache) = (case.inputs["x"].array(), Cache::default());
        let y = forward(&*layer, &x, &mut cache, Mode::Train { seed: 0 }).unwrap();
        assert_close(&case.name, y.view(), &case.y);
        let (dx, grads) = backward(&*layer, &x, &y, &case.r.array(), &mut cache);
        let params = layer.params();
        let names = params.iter().map(|p| &*p.name).chain(["x"]);
        for (name, gradient) in names.zip(grads.iter().chain([&dx])) {
            let what = format!("{}: gradient of {name}", case.name);
            assert_close(&what, gradient.view(), &case.grads[name]);
        }
    }
}

#[track_caller]
fn assert_same(what: &str, ours: ArrayViewD<f64>, theirs: &Tensor<f64>) {
    assert_eq!(ours.shape(), theirs.shape, "{what}");
    for (i, (a, b)) in ours.iter().zip(&theirs.values).enumerate() {
        let difference = (a - b).abs();
        assert!(
            difference <= NETWORK_TOLERANCE,
            "{what} [{i}]: {a} against {b}"
        );
    }
}

/// The same initial weights, batch and optimiser give the same losses and weights.
#[test]
fn ten_steps_of_adam() {
    let reference = reference().network;
    let mut model = Sequential::input([9, 8, 2])
        .push(Conv2d::new(4, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(5, 2).padding(Padding::all(1)).activation(Relu))
        .push(Flatten)
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
        let difference = (loss - expected).abs();
        assert!(difference <= NETWORK_TOLERANCE, "step {i}: {loss}");
    }
    assert!(reference.losses[9] < 0.9 * reference.losses[0]);
    let model = trainer.model();
    assert_eq!(model.params().count(), reference.trained.len());
    for ((name, ours), theirs) in model.params().zip(&reference.trained) {
        assert_same(name, ours, theirs);
    }
    let y = model.predict(&x).unwrap();
    assert_same("evaluated", y.view(), &reference.evaluated);
}
