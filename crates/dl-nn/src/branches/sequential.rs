//! A sequence inside a sequence.

use dl_core::{Scalar, random::Generator};
use serde::Serialize;
use serde_json::Value;

use super::data::{self, Plan, SequentialData};
use super::merge::Merge;
use crate::activation::Activation;
use crate::error::{LayerError, ShapeError};
use crate::layer::Layer;
use crate::model::{ArchitectureError, Nested, ReadNested, Reader, Sequential, Spent};

impl<F: Scalar> Serialize for Sequential<F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        data::describe(self)?.serialize(serializer)
    }
}

impl<F: Scalar> ReadNested<F> for Sequential<F> {
    fn read(settings: &Value, reader: &Reader<'_, F>) -> Result<Self, ArchitectureError> {
        let data: SequentialData = reader.settings(settings)?;
        data.read("", reader)
    }
}

impl<F: Scalar> Nested<F> for Sequential<F> {
    fn build_within(
        &self,
        input: &[usize],
        generator: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        let plan = Plan {
            branches: vec![("", self)],
            merge: Merge::Add,
            activation: Activation::Identity,
        };
        plan.build(input, generator, spent)
    }
}

data::nested_spec! {
    /// A sequence is a layer of another one, under whose name its parameters are: `sequential_1.dense_1.kernel`. If it has
    /// an input shape, that is what it takes.
    Sequential, "sequential"
}

/// Whether a sequence inside a layer takes this input.
pub(super) fn check_input<F: Scalar>(
    sequence: &Sequential<F>,
    input: &[usize],
) -> Result<(), ShapeError> {
    match sequence.input_shape() {
        Some(shape) => ShapeError::require(shape == input, input, format!("{shape:?}")),
        None => Ok(()),
    }
}
