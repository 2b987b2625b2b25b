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
use crate::layer::{Batching, Cache, Mode, View};
use crate::model::{Model, NamedLayer};

/// Numbers that the activations of one block may take: a block of so many stays in a core's
/// second-level cache (8 images of the MNIST CNN).
const BLOCK_NUMBERS: usize = 320_000;

/// Numbers of a gradient that one task sums up over the blocks.
const SUM_NUMBERS: usize = 1 << 14;

/// The loss on a part of a batch: it is told which samples of the batch, reads their outputs,
/// writes their part of ∂L/∂output, and gives their share of the loss.
pub type BatchLoss<'a, F> = dyn Fn(Range<usize>, &[F], &mut [F]) -> Share + Sync + 'a;

/// What some samples add to the measures of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Share {
    /// Their part of the loss: the parts sum up to it.
    pub loss: f64,
    /// How many of them are predicted right.
    pub right: usize,
}

impl std::ops::AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.right += other.right;
    }
}

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
                    share: Share::default(),
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
        let n = self.count(&x);
        let all = self.stages.len();
        self.forward_stages(all, model, x, n, mode);
        let last = self.stages.last().expect("never empty");
        batch(&last.output, &last.shape, n)
    }

    /// Carries samples forward, through the loss, and back to every parameter:
    /// [`grads`](Self::grads) hold ∂L/∂parameter afterwards. Returns the sum of the shares.
    ///
    /// # Panics
    /// Where the batch is larger than planned or not in standard layout, or the workspace is for
    /// inference.
    pub fn train(
        &mut self,
        model: &Model<F>,
        x: View<F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> Share {
        let n = self.count(&x);
        let last = self.stages.len() - 1;
        self.forward_stages(last, model, x.view(), n, mode);
        let mut share = Share::default();
        for i in (0..=last).rev() {
            let (before, rest) = self.stages.split_at_mut(i);
            let stage = &mut rest[0];
            let skip = self.first_trained;
            if i < last && stage.layers.end <= skip {
                break;
            }
            let (x, dx) = match before.last_mut() {
                None => (x.view(), None),
                Some(stage) => {
                    let wanted = stage.layers.end > skip;
                    let dx = wanted.then_some(&mut stage.delta[..]);
                    (batch(&stage.output, &stage.shape, n), dx)
                }
            };
            let grads = &mut self.grads[stage.layers.clone()];
            let pass = Pass { n, skip, x, dx };
            if i == last {
                share = stage.train(model.layers(), pass, mode, loss, grads);
            } else {
                stage.backward(model.layers(), pass, grads);
            }
        }
        share
    }

    fn count(&self, x: &View<F>) -> usize {
        let (n, capacity) = (x.len_of(Axis(0)), self.capacity);
        assert!(
            n <= capacity,
            "a batch of {n} in a workspace for {capacity}"
        );
        n
    }

    fn forward_stages(
        &mut self,
        stages: usize,
        model: &Model<F>,
        x: View<F>,
        n: usize,
        mode: Mode,
    ) {
        for i in 0..stages {
            let (done, rest) = self.stages.split_at_mut(i);
            let x = match done.last() {
                None => x.view(),
                Some(stage) => batch(&stage.output, &stage.shape, n),
            };
            rest[0].forward(model.layers(), x, n, mode);
        }
    }

    /// The gradients of the last training pass, layer by layer, parameter by parameter.
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

/// What a stage is given on the way back.
struct Pass<'a, F> {
    n: usize,
    /// The first layers of the model that nobody needs a gradient of.
    skip: usize,
    x: View<'a, F>,
    dx: Option<&'a mut [F]>,
}

impl<F: Scalar> Stage<F> {
    fn forward(&mut self, layers: &[NamedLayer<F>], x: View<F>, n: usize, mode: Mode) {
        let run = &layers[self.layers.clone()];
        let mode = mode.part(self.layers.start);
        match &mut self.work {
            Work::Whole(cache) => {
                let y = batch_mut(&mut self.output, &self.shape, n);
                run[0].layer.forward(x, y, cache, mode);
            }
            Work::Blocks(rows, blocks) => {
                let rows = *rows;
                let size: usize = self.shape.iter().product();
                let outputs = self.output[..n * size].par_chunks_mut(rows * size);
                let inputs = x.axis_chunks_iter(Axis(0), rows).into_par_iter();
                let blocks = blocks[..n.div_ceil(rows)].par_iter_mut();
                let tasks = blocks.zip(outputs).zip(inputs).enumerate();
                tasks.with_max_len(1).for_each(|(i, ((block, y), x))| {
                    block.forward(run, x, y, mode.part(i));
                });
            }
        }
    }

    /// Forward, loss and backward of the last stage.
    fn train(
        &mut self,
        layers: &[NamedLayer<F>],
        pass: Pass<'_, F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
        grads: &mut [Vec<ArrayD<F>>],
    ) -> Share {
        let (n, size) = (pass.n, self.shape.iter().product::<usize>());
        if let Work::Whole(_) = &self.work {
            self.forward(layers, pass.x.view(), n, mode);
            let share = loss(0..n, &self.output[..n * size], &mut self.delta[..n * size]);
            self.backward(layers, pass, grads);
            return share;
        }
        let run = &layers[self.layers.clone()];
        let skip = pass.skip.saturating_sub(self.layers.start);
        let mode = mode.part(self.layers.start);
        self.for_blocks(pass, |i, first, block, part| {
            let Part { x, y, dy, dx } = part;
            block.forward(run, x.view(), y, mode.part(i));
            block.share = loss(first..first + x.len_of(Axis(0)), y, dy);
            block.backward(run, x, y, dy, dx, skip);
        });
        let mut share = Share::default();
        for block in self.blocks(n) {
            share += block.share;
        }
        add_up(self.blocks(n), grads);
        share
    }

    fn backward(
        &mut self,
        layers: &[NamedLayer<F>],
        pass: Pass<'_, F>,
        grads: &mut [Vec<ArrayD<F>>],
    ) {
        let n = pass.n;
        let run = &layers[self.layers.clone()];
        if let Work::Whole(cache) = &mut self.work {
            for gradient in grads[0].iter_mut() {
                gradient.fill(F::zero());
            }
            let y = batch(&self.output, &self.shape, n);
            let dy = batch_mut(&mut self.delta, &self.shape, n);
            let dx = pass.dx.map(|dx| batch_mut(dx, &pass.x.shape()[1..], n));
            return run[0]
                .layer
                .backward(pass.x, y, dy, dx, cache, &mut grads[0]);
        }
        let skip = pass.skip.saturating_sub(self.layers.start);
        self.for_blocks(pass, |_, _, block, part| {
            block.backward(run, part.x, part.y, part.dy, part.dx, skip);
        });
        add_up(self.blocks(n), grads);
    }

    /// The blocks that `n` samples fill.
    fn blocks(&self, n: usize) -> &[Block<F>] {
        match &self.work {
            Work::Whole(_) => &[],
            Work::Blocks(rows, blocks) => &blocks[..n.div_ceil(*rows)],
        }
    }

    /// Calls `work` for every block with its number and first sample, in parallel.
    fn for_blocks(
        &mut self,
        pass: Pass<'_, F>,
        work: impl Fn(usize, usize, &mut Block<F>, Part<'_, F>) + Sync,
    ) {
        let Work::Blocks(rows, blocks) = &mut self.work else {
            return;
        };
        let Pass { n, x, dx, .. } = pass;
        let rows = *rows;
        let size = rows * self.shape.iter().product::<usize>();
        let sample: usize = x.shape()[1..].iter().product();
        let blocks = blocks[..n.div_ceil(rows)].par_iter_mut().enumerate();
        let outputs = self.output.par_chunks_mut(size);
        let ends = outputs.zip(self.delta.par_chunks_mut(size));
        let inputs = x.axis_chunks_iter(Axis(0), rows).into_par_iter();
        let tasks = blocks.zip(inputs).zip(ends).with_max_len(1);
        // the last block may be smaller than its space
        let used = |x: &View<F>| x.len_of(Axis(0)) * size / rows;
        match dx {
            Some(dx) => tasks
                .zip(dx[..n * sample].par_chunks_mut(rows * sample))
                .for_each(|((((i, block), x), (y, dy)), dx)| {
                    let (y, dy) = (&mut y[..used(&x)], &mut dy[..used(&x)]);
                    let dx = Some(dx);
                    work(i, i * rows, block, Part { x, y, dy, dx });
                }),
            None => tasks.for_each(|(((i, block), x), (y, dy))| {
                let (y, dy) = (&mut y[..used(&x)], &mut dy[..used(&x)]);
                let dx = None;
                work(i, i * rows, block, Part { x, y, dy, dx });
            }),
        }
    }
}

/// What a block is given of a batch.
struct Part<'a, F> {
    x: View<'a, F>,
    y: &'a mut [F],
    dy: &'a mut [F],
    dx: Option<&'a mut [F]>,
}

/// grads ← Σ of the blocks' gradients, in their order.
fn add_up<F: Scalar>(blocks: &[Block<F>], grads: &mut [Vec<ArrayD<F>>]) {
    let mut chunks = Vec::new();
    for (layer, grads) in grads.iter_mut().enumerate() {
        for (parameter, gradient) in grads.iter_mut().enumerate() {
            let gradient = gradient.as_slice_mut().expect("in standard layout");
            let parts = gradient.chunks_mut(SUM_NUMBERS).enumerate();
            chunks.extend(parts.map(|(i, chunk)| (layer, parameter, i * SUM_NUMBERS, chunk)));
        }
    }
    chunks
        .into_par_iter()
        .for_each(|(layer, parameter, start, total)| {
            let range = start..start + total.len();
            let mut parts = blocks.iter().map(|block| {
                let gradient = block.grads[layer][parameter].as_slice();
                &gradient.expect("in standard layout")[range.clone()]
            });
            total.copy_from_slice(parts.next().expect("at least one block"));
            for part in parts {
                for (total, part) in total.iter_mut().zip(part) {
                    *total += *part;
                }
            }
        });
}
