//! A layer with its name and shapes.

use std::sync::Arc;

use dl_core::Scalar;

use super::cost::Cost;
use super::spec::{ErasedSpec, LayerSpec};
use super::trained::Training;
use crate::layer::{Batching, Layer, Param};

/// A layer in a model.
#[derive(Debug)]
pub struct NamedLayer<F> {
    /// Its name, unique in the model.
    pub name: String,
    /// The layer.
    pub layer: Box<dyn Layer<F>>,
    /// The shape of one output sample.
    pub output_shape: Vec<usize>,
    /// The description it was built from.
    pub(super) spec: Arc<dyn ErasedSpec<F>>,
    /// Dotted names of its parameters: `dense_1.kernel`.
    pub(super) parameter_names: Vec<String>,
    /// What it needs besides its parameters, its input and its output.
    pub(super) cost: Cost,
    /// Elements of one sample after each of the layers inside it, all together.
    activations_inside: usize,
    /// Their shapes, as they were when the model was built.
    parameter_shapes: Vec<Vec<usize>>,
    /// How each is trained.
    pub(super) training: Vec<Training>,
    /// Whether it has running statistics or the like.
    pub(super) has_state: bool,
}

impl<F: Scalar> Clone for NamedLayer<F> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            layer: self.layer.clone(),
            output_shape: self.output_shape.clone(),
            spec: self.spec.clone(),
            parameter_names: self.parameter_names.clone(),
            cost: self.cost,
            activations_inside: self.activations_inside,
            parameter_shapes: self.parameter_shapes.clone(),
            training: self.training.clone(),
            has_state: self.has_state,
        }
    }
}

impl<F: Scalar> NamedLayer<F> {
    pub(crate) fn new(
        name: String,
        layer: Box<dyn Layer<F>>,
        output_shape: Vec<usize>,
        spec: Arc<dyn ErasedSpec<F>>,
        cost: Cost,
        activations_inside: usize,
    ) -> Self {
        let params = layer.params();
        let training = vec![Training::USUAL; params.len()];
        let has_state = !layer.state().is_empty();
        let parameter_names = params
            .iter()
            .map(|p| format!("{name}.{}", p.name))
            .collect();
        let parameter_shapes = params.iter().map(|p| p.value.shape().to_vec()).collect();
        drop(params);
        Self {
            name,
            layer,
            output_shape,
            spec,
            parameter_names,
            cost,
            activations_inside,
            parameter_shapes,
            training,
            has_state,
        }
    }

    /// The kind of layer: [`LayerSpec::KIND`], or [`Layer::kind`] if it was pushed without a description.
    pub fn kind(&self) -> &'static str {
        self.spec.kind()
    }

    /// Its description, if that is an `S`.
    pub fn spec<S: LayerSpec<F> + 'static>(&self) -> Option<&S> {
        self.spec.as_any().downcast_ref()
    }

    /// Number of parameters, frozen ones included.
    pub fn parameter_count(&self) -> usize {
        self.layer.params().iter().map(|p| p.value.len()).sum()
    }

    /// Its parameters, then its state.
    pub(super) fn all(&self) -> impl Iterator<Item = Param<'_, F>> {
        self.layer.params().into_iter().chain(self.layer.state())
    }

    /// Elements of one output sample.
    pub(crate) fn size(&self) -> usize {
        let lengths = self.output_shape.iter();
        lengths.fold(1, |product, &length| product.saturating_mul(length))
    }

    /// Elements of scratch for each sample.
    pub(crate) fn scratch(&self) -> usize {
        self.cost.scratch
    }

    /// Elements that a pass allocates for each sample, besides its output.
    pub(crate) fn allocated_by_pass(&self) -> usize {
        self.scratch().saturating_add(self.cached())
    }

    /// Elements that it caches for each sample.
    pub(crate) fn cached(&self) -> usize {
        self.layer.cached(self.size())
    }

    /// Elements of one sample after each of the layers inside it, all together.
    pub(crate) fn activations_inside(&self) -> usize {
        self.activations_inside
    }

    /// Multiply-adds for each sample, beyond one for each parameter and each element of the output.
    pub(crate) fn operations(&self) -> usize {
        self.cost.operations
    }

    /// Bytes of plans that it keeps, regardless of the batch size.
    pub(crate) fn plan(&self) -> usize {
        self.cost.plan
    }

    /// What the buffers of a pass through it depend on.
    pub(crate) fn outline(&self) -> Outline {
        Outline {
            output_shape: self.output_shape.clone(),
            parameter_shapes: self.parameter_shapes.clone(),
            batching: self.layer.batching(),
        }
    }

    /// Whether it has this outline.
    pub(crate) fn has_outline(&self, outline: &Outline) -> bool {
        self.output_shape == outline.output_shape
            && self.parameter_shapes == outline.parameter_shapes
            && self.layer.batching() == outline.batching
    }
}

/// What the buffers of a pass through a layer depend on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outline {
    output_shape: Vec<usize>,
    parameter_shapes: Vec<Vec<usize>>,
    batching: Batching,
}
