//! A network written by `make.py`.

use std::collections::BTreeMap;
use std::path::Path;

use dl_nn::ndarray::{ArrayD, IxDyn};
use dl_nn::{Architecture, Model, Scalar, Weights};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use crate::settings::{LossSettings, OptimizerSettings, ScheduleSettings};

#[derive(Deserialize)]
pub(crate) struct Description {
    pub(crate) architecture: Architecture,
    pub(crate) loss: LossSettings,
    pub(crate) optimizer: OptimizerSettings,
    pub(crate) schedule: Option<ScheduleSettings>,
    pub(crate) per_epoch: bool,
    pub(crate) batch_size: usize,
    pub(crate) epochs: usize,
    /// Whether targets are class indices.
    pub(crate) by_class: bool,
    /// Whether the network is also trained.
    pub(crate) trained: bool,
    pub(crate) quantities: BTreeMap<String, Quantity>,
}

/// A compared quantity.
#[derive(Deserialize, Clone, Copy)]
pub(crate) struct Quantity {
    /// The scale that differences are relative to.
    pub(crate) scale: f64,
    /// The largest relative difference between PyTorch's `f32` and its `f64`.
    pub(crate) error: f64,
    /// The largest over several such computations whose inputs differ in the last place.
    pub(crate) most_error: f64,
}

pub(crate) struct Case {
    pub(crate) description: Description,
    arrays: BTreeMap<String, ArrayD<f64>>,
}

impl Case {
    /// Reads `path`, a JSON file, and the arrays next to it.
    pub(crate) fn read(path: &Path) -> Self {
        let description = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let arrays = file.iter().map(|(name, t)| (name.to_owned(), array(&t)));
        let arrays = arrays.collect();
        Self {
            description,
            arrays,
        }
    }

    /// An array of the file.
    pub(crate) fn array(&self, name: &str) -> &ArrayD<f64> {
        &self.arrays[name]
    }

    pub(crate) fn samples<F: Scalar>(&self) -> ArrayD<F> {
        self.array("x").mapv(F::cast)
    }

    pub(crate) fn classes(&self) -> Vec<usize> {
        let classes = self.array("targets").iter();
        classes.map(|&class| class as usize).collect()
    }

    pub(crate) fn sample_weights(&self) -> Option<Vec<f64>> {
        let weights = self.arrays.get("sample_weights")?;
        Some(weights.iter().copied().collect())
    }

    pub(crate) fn class_weights(&self) -> Option<Vec<f64>> {
        let weights = self.arrays.get("class_weights")?;
        Some(weights.iter().copied().collect())
    }

    /// The model with PyTorch's initial weights.
    pub(crate) fn model<F: Scalar>(&self) -> Model<F> {
        let registry = dl_conv::registry::<F>();
        let network = registry.sequential(&self.description.architecture);
        let mut model = network.unwrap().build(0).unwrap();
        let weights = model.weights();
        let given = weights.iter().map(|(name, _)| {
            let value = self.array(&format!("weights/{name}"));
            (name.to_owned(), value.mapv(F::cast))
        });
        let given: Weights<F> = given.collect();
        model.set_weights(&given).unwrap();
        model
    }
}

fn array(tensor: &TensorView<'_>) -> ArrayD<f64> {
    let bytes = tensor.data();
    let numbers = match tensor.dtype() {
        Dtype::F64 => numbers(bytes, f64::from_le_bytes),
        Dtype::F32 => numbers(bytes, |bytes| f64::from(f32::from_le_bytes(bytes))),
        Dtype::I64 => numbers(bytes, |bytes| i64::from_le_bytes(bytes) as f64),
        other => panic!("{other:?}"),
    };
    ArrayD::from_shape_vec(IxDyn(tensor.shape()), numbers).unwrap()
}

fn numbers<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (numbers, rest) = bytes.as_chunks::<N>();
    assert!(rest.is_empty());
    numbers.iter().map(|&bytes| number(bytes)).collect()
}
