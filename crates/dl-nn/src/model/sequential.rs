//! A sequence of layers: described once, shapes inferred, every mistake found when it is built.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dl_core::{Scalar, instantiate, random::stream};

use super::limits::{Limits, Spent, elements};
use super::spec::{Described, ErasedSpec, LayerSpec, Ready};
use super::{Model, NamedLayer};
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
#[derive(Debug)]
pub struct Sequential<F> {
    input: Vec<usize>,
    layers: Vec<(Option<String>, Arc<dyn ErasedSpec<F>>)>,
}

impl<F: Scalar> Sequential<F> {
    /// Starts with the shape of one input sample, channels last: `[features]`, `[h, w, c]`.
    pub fn input(shape: impl Into<Vec<usize>>) -> Self {
        Self {
            input: shape.into(),
            layers: Vec::new(),
        }
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
        if self.input.contains(&0) {
            return Err(BuildError::EmptyInput(self.input.clone()));
        }
        let Some(size) = elements(&self.input) else {
            return Err(BuildError::HugeInput(self.input.clone()));
        };
        let mut spent = Spent::new(limits);
        spent.sample("input", "elements in a sample", size)?;
        spent.shape("input", &self.input)?;
        let mut shape = self.input.clone();
        let mut layers: Vec<NamedLayer<F>> = Vec::with_capacity(self.layers.len());
        let mut of_kind: HashMap<&str, usize> = HashMap::new();
        let mut names: HashSet<String> = HashSet::with_capacity(self.layers.len());
        for (index, (name, spec)) in self.layers.iter().enumerate() {
            let same = of_kind.entry(spec.kind()).or_default();
            *same += 1;
            let name = name
                .clone()
                .unwrap_or_else(|| format!("{}_{same}", spec.kind()));
            if !names.insert(name.clone()) {
                return Err(BuildError::DuplicateName(name));
            }
            let described = |source: LayerError| BuildError::Layer {
                layer: name.clone(),
                source,
            };
            let cost = spec.cost(&shape);
            spent.layer(&name, spec.element_count(&shape), cost)?;
            let layer = spec
                .build(&shape, &mut stream(seed, index as u64))
                .map_err(described)?;
            let output_shape = layer
                .output_shape(&shape)
                .map_err(|error| described(error.into()))?;
            let size = elements(&output_shape).unwrap_or(usize::MAX);
            let what = "elements in a sample after this layer and those before it";
            spent.sample(&name, what, size)?;
            spent.shape(&name, &output_shape)?;
            shape.clone_from(&output_shape);
            let layer = NamedLayer::new(name, layer, output_shape, spec.clone(), cost);
            layers.push(layer);
        }
        Ok(Model::new(seed, self.input.clone(), layers))
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
