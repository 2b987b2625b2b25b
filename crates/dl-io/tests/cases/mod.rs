//! The models of pytorch/models.py, and helpers of the tests of weights files.

#![allow(dead_code, reason = "every test program uses a part")]

use std::path::{Path, PathBuf};

use dl_conv::{Conv2d, ConvTranspose2d, MaxPool2d, Padding};
use dl_io::WeightsFile;
use dl_nn::ndarray::{ArrayD, IxDyn};
use dl_nn::prelude::*;
use safetensors::SafeTensors;

/// The extensions of weights files.
pub(crate) const EXTENSIONS: &[&str] = match cfg!(feature = "npz") {
    true => &["safetensors", "npz"],
    false => &["safetensors"],
};

pub(crate) fn mlp() -> Sequential<f32> {
    Sequential::input([5])
        .push(Dense::new(8).activation(Relu))
        .push(LayerNorm::new())
        .push(Dense::new(3).bias(false))
}

pub(crate) fn cnn() -> Sequential<f32> {
    let first = Conv2d::new(8, [3, 2]).stride(2).padding(Padding::all(1));
    let sides = Padding::Explicit {
        top: 0,
        bottom: 0,
        left: 1,
        right: 1,
    };
    let second = Conv2d::new(12, 3).groups(4).padding(sides).bias(false);
    Sequential::input([9, 11, 3])
        .push(first)
        .push(BatchNorm::new())
        .push(Activate(Relu))
        .push(second.activation(Relu))
        .push(Flatten)
        .push(BatchNorm::new())
        .push(Dropout::new(0.5))
        .push(Activate(Tanh))
        .push(Dense::new(10))
}

pub(crate) fn decoder() -> Sequential<f32> {
    let first = ConvTranspose2d::new(6, [3, 4]).stride(2).groups(2);
    Sequential::input([6])
        .push(Dense::new(4 * 5 * 8).activation(Relu))
        .push(LayerNorm::new())
        .push(Reshape::new([4, 5, 8]))
        .push(first.padding(Padding::all(1)).output_padding(1))
        .push(BatchNorm::new())
        .push(Activate(Relu))
        .push(ConvTranspose2d::new(2, [2, 3]))
}

pub(crate) fn alexnet() -> Sequential<f32> {
    let conv = |filters| {
        Conv2d::new(filters, 3)
            .padding(Padding::all(1))
            .activation(Relu)
    };
    Sequential::input([8, 8, 3])
        .push(conv(4))
        .push(MaxPool2d::new(2))
        .push(conv(6))
        .push(MaxPool2d::new(2))
        .push(conv(6))
        .push(conv(6))
        .push(conv(6))
        .push(Flatten)
        .push(Dense::new(24).activation(Relu))
        .push(Dense::new(24).activation(Relu))
        .push(Dense::new(5))
}

/// A name and a network.
type Case = (&'static str, fn() -> Sequential<f32>);

pub(crate) const MODELS: [Case; 4] = [
    ("mlp", mlp),
    ("cnn", cnn),
    ("decoder", decoder),
    ("alexnet", alexnet),
];

/// The names of PyTorch's modules.
pub(crate) fn named_as_in_pytorch(name: &str, file: WeightsFile) -> WeightsFile {
    let names: &[_] = match name {
        "mlp" => &[("0", "dense_1"), ("2", "layer_norm_1"), ("3", "dense_2")],
        "cnn" => &[
            ("features.0", "conv2d_1"),
            ("features.1", "batch_norm_1"),
            ("features.3", "conv2d_2"),
            ("classifier.1", "batch_norm_2"),
            ("classifier.4", "dense_1"),
        ],
        "alexnet" => &[
            ("features.0", "conv2d_1"),
            ("features.3", "conv2d_2"),
            ("features.6", "conv2d_3"),
            ("features.8", "conv2d_4"),
            ("features.10", "conv2d_5"),
            ("classifier.1", "dense_1"),
            ("classifier.4", "dense_2"),
            ("classifier.6", "dense_3"),
        ],
        _ => &[
            ("0", "dense_1"),
            ("2", "layer_norm_1"),
            ("4", "conv_transpose2d_1"),
            ("5", "batch_norm_1"),
            ("7", "conv_transpose2d_2"),
        ],
    };
    names
        .iter()
        .fold(file, |file, (theirs, ours)| file.rename(*theirs, *ours))
}

pub(crate) fn fixture(folder: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder)
        .join(file)
}

/// A tensor of an `F32` file, read without the crate under test.
pub(crate) fn tensor(path: &Path, name: &str) -> ArrayD<f32> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor(name).unwrap();
    assert_eq!(tensor.dtype(), safetensors::Dtype::F32);
    let numbers = tensor.data().chunks_exact(4);
    let numbers = numbers.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    ArrayD::from_shape_vec(IxDyn(tensor.shape()), numbers.collect()).unwrap()
}

#[track_caller]
pub(crate) fn assert_close(what: &str, ours: &ArrayD<f32>, theirs: &ArrayD<f32>, tolerance: f32) {
    assert_eq!(ours.shape(), theirs.shape(), "{what}");
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= tolerance, "{what} [{i}]: {a} against {b}");
    }
}

/// Fills parameters and state with different values, variances with positive ones.
pub(crate) fn varied<F: Scalar>(model: &mut Model<F>, seed: u64) {
    let mut generator = dl_core::random::generator(seed);
    let vary = |(name, value): (&str, dl_nn::ndarray::ArrayViewD<'_, F>)| {
        let mut number = |_: &F| match name.ends_with("variance") {
            true => F::cast(0.5) + F::uniform(&mut generator),
            false => F::cast(0.3) * F::standard_normal(&mut generator),
        };
        (name.to_owned(), value.map(&mut number))
    };
    let weights = model.weights().iter().map(vary).collect();
    model.set_weights(&weights).unwrap();
}
