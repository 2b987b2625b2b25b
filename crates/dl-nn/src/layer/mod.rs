//! What a layer is: a forward and a backward function side by side, and the types of their arguments.

mod backward;
mod batch;
pub(crate) mod cache;
mod param;

pub use backward::{Backward, Gradients};
pub use batch::{Batch, BatchMut};
pub use cache::Cache;
pub use dl_core::Mode;
pub use param::{Param, ParamMut};

use std::any::Any;
use std::fmt::Debug;

use dl_core::Scalar;

use crate::activation::Activation;
use crate::error::ShapeError;

/// Clones boxed layers; implemented for every [`Layer`] that is `Clone`.
pub trait CloneLayer<F> {
    /// A copy of the layer, its parameters included.
    fn clone_layer(&self) -> Box<dyn Layer<F>>;

    /// The layer as its own type, to be found out.
    fn as_any(&self) -> &dyn Any;
}

impl<F: Scalar, L: Layer<F> + Clone + 'static> CloneLayer<F> for L {
    fn clone_layer(&self) -> Box<dyn Layer<F>> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<F: Scalar> Clone for Box<dyn Layer<F>> {
    fn clone(&self) -> Self {
        (**self).clone_layer()
    }
}

/// A differentiable function with parameters, on a batch of samples. It is `Clone`, so that a model
/// can be copied.
///
/// A layer holds its parameters and nothing else: no input of the last call, no gradient, no
/// mode. What a forward pass leaves for the backward pass goes into the [`Cache`] it is passed, so
/// one model serves many threads.
///
/// Inputs and outputs have the sample index as axis 0 and are channels-last. The buffers belong
/// to a workspace planned once; `y`, `dx`, the gradients and the cache hold arbitrary values before they are
/// written.
pub trait Layer<F: Scalar>: CloneLayer<F> + Debug + Send + Sync {
    /// The kind of a layer that is pushed as is, without a description: by default the name of its type. (The kind of
    /// a layer in a model is [`NamedLayer::kind`](crate::NamedLayer::kind).)
    fn kind(&self) -> &'static str {
        type_stem::<Self>()
    }

    /// The shape of an output sample for the shape of an input sample. Called once, when the model is built.
    ///
    /// # Errors
    /// [`ShapeError`] with what the layer takes, if it does not take this input.
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError>;

    /// y = f(x): writes all of `y`, and to the cache what [`backward`](Self::backward) needs.
    fn forward(&self, x: Batch<F>, y: BatchMut<F>, cache: &mut Cache<F>, mode: Mode);

    /// The chain rule: from `dy` = ∂L/∂y to `dx` = ∂L/∂x and the gradients of the parameters.
    ///
    /// `dx` and `grads` are *overwritten*, and `dy` may be used as scratch space.
    fn backward(&self, pass: Backward<F>);

    /// The trained parameters, named, always in the same order.
    fn params(&self) -> Vec<Param<'_, F>> {
        Vec::new()
    }

    /// The same parameters in the same order, mutable.
    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        Vec::new()
    }

    /// What the layer keeps besides its parameters, e.g. running statistics: not trained, but
    /// part of the saved model.
    fn state(&self) -> Vec<Param<'_, F>> {
        Vec::new()
    }

    /// The same state in the same order, mutable.
    fn state_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        Vec::new()
    }

    /// Updates the state, after a training step, with what its forward pass left in the cache.
    /// Only called for [`Batching::Whole`] layers.
    fn commit(&mut self, _cache: &Cache<F>) {}

    /// How many elements of [`Cache::values`] the layer fills for a sample of `outputs` elements at its
    /// output: a [`Workspace`](crate::Workspace) makes sure that there is memory for them.
    fn cached(&self, _outputs: usize) -> usize {
        0
    }

    /// Whether the layer takes any part of a batch, or only the whole batch.
    fn batching(&self) -> Batching {
        Batching::Whole
    }

    /// The activation applied last: a loss on logits rejects softmax and sigmoid. `None` if the layer
    /// passes on the values of the one before it (reshaping, dropout).
    fn output_activation(&self) -> Option<Activation> {
        Some(Activation::Identity)
    }
}

/// How a layer treats the samples of a batch; see `docs/architecture.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batching {
    /// Samples are independent: the executor hands blocks of a few samples to threads, and runs
    /// of such layers keep a block in cache. The layer itself is serial code.
    Blocks,
    /// The layer takes the whole batch (one large product, batch statistics) and splits its own
    /// work.
    Whole,
}

/// `dl_nn::layers::dense::DenseLayer<f32>` → `DenseLayer`
fn type_stem<T: ?Sized>() -> &'static str {
    let path = std::any::type_name::<T>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}
