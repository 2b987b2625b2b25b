//! Weights from Keras, written by `keras/make.py`.

mod cases;

use cases::{assert_close, fixture, tensor};
use dl_conv::{Conv2d, ConvTranspose2d, MaxPool2d, Padding::Same};
use dl_io::{Layout, WeightsFile};
use dl_nn::prelude::*;

fn network() -> Sequential<f32> {
    Sequential::input([7, 6, 4])
        .push(
            Conv2d::new(6, [3, 2])
                .stride(2)
                .padding(Same)
                .groups(2)
                .activation(Relu),
        )
        .push(BatchNorm::new().epsilon(1e-3))
        .push(
            ConvTranspose2d::new(5, [3, 4])
                .stride(2)
                .padding(Same)
                .activation(Relu),
        )
        .push(ConvTranspose2d::new(4, 3).stride(2).bias(false))
        .push(LayerNorm::new().epsilon(1e-3))
        .push(MaxPool2d::new(4))
        .push(Flatten)
        .push(Dropout::new(0.5))
        .push(Dense::new(7))
}

fn named_as_in_keras(file: WeightsFile) -> WeightsFile {
    file.layout(Layout::Keras)
        .rename("sequential/conv2d", "conv2d_1")
        .rename("sequential/batch_normalization", "batch_norm_1")
        .rename("sequential/conv2d_transpose", "conv_transpose2d_1")
        .rename("sequential/conv2d_transpose_1", "conv_transpose2d_2")
        .rename("sequential/layer_normalization", "layer_norm_1")
        .rename("sequential/dense", "dense_1")
}

#[test]
fn kerass_weights_give_kerass_outputs() {
    let mut model = network().build(3).unwrap();
    let file = WeightsFile::new(fixture("keras", "model.safetensors"));
    named_as_in_keras(file).load(&mut model).unwrap();
    let io = fixture("keras", "io.safetensors");
    let outputs = model.predict(&tensor(&io, "x")).unwrap();
    assert_close("outputs", &outputs, &tensor(&io, "y"), 1e-5);
}

#[test]
fn names_are_kerass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = network().build(3).unwrap();
    let theirs = fixture("keras", "model.safetensors");
    named_as_in_keras(WeightsFile::new(&theirs))
        .load(&mut model)
        .unwrap();
    named_as_in_keras(WeightsFile::new(&path))
        .save(&model)
        .unwrap();
    let bytes = std::fs::read(&theirs).unwrap();
    for name in safetensors::SafeTensors::deserialize(&bytes)
        .unwrap()
        .names()
    {
        assert_eq!(tensor(&path, name), tensor(&theirs, name), "{name}");
    }
}
