//! A part of a model that the executor runs as one.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use dl_core::Scalar;
use dl_core::gemm::Packings;
use dl_core::memory::{OutOfMemory, filled, room};
use dl_core::sum::sum_rows;
use ndarray::ArrayD;
use rayon::prelude::*;

use crate::backward::{Backward, Gradients};
use crate::batch::{Batch, BatchMut};
use crate::block::{Block, Part, Space};
use crate::buffers::zeros;
use crate::layer::{Batching, Cache, Mode};
use crate::model::NamedLayer;
use crate::workspace::{BatchLoss, Share};

/// Elements that the activations of one block may have: a block of so many stays in a core's
/// second-level cache (8 images of the MNIST CNN).
const BLOCK_ELEMENTS: usize = 320_000;

/// Elements that the layers of a run may work in for one block, beside the activations: so many that
/// only unusual padding and dilation make blocks smaller.
const BLOCK_SCRATCH: usize = 1 << 22;

/// Elements of a gradient that one task sums up over the blocks.
const SUM_ELEMENTS: usize = 1 << 14;

/// A layer that takes the whole batch, or a run of layers over blocks of it.
#[derive(Debug)]
pub(crate) struct Stage<F> {
    pub(crate) layers: Range<usize>,
    /// Shape of one output sample.
    pub(crate) shape: Vec<usize>,
    /// The output for the whole batch, `capacity` × shape.
    pub(crate) output: Vec<F>,
    /// ∂L/∂output, as long; empty for inference.
    pub(crate) delta: Vec<F>,
    work: Work<F>,
}

#[derive(Debug)]
enum Work<F> {
    /// One layer that takes the whole batch.
    Whole(Cache<F>),
    /// A run of layers.
    Blocks {
        /// Samples of a block.
        rows: usize,
        blocks: Vec<Block<F>>,
        /// Spaces that no block holds: few, so that what they hold stays in cache.
        spaces: Mutex<Vec<Space<F>>>,
    },
}

/// The gradients of the layers' parameters, zero.
pub(crate) fn gradients<F: Scalar>(
    layers: &[NamedLayer<F>],
) -> Result<Vec<Vec<ArrayD<F>>>, OutOfMemory> {
    let of_layer = |named: &NamedLayer<F>| {
        let params = named.layer.params().into_iter();
        params.map(|p| zeros(p.value.raw_dim())).collect()
    };
    layers.iter().map(of_layer).collect()
}

impl<F: Scalar> Stage<F> {
    /// Plans the stage that starts with this layer.
    pub(crate) fn plan(
        layers: &[NamedLayer<F>],
        start: usize,
        capacity: usize,
        training: bool,
    ) -> Result<Self, OutOfMemory> {
        let in_blocks = |l: &&NamedLayer<F>| l.layer.batching() == Batching::Blocks;
        let blocks = layers[start..].iter().take_while(in_blocks).count();
        let range = start..start + blocks.max(1);
        let run = &layers[range.clone()];
        let last = run.last().expect("not empty");
        let outputs = capacity.saturating_mul(last.size());
        let deltas = if training { outputs } else { 0 };
        let (output, delta) = (filled(outputs, F::zero)?, filled(deltas, F::zero)?);
        let work = if blocks == 0 {
            Work::Whole(Cache::default())
        } else {
            let elements = run.iter().map(NamedLayer::size);
            let elements = elements.fold(0, usize::saturating_add);
            let scratch = run.iter().map(NamedLayer::scratch);
            let scratch = scratch.fold(1, usize::saturating_add);
            let rows = (BLOCK_ELEMENTS / elements).min(BLOCK_SCRATCH / scratch);
            let rows = rows.min(capacity).max(1);
            let block = || -> Result<_, OutOfMemory> {
                let run = if training { run } else { &[] };
                Ok(Block::new(gradients(run)?))
            };
            let count = capacity.div_ceil(rows);
            let mut blocks = room(count)?;
            for _ in 0..count {
                blocks.push(block()?);
            }
            Work::Blocks {
                rows,
                blocks,
                spaces: Mutex::default(),
            }
        };
        Ok(Self {
            layers: range,
            shape: last.output_shape.clone(),
            output,
            delta,
            work,
        })
    }

    /// Elements that passes make beside the buffers planned here: the blocks' spaces, what layers work
    /// in and what they keep. `hold`: whether each block holds its space until the backward pass.
    pub(crate) fn made_by_passes(
        &self,
        layers: &[NamedLayer<F>],
        capacity: usize,
        training: bool,
        hold: bool,
    ) -> usize {
        if capacity == 0 {
            return 0;
        }
        let run = &layers[self.layers.clone()];
        let add = usize::saturating_add;
        let plans = run.iter().map(|l| l.plan().div_ceil(size_of::<F>()));
        let caches = run.iter().map(NamedLayer::made_by_pass);
        let (plans, caches) = (plans.fold(0, add), caches.fold(0, add));
        let samples = match &self.work {
            Work::Whole(_) => capacity.saturating_mul(caches),
            Work::Blocks { rows, blocks, .. } => {
                let inner = run[..run.len() - 1].iter().map(NamedLayer::size);
                let inner = inner.fold(0, add);
                let deltas = if training { inner } else { 0 };
                let space = rows.saturating_mul(add(inner, add(deltas, caches)));
                let spaces = match hold {
                    true => blocks.len(),
                    false => blocks.len().min(rayon::current_num_threads()),
                };
                spaces.saturating_mul(space)
            }
        };
        add(plans, samples)
    }

    /// Parameters will not change: a layer that takes the whole batch keeps its packed ones, too. For one product
    /// with each of them that would not pay.
    pub(crate) fn keep_packed(&mut self) {
        if let Work::Whole(cache) = &mut self.work {
            cache.packings = Packings::keeping();
            cache.inner.clear();
        }
    }

    /// Parameters have changed: what is packed of them is packed again.
    pub(crate) fn forget_packed(&mut self) {
        let (blocks, spaces) = match &mut self.work {
            Work::Whole(cache) => return cache.forget_packed(),
            Work::Blocks { blocks, spaces, .. } => (blocks, spaces),
        };
        let held = blocks.iter_mut().filter_map(|block| block.space.as_mut());
        let free = spaces.get_mut().unwrap_or_else(PoisonError::into_inner);
        held.chain(free).for_each(Space::forget_packed);
    }

    /// What the one layer of this stage left for its state.
    pub(crate) fn cache(&self) -> Option<&Cache<F>> {
        match &self.work {
            Work::Whole(cache) => Some(cache),
            Work::Blocks { .. } => None,
        }
    }

    /// Writes the output; `keep` what the backward pass needs.
    pub(crate) fn forward(
        &mut self,
        layers: &[NamedLayer<F>],
        x: Batch<F>,
        n: usize,
        mode: Mode,
        keep: bool,
    ) {
        let run = &layers[self.layers.clone()];
        let mode = mode.part(self.layers.start);
        match &mut self.work {
            Work::Whole(cache) => {
                let y = BatchMut::first(n, &self.shape, &mut self.output);
                run[0].layer.forward(x, y, cache, mode);
            }
            Work::Blocks {
                rows,
                blocks,
                spaces,
            } => {
                let rows = *rows;
                let size: usize = self.shape.iter().product();
                let forward = |i, block: &mut Block<F>, x: Batch<F>, y: &mut [F]| {
                    let mut space = take(&mut block.space, spaces, run, rows);
                    space.forward(run, x, y, mode.part(i));
                    if keep {
                        block.space = Some(space);
                    } else {
                        give_back(space, spaces);
                    }
                };
                if n <= rows {
                    return forward(0, &mut blocks[0], x, &mut self.output[..n * size]);
                }
                let outputs = self.output[..n * size].par_chunks_mut(rows * size);
                let inputs = blocks_of(x, rows);
                let blocks = blocks[..n.div_ceil(rows)].par_iter_mut();
                let tasks = blocks.zip(outputs).zip(inputs).enumerate();
                tasks
                    .with_max_len(1)
                    .for_each(|(i, ((block, y), x))| forward(i, block, x, y));
            }
        }
    }

    /// Forward, loss and backward of the last stage.
    pub(crate) fn train(
        &mut self,
        layers: &[NamedLayer<F>],
        pass: Pass<'_, F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
        grads: &mut [Vec<ArrayD<F>>],
    ) -> Share {
        let (n, size) = (pass.n, self.shape.iter().product::<usize>());
        if let Work::Whole(_) = &self.work {
            self.forward(layers, pass.x, n, mode, true);
            let share = loss(0..n, &self.output[..n * size], &mut self.delta[..n * size]);
            self.backward(layers, pass, grads);
            return share;
        }
        let run = &layers[self.layers.clone()];
        let skip = pass.skip.saturating_sub(self.layers.start);
        let mode = mode.part(self.layers.start);
        self.for_blocks(run, pass, &|i, first, block, space, part| {
            space.forward(run, part.x, part.y, mode.part(i));
            let samples = first..first + part.x.len();
            block.share = loss(samples, part.y, part.dy);
            space.backward(run, part, skip, &mut block.grads);
        });
        let mut share = Share::default();
        for block in self.blocks(n) {
            share += block.share;
        }
        add_up(self.blocks(n), grads);
        share
    }

    pub(crate) fn backward(
        &mut self,
        layers: &[NamedLayer<F>],
        pass: Pass<'_, F>,
        grads: &mut [Vec<ArrayD<F>>],
    ) {
        let n = pass.n;
        let run = &layers[self.layers.clone()];
        if let Work::Whole(cache) = &mut self.work {
            let x = pass.x;
            return run[0].layer.backward(Backward {
                x,
                y: Batch::first(n, &self.shape, &self.output),
                dy: BatchMut::first(n, &self.shape, &mut self.delta),
                dx: pass.dx.map(|dx| BatchMut::first(n, x.sample_shape(), dx)),
                cache,
                grads: Gradients::new(&mut grads[0]),
            });
        }
        let skip = pass.skip.saturating_sub(self.layers.start);
        self.for_blocks(run, pass, &|_, _, block, space, part| {
            space.backward(run, part, skip, &mut block.grads);
        });
        add_up(self.blocks(n), grads);
    }

    /// The blocks that `n` samples fill.
    fn blocks(&self, n: usize) -> &[Block<F>] {
        match &self.work {
            Work::Whole(_) => &[],
            Work::Blocks { rows, blocks, .. } => &blocks[..n.div_ceil(*rows)],
        }
    }

    /// Calls `work` for every block with its number, first sample and space, in parallel.
    fn for_blocks(&mut self, run: &[NamedLayer<F>], pass: Pass<'_, F>, work: &BlockWork<'_, F>) {
        let Work::Blocks {
            rows,
            blocks,
            spaces,
        } = &mut self.work
        else {
            return;
        };
        let Pass { n, x, dx, .. } = pass;
        let rows = *rows;
        let size = rows * self.shape.iter().product::<usize>();
        let sample: usize = x.sample_shape().iter().product();
        let work = |i, block: &mut Block<F>, x: Batch<F>, y: &mut [F], dy: &mut [F], dx| {
            // the last block may be smaller than its space
            let used = x.len() * size / rows;
            let (y, dy) = (&mut y[..used], &mut dy[..used]);
            let mut space = take(&mut block.space, spaces, run, rows);
            work(i, i * rows, block, &mut space, Part { x, y, dy, dx });
            give_back(space, spaces);
        };
        let dx = dx.map(|dx| &mut dx[..n * sample]);
        // a thread takes longer to wake than a small network to work
        if n <= rows {
            return work(0, &mut blocks[0], x, &mut self.output, &mut self.delta, dx);
        }
        let blocks = blocks[..n.div_ceil(rows)].par_iter_mut().enumerate();
        let outputs = self.output.par_chunks_mut(size);
        let ends = outputs.zip(self.delta.par_chunks_mut(size));
        let tasks = blocks.zip(blocks_of(x, rows)).zip(ends).with_max_len(1);
        match dx {
            Some(dx) => tasks
                .zip(dx.par_chunks_mut(rows * sample))
                .for_each(|((((i, block), x), (y, dy)), dx)| work(i, block, x, y, dy, Some(dx))),
            None => tasks.for_each(|(((i, block), x), (y, dy))| work(i, block, x, y, dy, None)),
        }
    }
}

/// A batch in blocks of `rows` samples.
fn blocks_of<F: Scalar>(
    x: Batch<'_, F>,
    rows: usize,
) -> impl IndexedParallelIterator<Item = Batch<'_, F>> {
    let sample: usize = x.sample_shape().iter().product();
    let blocks = x.slice().par_chunks(rows * sample);
    blocks.map(move |block| Batch::new(x.sample_shape(), block))
}

/// What is done with a block, given its number, its first sample and its space.
type BlockWork<'a, F> = dyn Fn(usize, usize, &mut Block<F>, &mut Space<F>, Part<'_, F>) + Sync + 'a;

/// The space a block holds, else one that nobody holds, else a new one.
fn take<F: Scalar>(
    held: &mut Option<Space<F>>,
    spaces: &Mutex<Vec<Space<F>>>,
    run: &[NamedLayer<F>],
    rows: usize,
) -> Space<F> {
    let free = || spaces.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let space = held.take().or_else(free);
    space.unwrap_or_else(|| Space::new(run, rows))
}

fn give_back<F>(space: Space<F>, spaces: &Mutex<Vec<Space<F>>>) {
    spaces
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(space);
}

/// grads ← Σ of the blocks' gradients, in an order that depends on their number alone.
fn add_up<F: Scalar>(blocks: &[Block<F>], grads: &mut [Vec<ArrayD<F>>]) {
    let mut chunks = Vec::new();
    for (layer, grads) in grads.iter_mut().enumerate() {
        for (parameter, gradient) in grads.iter_mut().enumerate() {
            let gradient = gradient.as_slice_mut().expect("in standard layout");
            let parts = gradient.chunks_mut(SUM_ELEMENTS).enumerate();
            chunks.extend(parts.map(|(i, chunk)| (layer, parameter, i * SUM_ELEMENTS, chunk)));
        }
    }
    let add_up = |(layer, parameter, start, total): (usize, usize, usize, &mut [F])| {
        let part = |block: usize| {
            let gradient = blocks[block].grads[layer][parameter].as_slice();
            &gradient.expect("in standard layout")[start..]
        };
        if blocks.len() == 1 {
            return total.copy_from_slice(&part(0)[..total.len()]);
        }
        sum_rows(blocks.len(), &part, total);
    };
    if blocks.len() == 1 {
        chunks.into_iter().for_each(add_up);
    } else {
        chunks.into_par_iter().for_each(add_up);
    }
}

/// What a stage is given in the backward pass.
pub(crate) struct Pass<'a, F> {
    pub(crate) n: usize,
    /// The first layers of the model that nobody needs a gradient of.
    pub(crate) skip: usize,
    pub(crate) x: Batch<'a, F>,
    pub(crate) dx: Option<&'a mut [F]>,
}
