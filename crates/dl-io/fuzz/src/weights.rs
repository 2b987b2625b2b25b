//! A weights file: an error, or weights with which a model predicts.

use dl_conv::{Conv2d, MaxPool2d};
use dl_io::{Layout, WeightsFile};
use dl_nn::Model;
use dl_nn::prelude::*;

use crate::architecture::answers;
use crate::file::file;

/// Loads all but the first byte, which chooses format and layout, into a small model.
pub(crate) fn check(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else {
        return;
    };
    let extension = if choice & 1 == 0 {
        "safetensors"
    } else {
        "npz"
    };
    let layout = match choice >> 1 & 3 {
        0 => Layout::PyTorch,
        1 => Layout::Keras,
        _ => Layout::Native,
    };
    let mut weights = WeightsFile::new(file(extension, bytes)).layout(layout);
    if choice & 8 != 0 {
        weights = weights.in_order();
    }
    if choice & 16 != 0 {
        weights = weights.rounding();
    }
    let mut model = model();
    let before = model.weights();
    match weights.load(&mut model) {
        Ok(()) => answers(&model),
        Err(_) => assert!(model.weights() == before),
    }
}

/// The model of the seeds.
pub(crate) fn model() -> Model<f32> {
    let network = Sequential::input([6, 6, 1])
        .push(Conv2d::new(2, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dense::new(3));
    network.build(1).expect("it fits")
}
