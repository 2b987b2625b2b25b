//! What the descriptions of layers with branches share: how they are built, written and read.

use dl_core::Scalar;
use dl_core::random::{Generator, generator};
use serde::{Deserialize, Serialize};

use super::branch::Branch;
use super::composite::{Composite, boxed};
use super::merge::Merge;
use super::sequential::check_input;
use crate::activation::Activation;
use crate::error::{BranchError, BuildError, ConfigError, LayerError};
use crate::layer::Layer;
use crate::model::{ArchitectureError, NamedConfig, Nested, Randomness, Reader, Sequential, Spent};

/// A sequence of layers as plain data.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SequentialData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_shape: Option<Vec<usize>>,
    layers: Vec<NamedConfig>,
}

pub(super) fn describe<F: Scalar, E: serde::ser::Error>(
    sequence: &Sequential<F>,
) -> Result<SequentialData, E> {
    Ok(SequentialData {
        input_shape: sequence.input_shape().map(<[usize]>::to_vec),
        layers: sequence.describe_layers().map_err(E::custom)?,
    })
}

impl SequentialData {
    /// The sequence, as the branch of this name of the layer that is being read.
    pub(super) fn read<F: Scalar>(
        self,
        branch: &str,
        reader: &Reader<'_, F>,
    ) -> Result<Sequential<F>, ArchitectureError> {
        let sequence = match self.input_shape {
            Some(shape) => Sequential::input(shape),
            None => Sequential::new(),
        };
        reader.within(branch)?.push(sequence, &self.layers)
    }
}

/// The elements of what is built; 0 if it cannot be.
pub(super) fn element_count<F: Scalar>(spec: &dyn Nested<F>, input: &[usize]) -> usize {
    let mut spent = Spent::unlimited();
    let built = spec.build_within(input, &mut generator(0), &mut spent);
    built.map_or(0, |_| spent.so_far.elements)
}

/// A layer with branches, to be built.
pub(super) struct Plan<'a, F> {
    pub(super) branches: Vec<(&'a str, &'a Sequential<F>)>,
    pub(super) merge: Merge,
    pub(super) activation: Activation,
}

impl<F: Scalar> Plan<'_, F> {
    pub(super) fn build(
        self,
        input: &[usize],
        generator: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        let count = self.branches.len();
        ConfigError::require(count > 0, "number of branches", count, "at least 1")?;
        self.activation.validate()?;
        let mut branches: Vec<Branch<F>> = Vec::with_capacity(count);
        for (name, sequence) in self.branches {
            if branches.iter().any(|branch| branch.name == name) {
                return Err(BuildError::DuplicateName(name.to_owned()).into());
            }
            check_input(sequence, input)?;
            let layers = sequence.build_run(input, Randomness::Shared(generator), spent);
            let layers = layers.map_err(|error| error.inside(name))?;
            branches.push(Branch::new(name.to_owned(), layers, input));
        }
        let output_shape = merged_shape(&branches, self.merge)?;
        Ok(boxed(Composite {
            branches,
            merge: self.merge,
            activation: self.activation,
            input_shape: input.to_vec(),
            output_shape,
        }))
    }
}

/// The shape that the branches' outputs make together.
fn merged_shape<F: Scalar>(
    branches: &[Branch<F>],
    merge: Merge,
) -> Result<Vec<usize>, Box<BranchError>> {
    let first = &branches[0];
    let mut shape = first.output_shape.clone();
    for branch in &branches[1..] {
        let other = &branch.output_shape;
        let agree = match (merge, &first.output_shape[..], &other[..]) {
            (Merge::Add, first, other) => first == other,
            (Merge::Concat, [first @ .., _], [other @ .., _]) => first == other,
            (Merge::Concat, _, _) => false,
        };
        if !agree {
            return Err(Box::new(BranchError {
                branch: branch.name.clone(),
                got: other.clone(),
                first: first.name.clone(),
                shape: first.output_shape.clone(),
                allowed: match merge {
                    Merge::Add => "branches that are added have outputs of one shape",
                    Merge::Concat => {
                        "branches that are concatenated have outputs that agree in all axes but the last"
                    }
                },
            }));
        }
        if let (Merge::Concat, Some(width), Some(more)) = (merge, shape.last_mut(), other.last()) {
            *width = width.saturating_add(*more);
        }
    }
    Ok(shape)
}

/// How a description that holds others is a layer's: the same for all.
macro_rules! nested_spec {
    ($(#[$documentation:meta])* $type:ident, $kind:literal) => {
        $(#[$documentation])*
        impl<F: dl_core::Scalar> crate::model::LayerSpec<F> for $type<F> {
            const KIND: &'static str = $kind;

            /// Builds the layers inside to count them.
            fn element_count(&self, input: &[usize]) -> usize {
                crate::branches::data::element_count(self, input)
            }

            fn build(
                &self,
                input: &[usize],
                generator: &mut dl_core::random::Generator,
            ) -> Result<Box<dyn crate::layer::Layer<F>>, crate::error::LayerError> {
                let unlimited = &mut crate::model::Spent::unlimited();
                crate::model::Nested::build_within(self, input, generator, unlimited)
            }

            fn nested(&self) -> Option<&dyn crate::model::Nested<F>> {
                Some(self)
            }
        }
    };
}

pub(super) use nested_spec;
