//! Values and gradients of layers against PyTorch's (`reference/pytorch_layers.py`).

use dl_nn::ndarray::{ArrayD, IxDyn};
use dl_nn::prelude::*;
use dl_nn::{Architecture, NamedConfig, single_layer};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    layer: NamedConfig,
    x: Values,
    y: Values,
    dy: Values,
    dx: Values,
    parameters: Vec<Values>,
    gradients: Vec<Values>,
}

#[derive(Deserialize)]
struct Values {
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Values {
    fn array(&self) -> ArrayD<f64> {
        ArrayD::from_shape_vec(IxDyn(&self.shape), self.values.clone()).unwrap()
    }
}

#[track_caller]
fn close(case: &NamedConfig, what: &str, ours: &ArrayD<f64>, theirs: &Values) {
    assert_eq!(ours.shape(), theirs.shape, "{what} of {case:?}");
    for (ours, theirs) in ours.iter().zip(&theirs.values) {
        assert!(
            (ours - theirs).abs() < 1e-11,
            "{what} of {case:?}: {ours} against {theirs}"
        );
    }
}

#[test]
fn values_and_gradients_are_those_of_pytorch() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("reference/pytorch_layers.json")).unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let architecture = Architecture {
            input_shape: case.x.shape[1..].to_vec(),
            layers: vec![case.layer.clone()],
        };
        let network = dl_conv::registry::<f64>()
            .sequential(&architecture)
            .unwrap();
        let mut model = network.build(0).unwrap();
        assert_eq!(model.params().count(), case.parameters.len());
        for ((_, mut ours), theirs) in model.params_mut().zip(&case.parameters) {
            ours.assign(&theirs.array());
        }
        let layer = &*model.layers()[0].layer;
        let mut cache = Cache::default();
        let x = case.x.array();
        let y = single_layer::forward(layer, &x, &mut cache, Mode::Train { seed: 0 }).unwrap();
        close(&case.layer, "y", &y, &case.y);
        let (dx, grads) = single_layer::backward(layer, &x, &y, &case.dy.array(), &mut cache);
        close(&case.layer, "∂L/∂x", &dx, &case.dx);
        for (ours, theirs) in grads.iter().zip(&case.gradients) {
            close(&case.layer, "∂L/∂parameter", ours, theirs);
        }
    }
}
