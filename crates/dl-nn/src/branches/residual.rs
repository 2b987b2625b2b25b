//! The residual connection.

use dl_core::{Scalar, random::Generator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::data::{self, Plan, SequentialData};
use super::merge::Merge;
use crate::activation::Activation;
use crate::error::LayerError;
use crate::layer::Layer;
use crate::model::{ArchitectureError, Nested, ReadNested, Reader, Sequential, Spent};

/// A residual connection (He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", eq. 1 and 2):
/// y = g(branch(x) + x), or y = g(branch(x) + shortcut(x)) where the branch changes the shape.
///
/// ```
/// use dl_nn::prelude::*;
///
/// let block = Residual::new(
///     Sequential::new()
///         .push(Dense::new(8).activation(Relu))
///         .push(Dense::new(4)),
/// );
/// let model: Model<f32> = Sequential::input([4])
///     .push(block.activation(Relu))
///     .push(Dense::new(3))
///     .build(0)?;
/// let names: Vec<_> = model.params().map(|(name, _)| name).collect();
/// assert_eq!(names[2], "residual_1.branch.dense_2.kernel");
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Residual<F> {
    /// The layers whose output is added.
    pub branch: Sequential<F>,
    /// What is added to it; without layers, x itself.
    pub shortcut: Sequential<F>,
    /// g.
    pub activation: Activation,
}

impl<F: Scalar> Residual<F> {
    /// y = branch(x) + x.
    pub fn new(branch: Sequential<F>) -> Self {
        Self {
            branch,
            shortcut: Sequential::new(),
            activation: Activation::Identity,
        }
    }

    /// y = branch(x) + shortcut(x): a projection where the branch changes the shape.
    pub fn shortcut(mut self, shortcut: Sequential<F>) -> Self {
        self.shortcut = shortcut;
        self
    }

    /// Applies an activation to the sum.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    branch: SequentialData,
    shortcut: SequentialData,
    activation: Activation,
}

impl<F: Scalar> Serialize for Residual<F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = Data {
            branch: data::describe(&self.branch)?,
            shortcut: data::describe(&self.shortcut)?,
            activation: self.activation,
        };
        data.serialize(serializer)
    }
}

impl<F: Scalar> ReadNested<F> for Residual<F> {
    fn read(settings: &Value, reader: &Reader<'_, F>) -> Result<Self, ArchitectureError> {
        let data: Data = reader.settings(settings)?;
        Ok(Self {
            branch: data.branch.read("branch", reader)?,
            shortcut: data.shortcut.read("shortcut", reader)?,
            activation: data.activation,
        })
    }
}

impl<F: Scalar> Nested<F> for Residual<F> {
    fn build_within(
        &self,
        input: &[usize],
        generator: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        let plan = Plan {
            branches: vec![("branch", &self.branch), ("shortcut", &self.shortcut)],
            merge: Merge::Add,
            activation: self.activation,
        };
        plan.build(input, generator, spent)
    }
}

data::nested_spec! {
    Residual, "residual"
}
