//! A sequence of layers: described once, shapes inferred, every mistake found when it is built.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dl_core::random::{Generator, stream};
use dl_core::{Scalar, instantiate};

use super::config::{ArchitectureError, NamedConfig};
use super::limits::{Limits, Spent, elements};
use super::spec::{Described, ErasedSpec, LayerSpec, Ready};
use super::{Model, NamedLayer};
use crate::branches::composite::Composite;
use crate::error::{BuildError, LayerError};
use crate::layer::Layer;

/// The description of a network as a sequence of layers; [`build`](Self::build) makes the [`Model`].
///
/// ```
/// use dl_nn::prelude::*;
/// let model: Model<f32> = Sequential::input([2])
///     .push(Dense::new(10).activation(Relu))
///     .push(Dense::new(3))
///     .build(42)?;
/// assert_eq!(model.parameter_count(), 63);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
///
/// A sequence is a layer as well, and [`Residual`](crate::layers::Residual) and
/// [`Branches`](crate::layers::Branches) hold sequences. These start with [`new`](Self::new), since their input shape is
/// inferred.
#[derive(Debug)]
pub struct Sequential<F> {
    input: Option<Vec<usize>>,
    layers: Vec<(Option<String>, Arc<dyn ErasedSpec<F>>)>,
}

/// A copy shares the descriptions of the layers.
impl<F> Clone for Sequential<F> {
    fn clone(&self) -> Self {
        Self {
            input: self.input.clone(),
            layers: self.layers.clone(),
        }
    }
}

impl<F: Scalar> Default for Sequential<F> {
    fn default() -> Self {
        Self::new()
    }
}

/// Where initial values come from.
pub(crate) enum Randomness<'a> {
    /// Layer i draws from stream i of a seed.
    Streams(u64),
    /// The layers inside a layer draw from its generator, one after another.
    Shared(&'a mut Generator),
}

impl<F: Scalar> Sequential<F> {
    /// Starts with the shape of one input sample, channels last: `[features]`, `[h, w, c]`.
    pub fn input(shape: impl Into<Vec<usize>>) -> Self {
        Self {
            input: Some(shape.into()),
            layers: Vec::new(),
        }
    }

    /// A sequence to go into another one, or into a layer; its input shape is inferred.
    pub fn new() -> Self {
        Self {
            input: None,
            layers: Vec::new(),
        }
    }

    /// The shape of one input sample, if it starts with one.
    pub fn input_shape(&self) -> Option<&[usize]> {
        self.input.as_deref()
    }

    /// Adds a layer, named after its kind and count: `dense_1`, `dense_2` …
    pub fn push(self, layer: impl LayerSpec<F> + 'static) -> Self {
        self.push_spec(None, Arc::new(Described(layer)))
    }

    /// Adds a layer that needs no shape inference, such as one defined by the user; it is named after its type.
    pub fn push_layer(self, layer: impl Layer<F> + Clone + 'static) -> Self {
        self.push_spec(None, Arc::new(Ready(layer)))
    }

    /// Adds a layer with a name of its own.
    pub fn push_named(self, name: impl Into<String>, layer: impl LayerSpec<F> + 'static) -> Self {
        self.push_spec(Some(name.into()), Arc::new(Described(layer)))
    }

    pub(crate) fn push_spec(mut self, name: Option<String>, spec: Arc<dyn ErasedSpec<F>>) -> Self {
        self.layers.push((name, spec));
        self
    }

    /// Infers the shapes and initialises the parameters: layer i from stream i of `seed`. A
    /// [`Trainer`](crate::train::Trainer) draws from the same seed, so that it is given once.
    ///
    /// # Errors
    /// [`BuildError`] naming the layer, what it got and what it takes.
    pub fn build(&self, seed: u64) -> Result<Model<F>, BuildError> {
        build(self, seed, Limits::NONE)
    }

    /// As [`build`](Self::build), for an untrusted description: what it declares is compared with the limits before
    /// it is allocated.
    ///
    /// # Errors
    /// As [`build`](Self::build), and [`BuildError::TooLarge`].
    pub fn build_within(&self, seed: u64, limits: Limits) -> Result<Model<F>, BuildError> {
        build(self, seed, limits)
    }

    fn build_layers(&self, seed: u64, limits: Limits) -> Result<Model<F>, BuildError> {
        if self.layers.is_empty() {
            return Err(BuildError::Empty);
        }
        let Some(input) = &self.input else {
            return Err(BuildError::NoInput);
        };
        if input.contains(&0) {
            return Err(BuildError::EmptyInput(input.clone()));
        }
        let Some(size) = elements(input) else {
            return Err(BuildError::HugeInput(input.clone()));
        };
        let mut spent = Spent::new(limits);
        spent.sample("input", "elements in a sample", size)?;
        spent.shape("input", input)?;
        let layers = self.build_run(input, Randomness::Streams(seed), &mut spent)?;
        Ok(Model::new(seed, input.clone(), layers))
    }

    /// The layers for inputs of this shape.
    pub(crate) fn build_run(
        &self,
        input: &[usize],
        mut randomness: Randomness<'_>,
        spent: &mut Spent,
    ) -> Result<Vec<NamedLayer<F>>, BuildError> {
        let mut shape = input.to_vec();
        let mut layers: Vec<NamedLayer<F>> = Vec::with_capacity(self.layers.len());
        let mut names: HashSet<String> = HashSet::with_capacity(self.layers.len());
        for (index, (name, (_, spec))) in self.names().into_iter().zip(&self.layers).enumerate() {
            if !names.insert(name.clone()) {
                return Err(BuildError::DuplicateName(name));
            }
            let mut own;
            let generator = match &mut randomness {
                Randomness::Shared(generator) => &mut **generator,
                Randomness::Streams(seed) => {
                    own = stream(*seed, index as u64);
                    &mut own
                }
            };
            let before = spent.so_far;
            let layer = spec.build(&name, &shape, generator, spent)?;
            let cost = spent.since(before);
            let output_shape = layer.output_shape(&shape);
            let output_shape = output_shape.map_err(|error| LayerError::from(error).of(&name))?;
            let size = elements(&output_shape).unwrap_or(usize::MAX);
            let what = "elements in a sample after this layer and those before it";
            spent.sample(&name, what, size)?;
            spent.shape(&name, &output_shape)?;
            shape.clone_from(&output_shape);
            let composite = (*layer).as_any().downcast_ref::<Composite<F>>();
            let inside = composite.map_or(0, Composite::activations);
            let spec = spec.clone();
            layers.push(NamedLayer::new(
                name,
                layer,
                output_shape,
                spec,
                cost,
                inside,
            ));
        }
        Ok(layers)
    }

    /// The layers' names: their own, or kind and count.
    fn names(&self) -> Vec<String> {
        let mut of_kind: HashMap<&str, usize> = HashMap::new();
        let layers = self.layers.iter();
        let name = |(name, spec): &(Option<String>, Arc<dyn ErasedSpec<F>>)| {
            let same = of_kind.entry(spec.kind()).or_default();
            *same += 1;
            let counted = || format!("{}_{same}", spec.kind());
            name.clone().unwrap_or_else(counted)
        };
        layers.map(name).collect()
    }

    /// The layers as plain data.
    pub(crate) fn describe_layers(&self) -> Result<Vec<NamedConfig>, ArchitectureError> {
        let layers = self.names().into_iter().zip(&self.layers);
        let described = |(name, (_, spec)): (String, &(_, Arc<dyn ErasedSpec<F>>))| {
            NamedConfig::new(name, spec.kind(), spec.settings())
        };
        layers.map(described).collect()
    }
}

instantiate! {
    fn build<F: Scalar>(
        network: &Sequential<F>,
        seed: u64,
        limits: Limits,
    ) -> Result<Model<F>, BuildError> {
        network.build_layers(seed, limits)
    }
}
