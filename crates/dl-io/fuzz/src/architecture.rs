//! An architecture in JSON: an error, or a model that predicts.

use dl_nn::ndarray::{ArrayD, IxDyn};
use dl_nn::{Architecture, Limits, Model};

/// Builds the architecture within limits and predicts one sample with it.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(architecture) = serde_json::from_slice::<Architecture>(bytes) else {
        return;
    };
    let Ok(network) = dl_conv::registry::<f32>().sequential(&architecture) else {
        return;
    };
    if let Ok(model) = network.build_within(0, limits()) {
        answers(&model);
    }
}

/// The limits for a small file.
fn limits() -> Limits {
    Limits {
        elements: 1 << 16,
        sample: 1 << 16,
        plan: 1 << 22,
        operations: 1 << 24,
    }
}

/// Predicts one sample.
pub(crate) fn answers(model: &Model<f32>) {
    let shape = [&[1], model.input_shape()].concat();
    let x = ArrayD::from_elem(IxDyn(&shape), 0.5);
    let y = model.predict(&x).expect("a sample of its shape");
    assert_eq!(y.shape()[1..], *model.output_shape());
}
