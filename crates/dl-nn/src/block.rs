//! A run of layers over one block of samples: what a thread does.

use dl_core::Scalar;
use ndarray::{ArrayD, Axis, IxDyn};

use crate::layer::{Cache, Mode, View, ViewMut};
use crate::model::NamedLayer;
use crate::workspace::Share;

/// What is kept of one block of samples.
#[derive(Debug)]
pub(crate) struct Block<F> {
    /// Between the way forward and the way back, where the two are apart.
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
    pub(crate) x: View<'a, F>,
    pub(crate) y: &'a mut [F],
    pub(crate) dy: &'a mut [F],
    pub(crate) dx: Option<&'a mut [F]>,
}

/// The buffers that one block of samples needs in a run of layers.
#[derive(Debug)]
pub(crate) struct Space<F> {
    /// Outputs of all layers of the run but the last, which writes to the stage's output.
    outputs: Vec<Vec<F>>,
    /// ∂L/∂output of the same layers; empty until the first way back.
    deltas: Vec<Vec<F>>,
    caches: Vec<Cache<F>>,
}

impl<F: Scalar> Space<F> {
    /// For blocks of up to so many samples.
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
        self.caches
            .iter_mut()
            .for_each(|cache| cache.packings.forget());
    }

    pub(crate) fn forward(&mut self, run: &[NamedLayer<F>], x: View<F>, y: &mut [F], mode: Mode) {
        let n = x.len_of(Axis(0));
        for (i, named) in run.iter().enumerate() {
            let (done, rest) = self.outputs.split_at_mut(i.min(run.len() - 1));
            let x = match i {
                0 => x.view(),
                _ => batch(&done[i - 1], &run[i - 1].output_shape, n),
            };
            let y = rest.first_mut().map_or(&mut *y, |inner| &mut inner[..]);
            let y = batch_mut(y, &named.output_shape, n);
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
        let n = x.len_of(Axis(0));
        let last = run.len() - 1;
        for gradient in grads.iter_mut().flatten() {
            gradient.fill(F::zero());
        }
        for (delta, output) in self.deltas.iter_mut().zip(&self.outputs) {
            delta.resize(output.len(), F::zero());
        }
        for (i, named) in run.iter().enumerate().skip(skip).rev() {
            let (before, rest) = self.deltas.split_at_mut(i);
            let input = match i {
                0 => x.view(),
                _ => batch(&self.outputs[i - 1], &run[i - 1].output_shape, n),
            };
            let output = match self.outputs.get(i) {
                Some(inner) if i < last => batch(inner, &named.output_shape, n),
                _ => batch(y, &named.output_shape, n),
            };
            let delta = rest.first_mut().map_or(&mut *dy, |inner| &mut inner[..]);
            let delta = batch_mut(delta, &named.output_shape, n);
            let dx = match before.last_mut() {
                Some(inner) if i > skip => Some(&mut inner[..]),
                Some(_) => None,
                None => dx.take(),
            };
            let dx = dx.map(|dx| batch_mut(dx, &input.shape()[1..], n));
            let (cache, grads) = (&mut self.caches[i], &mut grads[i]);
            named.layer.backward(input, output, delta, dx, cache, grads);
        }
    }
}

fn batch_shape(sample: &[usize], n: usize) -> (IxDyn, usize) {
    let mut shape = IxDyn::zeros(sample.len() + 1);
    let axes = ndarray::Dimension::slice_mut(&mut shape);
    axes[0] = n;
    axes[1..].copy_from_slice(sample);
    (shape, n * sample.iter().product::<usize>())
}

/// The first `n` samples of a buffer.
pub(crate) fn batch<'a, F>(buffer: &'a [F], sample: &[usize], n: usize) -> View<'a, F> {
    let (shape, numbers) = batch_shape(sample, n);
    View::from_shape(shape, &buffer[..numbers]).expect("as many numbers as the shape has")
}

pub(crate) fn batch_mut<'a, F>(buffer: &'a mut [F], sample: &[usize], n: usize) -> ViewMut<'a, F> {
    let (shape, numbers) = batch_shape(sample, n);
    ViewMut::from_shape(shape, &mut buffer[..numbers]).expect("as many numbers as the shape has")
}
