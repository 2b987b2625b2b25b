//! Layers without parameters against PyTorch's, results and gradients in `f32`;
//! `reference/pytorch_pool.py` made the values.

use dl_conv::ndarray::{ArrayD, ArrayViewD, IxDyn};
use dl_conv::{
    AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, LocalResponseNorm, MaxPool2d, UpSample2d,
    ZeroPad2d,
};
use dl_core::random::generator;
use dl_nn::single_layer::{backward, forward};
use dl_nn::{Cache, Layer, LayerSpec, Mode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Relative to the value, or to a hundredth of the array's largest.
const TOLERANCE: f32 = 1e-5;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

/// A layer's output y and, for ∂L/∂y = r, ∂L/∂x.
#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    settings: Value,
    x: Tensor,
    y: Tensor,
    r: Tensor,
    dx: Tensor,
}

#[derive(Deserialize)]
struct Tensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Tensor {
    fn array(&self) -> ArrayD<f32> {
        ArrayD::from_shape_vec(IxDyn(&self.shape), self.values.clone()).unwrap()
    }
}

impl Case {
    fn layer(&self) -> Box<dyn Layer<f32>> {
        fn read<S: DeserializeOwned + LayerSpec<f32>>(case: &Case) -> Box<dyn Layer<f32>> {
            assert_eq!(S::KIND, case.kind);
            let spec: S = serde_json::from_value(case.settings.clone()).unwrap();
            spec.build(&case.x.shape[1..], &mut generator(0)).unwrap()
        }
        match &self.kind[..] {
            "max_pool2d" => read::<MaxPool2d>(self),
            "average_pool2d" => read::<AveragePool2d>(self),
            "global_max_pool2d" => read::<GlobalMaxPool2d>(self),
            "global_average_pool2d" => read::<GlobalAveragePool2d>(self),
            "local_response_norm" => read::<LocalResponseNorm>(self),
            "up_sample2d" => read::<UpSample2d>(self),
            "zero_pad2d" => read::<ZeroPad2d>(self),
            other => panic!("{other}"),
        }
    }
}

#[track_caller]
fn assert_close(what: &str, ours: ArrayViewD<f32>, theirs: &Tensor) {
    assert_eq!(ours.shape(), theirs.shape, "{what}");
    let largest = theirs
        .values
        .iter()
        .fold(0.0, |most: f32, v| most.max(v.abs()));
    assert!(largest > 0.0, "{what}");
    for (i, (a, b)) in ours.iter().zip(&theirs.values).enumerate() {
        let tolerance = TOLERANCE * b.abs().max(largest / 100.0);
        assert!((a - b).abs() <= tolerance, "{what} [{i}]: {a} against {b}");
    }
}

#[test]
fn results_and_gradients_are_those_of_pytorch() {
    let reference: Reference =
        serde_json::from_str(include_str!("reference/pytorch_pool.json")).unwrap();
    assert_eq!(reference.cases.len(), 24);
    for case in &reference.cases {
        let layer = case.layer();
        let (x, mut cache) = (case.x.array(), Cache::default());
        let y = forward(&*layer, &x, &mut cache, Mode::Train { seed: 0 }).unwrap();
        assert_close(&case.name, y.view(), &case.y);
        let (dx, _) = backward(&*layer, &x, &y, &case.r.array(), &mut cache);
        assert_close(&format!("{}: gradient", case.name), dx.view(), &case.dx);
    }
}
