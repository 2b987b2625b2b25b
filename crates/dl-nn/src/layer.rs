//! The layer contract: a forward and a backward function beside each other.

use std::borrow::Cow;
use std::fmt::Debug;

use dl_core::Scalar;
use dl_core::gemm::Packings;
use dl_core::random::{Generator, stream};
use ndarray::{Array, ArrayViewD, ArrayViewMutD, Dimension};

use crate::activation::Activation;
use crate::backward::Backward;
use crate::batch::{Batch, BatchMut};
use crate::error::ShapeError;

/// Copies of boxed layers: every [`Layer`] that is `Clone` has them.
pub trait CloneLayer<F> {
    /// A copy of the layer, its parameters included.
    fn clone_layer(&self) -> Box<dyn Layer<F>>;
}

impl<F: Scalar, L: Layer<F> + Clone + 'static> CloneLayer<F> for L {
    fn clone_layer(&self) -> Box<dyn Layer<F>> {
        Box::new(self.clone())
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
/// mode. What a forward pass leaves for the backward pass stands in the [`Cache`] it is handed,
/// so one model serves many threads.
///
/// Inputs and outputs have the sample index as axis 0 and are channels-last. The buffers belong
/// to a workspace planned once; `y`, `dx`, the gradients and the cache hold arbitrary values before they are
/// written.
pub trait Layer<F: Scalar>: CloneLayer<F> + Debug + Send + Sync {
    /// The kind of a layer that is pushed as it is, without a description: by default the name of its type. (That of
    /// a layer in a model is [`NamedLayer::kind`](crate::NamedLayer::kind).)
    fn kind(&self) -> &'static str {
        type_stem::<Self>()
    }

    /// The shape of one output sample for a shape of one input sample. Asked once, at build.
    ///
    /// # Errors
    /// [`ShapeError`] with what the layer takes, where the input does not suit it.
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

    /// The same parameters in the same order, to be changed.
    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        Vec::new()
    }

    /// What the layer keeps besides its parameters, e.g. running statistics: not trained, but
    /// part of the saved model.
    fn state(&self) -> Vec<Param<'_, F>> {
        Vec::new()
    }

    /// The same state in the same order, to be changed.
    fn state_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        Vec::new()
    }

    /// Takes over, after a training step, what its forward pass left in the cache for the state.
    /// Only called for [`Batching::Whole`] layers.
    fn commit(&mut self, _cache: &Cache<F>) {}

    /// How many elements of [`Cache::values`] the layer fills for a sample of `outputs` elements at its
    /// output: a [`Workspace`](crate::Workspace) makes sure that there is memory for them.
    fn cached(&self, _outputs: usize) -> usize {
        0
    }

    /// Whether the layer may be given any part of a batch, or must see it whole.
    fn batching(&self) -> Batching {
        Batching::Whole
    }

    /// The activation applied last: a loss on logits refuses softmax and sigmoid. `None` where the
    /// layer leaves the values as the one before it made them (reshaping, dropout).
    fn output_activation(&self) -> Option<Activation> {
        Some(Activation::Identity)
    }
}

/// How a layer treats the samples of a batch; see `docs/architecture.md`, threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batching {
    /// Samples are independent: the executor hands blocks of a few samples to threads, and runs
    /// of such layers keep a block in cache. The layer itself is serial code.
    Blocks,
    /// The layer wants the whole batch (one large product, batch statistics) and splits its own
    /// work.
    Whole,
}

/// Training or evaluation, with the seed of this pass's random numbers (dropout).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Training: random numbers come from `seed` alone.
    Train {
        /// Seed of this layer's draws in this pass.
        seed: u64,
    },
    /// Evaluation: deterministic.
    Eval,
}

impl Mode {
    /// The generator of a training pass; `None` in evaluation.
    pub fn generator(self) -> Option<Generator> {
        match self {
            Mode::Train { seed } => Some(stream(seed, 0)),
            Mode::Eval => None,
        }
    }

    /// The mode for a part (a layer, a block, a layer inside a layer): each part gets its own seed.
    #[must_use]
    pub fn part(self, index: usize) -> Self {
        match self {
            Mode::Train { seed } => Mode::Train {
                seed: mix(seed, index as u64),
            },
            Mode::Eval => Mode::Eval,
        }
    }
}

/// A new seed from a seed and a number (`SplitMix64`, Steele, Lea, Flood 2014).
pub(crate) fn mix(seed: u64, number: u64) -> u64 {
    let mut z = seed ^ number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a forward pass keeps for the backward pass of one layer (of one block of samples).
///
/// The vectors keep their memory from step to step, so that `resize`ing them to the same length
/// allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Cache<F> {
    /// One per element of the batch: a dropout mask, a normalised input, a pre-activation.
    pub values: Vec<F>,
    /// Per feature or per sample: means, variances.
    pub statistics: Vec<F>,
    /// Positions: where a maximum was.
    pub indices: Vec<u32>,
    /// Space for either pass to work in; what it holds means nothing to the other.
    pub scratch: [Vec<F>; 5],
    /// Packed parameters. A workspace keeps them for a pass, a predictor for good.
    pub packings: Packings<F>,
    /// Those of the layers inside this one, as [`nest`](Self::nest) makes them.
    pub inner: Vec<Cache<F>>,
}

impl<F: Scalar> Cache<F> {
    /// One whose packed parameters stay until it is told that they have changed.
    pub fn keeping() -> Self {
        Self {
            packings: Packings::keeping(),
            ..Self::default()
        }
    }

    /// Makes sure that there is a cache in [`inner`](Self::inner) for each of the `layers` inside this one; those that
    /// there are stay as they are.
    pub fn nest(&mut self, layers: usize) {
        let new = match self.packings.keeps() {
            true => Self::keeping,
            false => Self::default,
        };
        self.inner.resize_with(layers, new);
    }

    /// The parameters have changed: what is packed of them is packed again, that of the layers inside too.
    pub fn forget_packed(&mut self) {
        self.packings.forget();
        self.inner.iter_mut().for_each(Self::forget_packed);
    }
}

/// A named parameter of a layer.
///
/// Penalties and weight decay apply to those made by [`weight`](Self::weight) only: to the weights of a sum over
/// inputs, but not to biases, nor to the scales and shifts of a normalisation (Goodfellow, Bengio, Courville 2016,
/// section 7.1).
#[derive(Debug, Clone)]
pub struct Param<'a, F> {
    /// Its name within the layer: `kernel`, `bias`, `gamma` …
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: ArrayViewD<'a, F>,
    /// Whether penalties and weight decay apply to it.
    pub decay: bool,
}

impl<'a, F> Param<'a, F> {
    /// A parameter of any rank, in standard layout, that is not decayed: a bias, a scale; or a state.
    pub fn new<D: Dimension>(name: impl Into<Cow<'static, str>>, value: &'a Array<F, D>) -> Self {
        Self {
            name: name.into(),
            value: value.view().into_dyn(),
            decay: false,
        }
    }

    /// The same of one that is decayed: a kernel.
    pub fn weight<D: Dimension>(
        name: impl Into<Cow<'static, str>>,
        value: &'a Array<F, D>,
    ) -> Self {
        Self {
            decay: true,
            ..Self::new(name, value)
        }
    }

    /// The same parameter of a layer that is inside another one under this name: `kernel` becomes `first.kernel`.
    #[must_use]
    pub fn within(self, layer: &str) -> Self {
        let name = format!("{layer}.{}", self.name).into();
        Self { name, ..self }
    }
}

/// A named parameter of a layer, to be changed; see [`Param`].
#[derive(Debug)]
pub struct ParamMut<'a, F> {
    /// Its name within the layer.
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: ArrayViewMutD<'a, F>,
    /// Whether penalties and weight decay apply to it.
    pub decay: bool,
}

impl<'a, F> ParamMut<'a, F> {
    /// A parameter of any rank, in standard layout, that is not decayed.
    pub fn new<D: Dimension>(
        name: impl Into<Cow<'static, str>>,
        value: &'a mut Array<F, D>,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.view_mut().into_dyn(),
            decay: false,
        }
    }

    /// The same of one that is decayed.
    pub fn weight<D: Dimension>(
        name: impl Into<Cow<'static, str>>,
        value: &'a mut Array<F, D>,
    ) -> Self {
        Self {
            decay: true,
            ..Self::new(name, value)
        }
    }

    /// The same parameter of a layer that is inside another one under this name: `kernel` becomes `first.kernel`.
    #[must_use]
    pub fn within(self, layer: &str) -> Self {
        let name = format!("{layer}.{}", self.name).into();
        Self { name, ..self }
    }
}

/// `dl_nn::layers::dense::DenseLayer<f32>` → `DenseLayer`
fn type_stem<T: ?Sized>() -> &'static str {
    let path = std::any::type_name::<T>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}
