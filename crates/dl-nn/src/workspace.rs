//! Where a pass through a model stands: every buffer, planned once for a batch size.
//!
//! A model is cut into *stages*. A run of [`Batching::Blocks`] layers is one stage: the batch is
//! cut into fixed blocks of samples, and each block goes through the whole run, forward or back,
//! while it is in cache; rayon takes the blocks. A [`Batching::Whole`] layer is a stage by
//! itself. Blocks, and the order in which their gradients are summed, depend only on the model
//! and the batch size, so the bits do not depend on the number of threads.

use std::ops::Range;

use dl_math::Scalar;
use ndarray::{ArrayD, ArrayViewD, Axis};
use rayon::prelude::*;

use crate::block::{Block, batch, batch_mut};
use crate::layer::{Batching, Cache, Mode, View, ViewMut};
use crate::model::{Model, NamedLayer};

/// Numbers that the activations of one block may take: a block of so many stays in a core's
/// second-level cache (8 images of the MNIST CNN).
const BLOCK_NUMBERS: usize = 300_000;

/// The buffers of forward and backward passes of one model for batches up to a size.
#[derive(Debug)]
pub struct Workspace<F> {
    stages: Vec<Stage<F>>,
    /// Gradients of every layer's parameters, mirroring `Layer::params`.
    grads: Vec<Vec<ArrayD<F>>>,
    /// The first layer with parameters: nobody needs a gradient before it.
    first_trained: usize,
    capacity: usize,
}

/// A part of the model that the executor runs as one.
#[derive(Debug)]
struct Stage<F> {
    layers: Range<usize>,
    /// Shape of one output sample.
    shape: Vec<usize>,
    /// The output for the whole batch, `capacity` × shape.
    output: Vec<F>,
    /// ∂L/∂output, as long; empty for inference.
    delta: Vec<F>,
    work: Work<F>,
}

#[derive(Debug)]
enum Work<F> {
    /// One layer that takes the whole batch.
    Whole(Cache<F>),
    /// A run of layers over blocks of so many samples.
    Blocks(usize, Vec<Block<F>>),
}

impl<F: Scalar> Workspace<F> {
    /// Plans training passes for batches of up to `capacity` samples.
    pub fn training(model: &Model<F>, capacity: usize) -> Self {
        Self::plan(model, capacity, true)
    }

    /// Plans forward passes only.
    pub fn inference(model: &Model<F>, capacity: usize) -> Self {
        Self::plan(model, capacity, false)
    }

    fn plan(model: &Model<F>, capacity: usize, training: bool) -> Self {
        let layers = model.layers();
        let zeros = |numbers: usize| vec![F::zero(); if training { numbers } else { 0 }];
        let gradients = |named: &NamedLayer<F>| -> Vec<ArrayD<F>> {
            let params = named.layer.params().into_iter();
            params.map(|p| ArrayD::zeros(p.value.raw_dim())).collect()
        };
        let mut stages = Vec::new();
        let mut start = 0;
        while start < layers.len() {
            let blocks = layers[start..]
                .iter()
                .take_while(|l| l.layer.batching() == Batching::Blocks)
                .count();
            let range = start..start + blocks.max(1);
            start = range.end;
            let run = &layers[range.clone()];
            let last = run.last().expect("not empty");
            let work = if blocks == 0 {
                Work::Whole(Cache::default())
            } else {
                let numbers: usize = run.iter().map(NamedLayer::size).sum();
                let rows = (BLOCK_NUMBERS / numbers).min(capacity).max(1);
                let inner = &run[..run.len() - 1];
                let block = || Block {
                    outputs: inner
                        .iter()
                        .map(|l| vec![F::zero(); rows * l.size()])
                        .collect(),
                    deltas: inner.iter().map(|l| zeros(rows * l.size())).collect(),
                    caches: run.iter().map(|_| Cache::default()).collect(),
                    grads: if training {
                        run.iter().map(gradients).collect()
                    } else {
                        Vec::new()
                    },
                };
                Work::Blocks(
                    rows,
                    (0..capacity.div_ceil(rows)).map(|_| block()).collect(),
                )
            };
            stages.push(Stage {
                layers: range,
                shape: last.output_shape.clone(),
                output: vec![F::zero(); capacity * last.size()],
                delta: zeros(capacity * last.size()),
                work,
            });
        }
        let has_params = |named: &NamedLayer<F>| !named.layer.params().is_empty();
        Self {
            stages,
            grads: if training {
                layers.iter().map(gradients).collect()
            } else {
                Vec::new()
            },
            first_trained: layers.iter().position(has_params).unwrap_or(layers.len()),
            capacity,
        }
    }

    /// The largest batch this workspace takes.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Carries samples `[n, …input]` through the model and returns the outputs `[n, …output]`.
    ///
    /// # Panics
    /// Where the batch is larger than planned or not in standard layout.
    pub fn forward(&mut self, model: &Model<F>, x: View<F>, mode: Mode) -> ArrayViewD<'_, F> {
        let n = x.len_of(Axis(0));
        assert!(
            n <= self.capacity,
            "a batch of {n} in a workspace for {}",
            self.capacity
        );
        for i in 0..self.stages.len() {
            let (done, rest) = self.stages.split_at_mut(i);
            let x = match done.last() {
                None => x.view(),
                Some(stage) => batch(&stage.output, &stage.shape, n),
            };
            rest[0].forward(model.layers(), x, n, mode);
        }
        let last = self.stages.last().expect("never empty");
        batch(&last.output, &last.shape, n)
    }

    /// The outputs of the last forward pass of `n` samples, and beside them the space for
    /// ∂L/∂output, which the loss writes before [`backward`](Self::backward).
    pub fn output_and_delta(&mut self, n: usize) -> (View<'_, F>, ViewMut<'_, F>) {
        let last = self.stages.last_mut().expect("never empty");
        let output = batch(&last.output, &last.shape, n);
        (output, batch_mut(&mut last.delta, &last.shape, n))
    }

    /// Carries ∂L/∂output back to every parameter: [`grads`](Self::grads) hold ∂L/∂parameter
    /// afterwards. `x` are the samples of the forward pass.
    pub fn backward(&mut self, model: &Model<F>, x: View<F>) {
        let n = x.len_of(Axis(0));
        for gradient in self.grads.iter_mut().flatten() {
            gradient.fill(F::zero());
        }
        for i in (0..self.stages.len()).rev() {
            let (before, rest) = self.stages.split_at_mut(i);
            if rest[0].layers.end <= self.first_trained {
                break;
            }
            let skip = self.first_trained;
            let (x, dx) = match before.last_mut() {
                None => (x.view(), None),
                Some(stage) => {
                    let wanted = stage.layers.end > skip;
                    let dx = wanted.then_some(&mut stage.delta[..]);
                    (batch(&stage.output, &stage.shape, n), dx)
                }
            };
            rest[0].backward(model.layers(), x, dx, n, skip, &mut self.grads);
        }
    }

    /// The gradients of the last backward pass, layer by layer, parameter by parameter.
    pub fn grads(&self) -> &[Vec<ArrayD<F>>] {
        &self.grads
    }

    /// The gradients, to be clipped or changed.
    pub fn grads_mut(&mut self) -> &mut [Vec<ArrayD<F>>] {
        &mut self.grads
    }

    /// Lets the layers take over what the last training pass left for their state.
    pub fn commit(&self, model: &mut Model<F>) {
        for stage in &self.stages {
            if let Work::Whole(cache) = &stage.work {
                model.layers_mut()[stage.layers.start].layer.commit(cache);
            }
        }
    }
}

impl<F: Scalar> Stage<F> {
    fn forward(&mut self, layers: &[NamedLayer<F>], x: View<F>, n: usize, mode: Mode) {
        let run = &layers[self.layers.clone()];
        let first = self.layers.start;
        match &mut self.work {
            Work::Whole(cache) => {
                let y = batch_mut(&mut self.output, &self.shape, n);
                run[0].layer.forward(x, y, cache, mode.part(first));
            }
            Work::Blocks(rows, blocks) => {
                let rows = *rows;
                let size: usize = self.shape.iter().product();
                let outputs = self.output[..n * size].par_chunks_mut(rows * size);
                let inputs = x.axis_chunks_iter(Axis(0), rows).into_par_iter();
                let blocks = blocks[..n.div_ceil(rows)].par_iter_mut();
                let tasks = blocks.zip(outputs).zip(inputs).enumerate();
                tasks.for_each(|(i, ((block, y), x))| {
                    block.forward(run, x, y, mode.part(first).part(i));
                });
            }
        }
    }

    fn backward(
        &mut self,
        layers: &[NamedLayer<F>],
        x: View<F>,
        dx: Option<&mut [F]>,
        n: usize,
        first_trained: usize,
        grads: &mut [Vec<ArrayD<F>>],
    ) {
        let run = &layers[self.layers.clone()];
        let y = batch(&self.output, &self.shape, n);
        match &mut self.work {
            Work::Whole(cache) => {
                let dy = batch_mut(&mut self.delta, &self.shape, n);
                let dx = dx.map(|dx| batch_mut(dx, &x.shape()[1..], n));
                let grads = &mut grads[self.layers.start];
                run[0].layer.backward(x, y, dy, dx, cache, grads);
            }
            Work::Blocks(rows, blocks) => {
                let rows = *rows;
                let blocks = &mut blocks[..n.div_ceil(rows)];
                let size: usize = self.shape.iter().product();
                let sample: usize = x.shape()[1..].iter().product();
                let skip = first_trained.saturating_sub(self.layers.start);
                let deltas = self.delta[..n * size].par_chunks_mut(rows * size);
                let ends = x.axis_chunks_iter(Axis(0), rows).into_par_iter();
                let ends = ends.zip(y.axis_chunks_iter(Axis(0), rows));
                let tasks = blocks.par_iter_mut().zip(deltas).zip(ends);
                match dx {
                    Some(dx) => tasks
                        .zip(dx[..n * sample].par_chunks_mut(rows * sample))
                        .for_each(|(((block, dy), (x, y)), dx)| {
                            block.backward(run, x, y, dy, Some(dx), skip);
                        }),
                    None => tasks.for_each(|((block, dy), (x, y))| {
                        block.backward(run, x, y, dy, None, skip);
                    }),
                }
                for block in blocks {
                    let totals = grads[self.layers.clone()].iter_mut().flatten();
                    for (total, part) in totals.zip(block.grads.iter().flatten()) {
                        *total += part;
                    }
                }
            }
        }
    }
}
