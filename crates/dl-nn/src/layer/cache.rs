//! What a layer keeps between its two passes.

use std::any::Any;
use std::fmt::Debug;

use dl_core::Scalar;
use dl_core::gemm::Packings;

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
    /// Scratch space for either pass; its contents do not survive from one to the other.
    pub scratch: [Vec<F>; 5],
    /// Packed parameters. A workspace keeps them for one pass, a predictor forever.
    pub packings: Packings<F>,
    /// Those of the layers inside this one, as [`nest`](Self::nest) makes them.
    pub inner: Vec<Cache<F>>,
    /// All buffers of passes through a sequence of layers inside this one.
    pub(crate) buffers: Option<Box<dyn Buffers>>,
    /// No backward pass follows: what only that would need is not kept.
    pub(crate) forward_only: bool,
    /// The largest batch that follows, on which the division of all batches depends; 0 if it is not known.
    pub(crate) capacity: usize,
}

/// The buffers of a sequence of layers. What they are is the executor's affair.
pub(crate) trait Buffers: Any + Debug + Send + Sync {
    fn clone_box(&self) -> Box<dyn Buffers>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// See [`Cache::forget_packed`].
    fn forget_packed(&mut self);
}

impl Clone for Box<dyn Buffers> {
    fn clone(&self) -> Self {
        (**self).clone_box()
    }
}

impl<F: Scalar> Cache<F> {
    /// A cache that keeps packed parameters until told that they have changed.
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
        for inner in &mut self.inner {
            inner.forward_only = self.forward_only;
            inner.capacity = self.capacity;
        }
    }

    /// The parameters have changed: what is packed of them is packed again, that of the layers inside too.
    pub fn forget_packed(&mut self) {
        self.packings.forget();
        self.inner.iter_mut().for_each(Self::forget_packed);
        if let Some(buffers) = &mut self.buffers {
            buffers.forget_packed();
        }
    }
}
