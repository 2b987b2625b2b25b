//! Layers without parameters against PyTorch's, results and gradients in `f32`;
//! `reference/pytorch_pool.py` made the values.

use dl_conv::ndarray::{ArrayD, ArrayViewD, IxDyn};
use dl_conv::{
    AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, LocalResponseNorm, MaxPool2d, UpSample2d,
    ZeroPad2d,
};
use dl_core::random::generator;
use dl_nn::single_layer::{backward, forward};
use dl_nn::{Cache, LayerSpec, Mode};
use serde::Deserialize;
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
    fn spec(&self) -> Box<dyn LayerSpec<f32>> {
        fn read<S: for<'a> Deserialize<'a> + LayerSpec<f32> + 'static>(
            settings: &Value,
        ) -> Box<dyn LayerSpec<f32>> {
            Box::new(serde_json::from_value::<S>(settings.clone()).unwrap())
        }
        match &self.kind[..] {
            "max_pool2d" => read::<MaxPool2d>(&self.settings),
            "average_pool2d" => read::<AveragePool2d>(&self.settings),
            "global_max_pool2d" => read::<GlobalMaxPool2d>(&self.settings),
            "global_average_pool2d" => read::<GlobalAveragePool2d>(&self.settings),
            "local_response_norm" => read::<LocalResponseNorm>(&self.settings),
            "up_sample2d" => read::<UpSample2d>(&self.settings),
            "zero_pad2d" => read::<ZeroPad2d>(&self.settings),
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
        let spec = case.spec();
        assert_eq!(spec.kind(), case.kind);
        let layer = spec.build(&case.x.shape[1..], &mut generator(0)).unwrap();
        let (x, mut cache) = (case.x.array(), Cache::default());
        let y = forward(&*layer, &x, &mut cache, Mode::Train { seed: 0 }).unwrap();
        assert_close(&case.name, y.view(), &case.y);
        let (dx, _) = backward(&*layer, &x, &y, &case.r.array(), &mut cache);
        assert_close(&format!("{}: gradient", case.name), dx.view(), &case.dx);
    }
}
