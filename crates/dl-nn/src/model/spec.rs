//! Descriptions of layers, from which models are built and which files contain.

use std::any::Any;
use std::fmt::Debug;

use dl_core::Scalar;
use dl_core::random::Generator;
use serde::Serialize;
use serde_json::Value;

use super::cost::Cost;
use super::limits::Spent;
use crate::error::{BuildError, LayerError};
use crate::layer::Layer;

/// The description of a layer, from which a model builds it once the input shape is known: plain data that serde
/// writes, and reads again if the type is in a [`Registry`](crate::Registry).
///
/// Setters accept anything: all settings are checked by [`build`](Self::build).
#[diagnostic::on_unimplemented(
    note = "a type that is a `Layer` itself is added with `push_layer` instead of `push`"
)]
pub trait LayerSpec<F: Scalar>: Debug + Serialize + Send + Sync {
    /// The kind of layer in lower case, e.g. `dense`: the stem of its default name, and its name in files.
    const KIND: &'static str;

    /// How many elements the parameters and the state of the layer have that [`build`](Self::build) makes for such
    /// an input: what a file declares is compared with what it contains before it is allocated. The settings and the
    /// shape have not been checked: counts saturate.
    fn element_count(&self, input: &[usize]) -> usize;

    /// What this layer needs besides. Nothing has been checked here either: what cannot be built costs nothing.
    fn cost(&self, _input: &[usize]) -> Cost {
        Cost::default()
    }

    /// Checks the settings and the input shape (of one sample) and initialises the parameters.
    ///
    /// # Errors
    /// [`LayerError`] if the layer does not take the shape, or a setting is out of range.
    fn build(
        &self,
        input: &[usize],
        generator: &mut Generator,
    ) -> Result<Box<dyn Layer<F>>, LayerError>;

    /// Itself, if it is a sequence of layers or holds some.
    #[doc(hidden)]
    fn nested(&self) -> Option<&dyn Nested<F>> {
        None
    }
}

/// A description that holds descriptions of other layers: each is compared with the limits just before it is built,
/// since its input shape is known only then.
#[doc(hidden)]
pub trait Nested<F: Scalar> {
    /// As [`LayerSpec::build`].
    fn build_within(
        &self,
        input: &[usize],
        generator: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, LayerError>;
}

/// [`LayerSpec`] as a trait object: it is not object safe itself, because of its constant and serde.
pub(crate) trait ErasedSpec<F: Scalar>: Debug + Send + Sync {
    fn kind(&self) -> &'static str;
    /// As serde writes it; `None` if it cannot.
    fn settings(&self) -> Option<Value>;
    /// The description itself.
    fn as_any(&self) -> &dyn Any;
    /// Builds it, if that is within the limits.
    fn build(
        &self,
        name: &str,
        input: &[usize],
        generator: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, BuildError>;
}

/// A description of any type.
#[derive(Debug)]
pub(crate) struct Described<S>(pub(crate) S);

impl<F: Scalar, S: LayerSpec<F> + 'static> ErasedSpec<F> for Described<S> {
    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn settings(&self) -> Option<Value> {
        serde_json::to_value(&self.0).ok()
    }

    fn as_any(&self) -> &dyn Any {
        &self.0
    }

    fn build(
        &self,
        name: &str,
        input: &[usize],
        generator: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, BuildError> {
        if let Some(nested) = self.0.nested() {
            let built = nested.build_within(input, generator, spent);
            return built.map_err(|error| match error {
                LayerError::Inner(inner) => inner.inside(name),
                error => error.of(name),
            });
        }
        let (elements, cost) = (self.0.element_count(input), self.0.cost(input));
        spent.layer(name, elements, cost)?;
        let built = self.0.build(input, generator);
        built.map_err(|error| error.of(name))
    }
}

/// A layer that needs no shape inference, in place of a description. It cannot be saved.
#[derive(Debug)]
pub(crate) struct Ready<L>(pub(crate) L);

impl<F: Scalar, L: Layer<F> + Clone + 'static> ErasedSpec<F> for Ready<L> {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn settings(&self) -> Option<Value> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        &self.0
    }

    fn build(
        &self,
        name: &str,
        _: &[usize],
        _: &mut Generator,
        spent: &mut Spent,
    ) -> Result<Box<dyn Layer<F>>, BuildError> {
        let arrays = self.0.params().into_iter().chain(self.0.state());
        let elements = arrays.map(|array| array.value.len()).sum();
        spent.layer(name, elements, Cost::default())?;
        Ok(Box::new(self.0.clone()))
    }
}
