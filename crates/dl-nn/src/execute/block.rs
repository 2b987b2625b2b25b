//! One block of samples on its way through a run of layers: what one task does.

use dl_core::Scalar;
use ndarray::ArrayD;

use super::loss_part::LossPart;
use crate::layer::{Backward, Batch, BatchMut, Cache, Gradients, Mode};
use crate::model::NamedLayer;

/// What belongs to one block of samples.
#[derive(Debug, Clone)]
pub(super) struct Block<F> {
    /// The buffers of its forward pass, held until the backward pass if that is a call of its own.
    pub(super) buffers: Option<BlockBuffers<F>>,
    /// Gradients from these samples alone.
    pub(super) grads: Vec<Vec<ArrayD<F>>>,
    /// The loss of these samples.
    pub(super) loss: LossPart,
}

impl<F> Block<F> {
    pub(super) fn new(grads: Vec<Vec<ArrayD<F>>>) -> Self {
        Self {
            buffers: None,
            grads,
            loss: LossPart::default(),
        }
    }
}

/// A block's slices of the buffers of its stage.
pub(super) struct BlockIo<'a, F> {
    pub(super) x: Batch<'a, F>,
    pub(super) y: &'a mut [F],
    pub(super) dy: &'a mut [F],
    pub(super) dx: Option<&'a mut [F]>,
}

/// The buffers of one block of samples between the first and the last layer of a run.
#[derive(Debug, Clone)]
pub(super) struct BlockBuffers<F> {
    /// Outputs of all layers but the last, which writes to the output of the stage.
    outputs: Vec<Vec<F>>,
    /// ∂L/∂output of the same layers; empty until the first backward pass.
    dys: Vec<Vec<F>>,
    caches: Vec<Cache<F>>,
}

impl<F: Scalar> BlockBuffers<F> {
    /// For blocks of up to `block_size` samples.
    pub(super) fn new(run: &[NamedLayer<F>], block_size: usize) -> Self {
        let inner = &run[..run.len() - 1];
        let outputs = inner.iter().map(|l| vec![F::zero(); block_size * l.size()]);
        Self {
            outputs: outputs.collect(),
            dys: vec![Vec::new(); inner.len()],
            caches: run.iter().map(|_| Cache::keeping()).collect(),
        }
    }

    /// Parameters have changed: packed copies of them are out of date.
    pub(super) fn forget_packed(&mut self) {
        self.caches.iter_mut().for_each(Cache::forget_packed);
    }

    pub(super) fn forward(&mut self, run: &[NamedLayer<F>], x: Batch<F>, y: &mut [F], mode: Mode) {
        let n = x.len();
        for (i, named) in run.iter().enumerate() {
            let (done, rest) = self.outputs.split_at_mut(i.min(run.len() - 1));
            let x = match i {
                0 => x,
                _ => Batch::first(n, &run[i - 1].output_shape, &done[i - 1]),
            };
            let y = rest.first_mut().map_or(&mut *y, |inner| &mut inner[..]);
            let y = BatchMut::first(n, &named.output_shape, y);
            let mode = named.mode(mode.part(i));
            named.layer.forward(x, y, &mut self.caches[i], mode);
        }
    }

    /// The first `skip` layers are not trained, and nothing before them needs a gradient.
    pub(super) fn backward(
        &mut self,
        run: &[NamedLayer<F>],
        io: BlockIo<'_, F>,
        skip: usize,
        grads: &mut [Vec<ArrayD<F>>],
    ) {
        let BlockIo { x, y, dy, mut dx } = io;
        let n = x.len();
        let last = run.len() - 1;
        for (dy, output) in self.dys.iter_mut().zip(&self.outputs) {
            dy.resize(output.len(), F::zero());
        }
        for (i, named) in run.iter().enumerate().skip(skip).rev() {
            let (before, rest) = self.dys.split_at_mut(i);
            let x = match i {
                0 => x,
                _ => Batch::first(n, &run[i - 1].output_shape, &self.outputs[i - 1]),
            };
            let y = match self.outputs.get(i) {
                Some(inner) if i < last => inner,
                _ => &*y,
            };
            let dy = rest.first_mut().map_or(&mut *dy, |inner| &mut inner[..]);
            let dx = match before.last_mut() {
                Some(inner) if i > skip => Some(&mut inner[..]),
                Some(_) => None,
                None => dx.take(),
            };
            named.layer.backward(Backward {
                x,
                y: Batch::first(n, &named.output_shape, y),
                dy: BatchMut::first(n, &named.output_shape, dy),
                dx: dx.map(|dx| BatchMut::first(n, x.sample_shape(), dx)),
                cache: &mut self.caches[i],
                grads: Gradients::new(&mut grads[i]),
            });
        }
    }
}
