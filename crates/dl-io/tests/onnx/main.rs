//! Exported models in ONNX Runtime: writes them with inputs and outputs; `check.py` runs them.
//!
//! The cases are written to the folder `ONNX_CASES`, or to a temporary one. If `ONNX_PYTHON` is a Python with
//! `requirements.txt` installed, the script runs on them; if `ONNX_ALEXNET` is set, AlexNet (250 MB) is included.

#![cfg(feature = "onnx")]

mod layers;
mod models;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use dl_io::ndarray::{Array1, ArrayD};
use dl_io::onnx::Onnx;
use dl_nn::Weights;
use dl_nn::contract::samples;
use dl_nn::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A named network to be exported.
type Case<F> = (String, Sequential<F>);

#[test]
fn exported_models_give_the_same_outputs() {
    let temporary = tempfile::tempdir().unwrap();
    let named = std::env::var_os("ONNX_CASES").map(PathBuf::from);
    let folder = named.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder).unwrap();

    let mut kinds = BTreeSet::new();
    for (name, network) in layers::cases().into_iter().chain(models::cases()) {
        kinds.extend(write(folder, &name, &network, Identity));
    }
    for (name, network) in models::in_double_precision() {
        write(folder, &name, &network, Identity);
    }
    for activation in [Softmax, Sigmoid] {
        let name = format!("output_{activation:?}").to_lowercase();
        write(folder, &name, &models::iris(), activation);
    }
    assert_eq!(
        format!("{kinds:?}"),
        format!("{:?}", dl_conv::registry::<f32>())
    );

    if let Some(python) = std::env::var_os("ONNX_PYTHON") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/check.py");
        let status = Command::new(python).arg(script).arg(folder).status();
        assert!(status.unwrap().success());
    }
}

/// Writes a case and returns the kinds of its layers. `output` is applied to the model's outputs.
fn write<F>(folder: &Path, name: &str, network: &Sequential<F>, output: Activation) -> Vec<String>
where
    F: Scalar + Serialize + DeserializeOwned,
{
    let model = perturbed(network.build(1).unwrap());
    let onnx = Onnx::new(&model).output(output);
    onnx.save(folder.join(format!("{name}.onnx"))).unwrap();
    let mut arrays = Vec::new();
    for batch in [1, 3] {
        let shape = [&[batch], model.input_shape()].concat();
        let x: ArrayD<F> = samples(&shape, batch as u64);
        let mut y = model.predict(&x).unwrap();
        let width = y.shape()[y.ndim() - 1];
        output.forward(y.as_slice_mut().unwrap(), width);
        arrays.extend([(format!("x{batch}"), x), (format!("y{batch}"), y)]);
    }
    save(&folder.join(format!("{name}.safetensors")), &arrays);
    let architecture = model.architecture().unwrap();
    let layers = architecture.layers.into_iter();
    layers.map(|layer| layer.config.kind).collect()
}

fn save<F: Scalar>(path: &Path, arrays: &[(String, ArrayD<F>)]) {
    let single = |value: &F| (value.as_f64() as f32).to_le_bytes();
    let bytes = |array: &ArrayD<F>| array.iter().flat_map(single).collect::<Vec<u8>>();
    let bytes = arrays
        .iter()
        .map(|(_, array)| bytes(array))
        .collect::<Vec<_>>();
    let tensors = arrays.iter().zip(&bytes).map(|((name, array), bytes)| {
        let shape = array.shape().to_vec();
        (name, TensorView::new(Dtype::F32, shape, bytes).unwrap())
    });
    safetensors::serialize_to_file(tensors, None, path).unwrap();
}

/// Moves parameters and state away from zeros and ones, so that mistakes show; kernels stay as initialised.
fn perturbed<F: Scalar + Serialize + DeserializeOwned>(mut model: Model<F>) -> Model<F> {
    let noise = |length: usize, seed| -> Array1<F> {
        let noise: ArrayD<F> = samples(&[length], seed);
        noise
            .mapv(|x| x * F::cast(0.3))
            .into_dimensionality()
            .unwrap()
    };
    for (seed, (_, mut value)) in model.params_mut().enumerate() {
        if value.ndim() == 1 {
            value += &noise(value.len(), seed as u64);
        }
    }
    let states = model
        .layers()
        .iter()
        .any(|named| !named.layer.state().is_empty());
    if states {
        let mut weights: Vec<(String, ArrayD<F>)> = Vec::new();
        for (seed, (name, value)) in model.weights().iter().enumerate() {
            let mut value = value.to_owned();
            if name.ends_with(".running_mean") {
                value += &noise(value.len(), seed as u64);
            } else if name.ends_with(".running_variance") {
                value += &noise(value.len(), seed as u64).mapv(|x| x * x);
            }
            weights.push((name.to_owned(), value));
        }
        let weights = serde_json::to_value(weights).unwrap();
        let weights: Weights<F> = serde_json::from_value(weights).unwrap();
        model.set_weights(&weights).unwrap();
    }
    model
}
