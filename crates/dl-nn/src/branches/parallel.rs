//! Branches side by side.

use dl_core::{Scalar, random::Generator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::data::{self, Plan, SequentialData};
use super::merge::Merge;
use crate::activation::Activation;
use crate::error::LayerError;
use crate::layer::Layer;
use crate::model::{ArchitectureError, Nested, ReadNested, Reader, Sequential, Spent};

/// Several branches see the same input, and their outputs are added or concatenated along the last axis (features,
/// channels): series-parallel networks (Szegedy et al. 2015, "Going deeper with convolutions", figure 2). A branch without layers passes its
/// input on.
///
/// ```
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([4])
///     .push(Branches::concat([
///         Sequential::new().push(Dense::new(8).activation(Tanh)),
///         Sequential::new(),
///     ]))
///     .build(0)?;
/// assert_eq!(model.output_shape(), [8 + 4]);
/// assert_eq!(model.params().next().unwrap().0, "branches_1.branch_1.dense_1.kernel");
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Branches<F> {
    /// The branches with their names; `None`: `branch_1`, `branch_2` …
    pub branches: Vec<(Option<String>, Sequential<F>)>,
    /// How their outputs become one.
    pub merge: Merge,
    /// What is applied to that.
    pub activation: Activation,
}

impl<F: Scalar> Branches<F> {
    /// The sum of these branches' outputs.
    pub fn add(branches: impl IntoIterator<Item = Sequential<F>>) -> Self {
        Self::merged(branches, Merge::Add)
    }

    /// These branches' outputs, one after another along the last axis.
    pub fn concat(branches: impl IntoIterator<Item = Sequential<F>>) -> Self {
        Self::merged(branches, Merge::Concat)
    }

    fn merged(branches: impl IntoIterator<Item = Sequential<F>>, merge: Merge) -> Self {
        let branches = branches.into_iter();
        Self {
            branches: branches.map(|branch| (None, branch)).collect(),
            merge,
            activation: Activation::Identity,
        }
    }

    /// Adds a branch with a name of its own.
    pub fn push_named(mut self, name: impl Into<String>, branch: Sequential<F>) -> Self {
        self.branches.push((Some(name.into()), branch));
        self
    }

    /// Applies an activation to what comes out.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    fn names(&self) -> Vec<String> {
        let named = self.branches.iter().enumerate();
        let name = |(i, (name, _)): (usize, &(Option<String>, _))| match name {
            Some(name) => name.clone(),
            None => format!("branch_{}", i + 1),
        };
        named.map(name).collect()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    merge: Merge,
    activation: Activation,
    branches: Vec<BranchData>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BranchData {
    name: String,
    branch: SequentialData,
}

impl<F: Scalar> Serialize for Branches<F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let described = |(name, (_, branch)): (String, &(_, Sequential<F>))| {
            let branch = data::describe(branch)?;
            Ok(BranchData { name, branch })
        };
        let branches = self.names().into_iter().zip(&self.branches);
        let data = Data {
            merge: self.merge,
            activation: self.activation,
            branches: branches.map(described).collect::<Result<_, _>>()?,
        };
        data.serialize(serializer)
    }
}

impl<F: Scalar> ReadNested<F> for Branches<F> {
    fn read(settings: &Value, reader: &Reader<'_, F>) -> Result<Self, ArchitectureError> {
        let data: Data = reader.settings(settings)?;
        let read = |BranchData { name, branch }| {
            let branch = branch.read(&name, reader)?;
            Ok((Some(name), branch))
        };
        Ok(Self {
            branches: data
                .branches
                .into_iter()
                .map(read)
                .collect::<Result<_, _>>()?,
            merge: data.merge,
            activation: data.activation,
        })
    }
}

impl<F: Scalar> Nested<F> for Branches<F> {
    fn build_within(
        &self,
        input: &[usize],
        generator: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        let names = self.names();
        let branches = names.iter().zip(&self.branches);
        let plan = Plan {
            branches: branches
                .map(|(name, (_, branch))| (&**name, branch))
                .collect(),
            merge: self.merge,
            activation: self.activation,
        };
        plan.build(input, generator, spent)
    }
}

data::nested_spec! {
    Branches, "branches"
}
