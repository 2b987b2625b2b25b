//! A run of layers over one block of samples: what a thread does.

use dl_core::Scalar;
use ndarray::ArrayD;

use crate::backward::{Backward, Gradients};
use crate::batch::{Batch, BatchMut};
use crate::layer::{Cache, Mode};
use crate::model::NamedLayer;
use crate::workspace::Share;

/// What is kept of one block of samples.
#[derive(Debug)]
pub(crate) struct Block<F> {
    /// Between the forward and the backward pass, where the two are apart.
    pub(crate) space: Option<Space<F>>,
    pub(crate) grads: Vec<Vec<ArrayD<F>>>,
    /// What the loss said of these samples.
    pub(crate) share: Share,
}

impl<F> Block<F> {
    pub(crate) fn new(grads: Vec<Vec<ArrayD<F>>>) -> Self {
        Self {
            space: None,
            grads,
            share: Share::default(),
        }
    }
}

/// What a block is given of a batch.
pub(crate) struct Part<'a, F> {
    pub(crate) x: Batch<'a, F>,
    pub(crate) y: &'a mut [F],
    pub(crate) dy: &'a mut [F],
    pub(crate) dx: Option<&'a mut [F]>,
}

/// The buffers that one block of samples needs in a run of layers.
#[derive(Debug)]
pub(crate) struct Space<F> {
    /// Outputs of all layers of the run but the last, which writes to the stage's output.
    outputs: Vec<Vec<F>>,
    /// ∂L/∂output of the same layers; empty until the first backward pass.
    deltas: Vec<Vec<F>>,
    caches: Vec<Cache<F>>,
}

impl<F: Scalar> Space<F> {
    /// For blocks of up to `rows` samples.
    pub(crate) fn new(run: &[NamedLayer<F>], rows: usize) -> Self {
        let inner = &run[..run.len() - 1];
        let outputs = inner.iter().map(|l| vec![F::zero(); rows * l.size()]);
        Self {
            outputs: outputs.collect(),
            deltas: vec![Vec::new(); inner.len()],
            caches: run.iter().map(|_| Cache::keeping()).collect(),
        }
    }

    /// Parameters have changed.
    pub(crate) fn forget_packed(&mut self) {
        self.caches.iter_mut().for_each(Cache::forget_packed);
    }

    pub(crate) fn forward(&mut self, run: &[NamedLayer<F>], x: Batch<F>, y: &mut [F], mode: Mode) {
        let n = x.len();
        for (i, named) in run.iter().enumerate() {
            let (done, rest) = self.outputs.split_at_mut(i.min(run.len() - 1));
            let x = match i {
                0 => x,
                _ => Batch::first(n, &run[i - 1].output_shape, &done[i - 1]),
            };
            let y = rest.first_mut().map_or(&mut *y, |inner| &mut inner[..]);
            let y = BatchMut::first(n, &named.output_shape, y);
            named.layer.forward(x, y, &mut self.caches[i], mode.part(i));
        }
    }

    /// `skip` layers at the start have no parameters and nothing before them needs a gradient.
    pub(crate) fn backward(
        &mut self,
        run: &[NamedLayer<F>],
        part: Part<'_, F>,
        skip: usize,
        grads: &mut [Vec<ArrayD<F>>],
    ) {
        let Part { x, y, dy, mut dx } = part;
        let n = x.len();
        let last = run.len() - 1;
        for (delta, output) in self.deltas.iter_mut().zip(&self.outputs) {
            delta.resize(output.len(), F::zero());
        }
        for (i, named) in run.iter().enumerate().skip(skip).rev() {
            let (before, rest) = self.deltas.split_at_mut(i);
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
