//! A stage: a run of layers that a batch goes through block by block, or one layer that takes the whole batch.

use std::ops::Range;

use dl_core::Scalar;
use dl_core::gemm::Packings;
use dl_core::memory::{OutOfMemory, filled, room};
use dl_core::sum::{tree_order, tree_sum};
use ndarray::ArrayD;
use rayon::prelude::*;

use super::block::{Block, BlockBuffers, BlockIo};
use super::buffer_pool::BufferPool;
use super::division::{Blocking, Division};
use super::loss_part::{BatchLoss, LossPart};
use crate::arrays::zeros;
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Gradients, Mode};
use crate::model::NamedLayer;

/// Elements of a gradient that one task sums over the blocks.
const SUM_ELEMENTS: usize = 1 << 14;

/// A run of layers, its output for the whole batch, and the gradient of that.
#[derive(Debug, Clone)]
pub(super) struct Stage<F> {
    pub(super) layers: Range<usize>,
    /// Shape of one output sample.
    pub(super) shape: Vec<usize>,
    /// The output for the whole batch, `capacity` × shape.
    pub(super) output: Vec<F>,
    /// ∂L/∂output, of the same length; empty for inference.
    pub(super) dy: Vec<F>,
    /// If a pass is of a micro-batch.
    part: Option<Part>,
    /// The largest batch.
    capacity: usize,
    work: Work<F>,
}

#[derive(Debug, Clone)]
enum Work<F> {
    /// One layer that takes the whole batch.
    Whole(Box<Cache<F>>),
    /// A run of layers that take any part of the batch.
    Blocks {
        blocking: Blocking,
        blocks: Vec<Block<F>>,
        buffer_pool: BufferPool<F>,
    },
}

/// The layers of the stage that starts with this one.
pub(super) fn stage_from<F: Scalar>(layers: &[NamedLayer<F>], start: usize) -> Range<usize> {
    let in_blocks = |l: &&NamedLayer<F>| l.layer.batching() == Batching::Blocks;
    let blocks = layers[start..].iter().take_while(in_blocks).count();
    start..start + blocks.max(1)
}

/// Gradients for the parameters of the layers, all zero.
pub(super) fn gradients<F: Scalar>(
    layers: &[NamedLayer<F>],
) -> Result<Vec<Vec<ArrayD<F>>>, OutOfMemory> {
    let of_layer = |named: &NamedLayer<F>| {
        let params = named.layer.params().into_iter();
        params.map(|p| zeros(p.value.raw_dim())).collect()
    };
    layers.iter().map(of_layer).collect()
}

/// Samples in the largest block of a batch of up to `n`.
pub(crate) fn largest_block<F: Scalar>(layers: &[NamedLayer<F>], n: usize) -> usize {
    Blocking::new(&layers[stage_from(layers, 0)], Division::Blocks).largest_block(n)
}

/// The size of the micro-batches of a batch of `n`. If all layers are in one stage, it is a power of two of whole blocks,
/// at least one, and otherwise at most `at_most` samples: their gradients add up bit-identically to the batch's. If a layer
/// takes the whole batch, there is no such size, and it is `at_most`.
pub(crate) fn micro_batch<F: Scalar>(layers: &[NamedLayer<F>], at_most: usize, n: usize) -> usize {
    let run = stage_from(layers, 0);
    if run.end < layers.len() || layers[0].layer.batching() == Batching::Whole {
        return at_most;
    }
    let block_size = Blocking::new(layers, Division::Blocks).block_size(n);
    let blocks = (at_most / block_size).max(1);
    block_size << blocks.ilog2()
}

impl<F: Scalar> Stage<F> {
    /// Plans the stage that starts with this layer.
    pub(super) fn plan(
        layers: &[NamedLayer<F>],
        start: usize,
        capacity: usize,
        training: bool,
        division: Division,
    ) -> Result<Self, OutOfMemory> {
        let range = stage_from(layers, start);
        let run = &layers[range.clone()];
        let last = run.last().expect("not empty");
        let outputs = capacity.saturating_mul(last.size());
        let dys = if training { outputs } else { 0 };
        let (output, dy) = (filled(outputs, F::zero)?, filled(dys, F::zero)?);
        let work = if last.layer.batching() == Batching::Whole {
            Work::Whole(Box::default())
        } else {
            let blocking = Blocking::new(run, division);
            let mut blocks = room(blocking.most_blocks(capacity))?;
            add_blocks(&mut blocks, blocking.most_blocks(capacity), run, training)?;
            Work::Blocks {
                blocking,
                blocks,
                buffer_pool: BufferPool::default(),
            }
        };
        Ok(Self {
            layers: range,
            shape: last.output_shape.clone(),
            output,
            dy,
            part: None,
            capacity,
            work,
        })
    }

    /// Prepares for a pass of a micro-batch, or with `None` of a whole batch.
    pub(super) fn set_part(
        &mut self,
        layers: &[NamedLayer<F>],
        part: Option<Part>,
    ) -> Result<(), OutOfMemory> {
        self.part = part;
        if let (
            Some(part),
            Work::Blocks {
                blocking, blocks, ..
            },
        ) = (part, &mut self.work)
        {
            let count = self.capacity.div_ceil(blocking.block_size(part.batch_size));
            add_blocks(blocks, count, &layers[self.layers.clone()], true)?;
        }
        Ok(())
    }

    /// Adds what only a backward pass needs, unless it is there.
    pub(super) fn plan_backward(&mut self, layers: &[NamedLayer<F>]) -> Result<(), OutOfMemory> {
        if self.dy.len() < self.output.len() {
            self.dy = filled(self.output.len(), F::zero)?;
        }
        let run = &layers[self.layers.clone()];
        if let Work::Blocks { blocks, .. } = &mut self.work {
            for block in blocks.iter_mut().filter(|block| block.grads.is_empty()) {
                block.grads = gradients(run)?;
            }
        }
        Ok(())
    }

    /// Elements that passes allocate besides the buffers planned here: the buffers of blocks, and the layers' scratch
    /// and caches. `hold`: whether each block holds its buffers until the backward pass.
    pub(super) fn allocated_by_passes(
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
        let caches = run.iter().map(NamedLayer::allocated_by_pass);
        let (plans, caches) = (plans.fold(0, add), caches.fold(0, add));
        let samples = match &self.work {
            Work::Whole(_) => capacity.saturating_mul(caches),
            Work::Blocks {
                blocking, blocks, ..
            } => {
                let inner = run[..run.len() - 1].iter().map(NamedLayer::size);
                let inner = inner.fold(0, add);
                let dys = if training { inner } else { 0 };
                let largest = blocking.largest_block(capacity);
                let buffers = largest.saturating_mul(add(inner, add(dys, caches)));
                let count = match hold {
                    true => blocks.len(),
                    false => blocks.len().min(rayon::current_num_threads()),
                };
                count.saturating_mul(buffers)
            }
        };
        add(plans, samples)
    }

    /// Parameters will not change: a layer that takes the whole batch keeps packed copies of them as well, which
    /// does not pay for a single product.
    pub(super) fn keep_packed(&mut self) {
        if let Work::Whole(cache) = &mut self.work {
            cache.packings = Packings::keeping();
            cache.inner.clear();
            cache.buffers = None;
        }
    }

    /// Parameters have changed: packed copies of them are out of date.
    pub(super) fn forget_packed(&mut self) {
        let (blocks, buffer_pool) = match &mut self.work {
            Work::Whole(cache) => return cache.forget_packed(),
            Work::Blocks {
                blocks,
                buffer_pool,
                ..
            } => (blocks, buffer_pool),
        };
        let held = blocks.iter_mut().filter_map(|block| block.buffers.as_mut());
        let free = buffer_pool.iter_mut();
        held.chain(free).for_each(BlockBuffers::forget_packed);
    }

    /// The cache of a layer that takes the whole batch, with what it left for its state.
    pub(super) fn cache(&self) -> Option<&Cache<F>> {
        match &self.work {
            Work::Whole(cache) => Some(cache),
            Work::Blocks { .. } => None,
        }
    }

    /// Writes the output; keeps what the backward pass needs if it is `for_backward`.
    pub(super) fn forward(
        &mut self,
        layers: &[NamedLayer<F>],
        x: Batch<F>,
        mode: Mode,
        for_backward: bool,
    ) {
        let (n, size) = (x.len(), self.size());
        let run = &layers[self.layers.clone()];
        let (mode, part) = (mode.part(self.layers.start), self.part);
        let (blocking, blocks, buffer_pool) = match &mut self.work {
            Work::Whole(cache) => {
                let y = BatchMut::first(n, &self.shape, &mut self.output);
                cache.forward_only = !for_backward;
                let mode = part.map_or(mode, |part| part.mode(mode));
                cache.capacity = self.capacity;
                return run[0].layer.forward(x, y, cache, run[0].mode(mode));
            }
            Work::Blocks {
                blocking,
                blocks,
                buffer_pool,
            } => (*blocking, blocks, buffer_pool),
        };
        let (block_size, before) = blocks_before(blocking, part, n);
        let largest = blocking.largest_block(self.capacity);
        let work = |index, block: &mut Block<F>, x: Batch<F>, y: &mut [F]| {
            let mut buffers = buffer_pool.acquire(block, run, largest);
            buffers.forward(run, x, y, mode.part(before + index));
            match for_backward {
                true => block.buffers = Some(buffers),
                false => buffer_pool.release(buffers),
            }
        };
        let output = &mut self.output[..n * size];
        if let [block] = &mut blocks[..n.div_ceil(block_size)] {
            return work(0, block, x, output);
        }
        let outputs = output.par_chunks_mut(block_size * size);
        let blocks = blocks[..n.div_ceil(block_size)].par_iter_mut();
        let tasks = blocks.zip(outputs).zip(blocks_of(x, block_size));
        let tasks = tasks.enumerate().with_max_len(1);
        tasks.for_each(|(index, ((block, y), x))| work(index, block, x, y));
    }

    /// The forward pass, the loss and the backward pass; for the last stage, block by block.
    pub(super) fn train(
        &mut self,
        layers: &[NamedLayer<F>],
        args: BackwardArgs<'_, F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
        grads: &mut [Vec<ArrayD<F>>],
    ) -> LossPart {
        let n = args.x.len();
        let (run, start) = (&layers[self.layers.clone()], self.layers.start);
        let Work::Blocks { blocking, .. } = self.work else {
            let len = n * self.size();
            self.forward(layers, args.x, mode, true);
            let loss = loss(0..n, &self.output[..len], &mut self.dy[..len]);
            if args.skip < self.layers.end {
                self.backward(layers, args, grads);
            }
            return loss;
        };
        let (mode, (_, before)) = (mode.part(start), blocks_before(blocking, self.part, n));
        self.backward_blocks(layers, args, grads, &|index, first, block, buffers, io| {
            buffers.forward(run, io.x, io.y, mode.part(before + index));
            block.loss = loss(first..first + io.x.len(), io.y, io.dy);
        });
        total_loss(self.blocks(n))
    }

    /// Reads ∂L/∂output; overwrites it, `grads` and ∂L/∂input.
    pub(super) fn backward(
        &mut self,
        layers: &[NamedLayer<F>],
        args: BackwardArgs<'_, F>,
        grads: &mut [Vec<ArrayD<F>>],
    ) {
        let Work::Whole(cache) = &mut self.work else {
            return self.backward_blocks(layers, args, grads, &|_, _, _, _, _| {});
        };
        let BackwardArgs { x, dx, .. } = args;
        layers[self.layers.start].layer.backward(Backward {
            x,
            y: Batch::first(x.len(), &self.shape, &self.output),
            dy: BatchMut::first(x.len(), &self.shape, &mut self.dy),
            dx: dx.map(|dx| BatchMut::first(x.len(), x.sample_shape(), dx)),
            cache,
            grads: Gradients::new(&mut grads[0]),
        });
    }

    /// The backward pass of every block, in parallel, after `prepare`.
    fn backward_blocks(
        &mut self,
        layers: &[NamedLayer<F>],
        args: BackwardArgs<'_, F>,
        grads: &mut [Vec<ArrayD<F>>],
        prepare: &Prepare<'_, F>,
    ) {
        let size = self.size();
        let Work::Blocks {
            blocking,
            blocks,
            buffer_pool,
        } = &mut self.work
        else {
            return;
        };
        let BackwardArgs { x, dx, skip } = args;
        let n = x.len();
        let (block_size, _) = blocks_before(*blocking, self.part, n);
        let largest = blocking.largest_block(self.capacity);
        let blocks = &mut blocks[..n.div_ceil(block_size)];
        let run = &layers[self.layers.clone()];
        let skip = skip.saturating_sub(self.layers.start);
        let work = |index, block: &mut Block<F>, x: Batch<F>, y: &mut [F], dy: &mut [F], dx| {
            // the last block may have fewer samples
            let len = x.len() * size;
            let (y, dy) = (&mut y[..len], &mut dy[..len]);
            let mut io = BlockIo { x, y, dy, dx };
            let mut buffers = buffer_pool.acquire(block, run, largest);
            prepare(index, index * block_size, block, &mut buffers, &mut io);
            buffers.backward(run, io, skip, &mut block.grads);
            buffer_pool.release(buffers);
        };
        let sample: usize = x.sample_shape().iter().product();
        let dx = dx.map(|dx| &mut dx[..n * sample]);
        let (output, dy) = (&mut self.output[..], &mut self.dy[..]);
        if let [block] = &mut *blocks {
            // waking a thread takes longer than a small network
            work(0, block, x, output, dy, dx);
        } else {
            let outputs = output.par_chunks_mut(block_size * size);
            let dys = dy.par_chunks_mut(block_size * size);
            let tasks = blocks.par_iter_mut().enumerate();
            let tasks = tasks.zip(blocks_of(x, block_size)).zip(outputs.zip(dys));
            let tasks = tasks.with_max_len(1);
            match dx {
                Some(dx) => tasks.zip(dx.par_chunks_mut(block_size * sample)).for_each(
                    |((((i, block), x), (y, dy)), dx)| work(i, block, x, y, dy, Some(dx)),
                ),
                None => tasks.for_each(|(((i, block), x), (y, dy))| work(i, block, x, y, dy, None)),
            }
        }
        reduce_gradients(blocks, skip, grads);
    }

    /// The blocks that `n` samples fill.
    fn blocks(&self, n: usize) -> &[Block<F>] {
        match &self.work {
            Work::Whole(_) => &[],
            Work::Blocks {
                blocking, blocks, ..
            } => &blocks[..n.div_ceil(blocks_before(*blocking, self.part, n).0)],
        }
    }

    /// Elements of one output sample.
    fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// What a stage is given for the backward pass.
pub(super) struct BackwardArgs<'a, F> {
    /// The stage's input.
    pub(super) x: Batch<'a, F>,
    /// ∂L/∂x; `None` if it is not needed.
    pub(super) dx: Option<&'a mut [F]>,
    /// How many layers at the start of the model need no gradients.
    pub(super) skip: usize,
}

/// What happens to a block before its backward pass, given its index and first sample.
type Prepare<'a, F> =
    dyn Fn(usize, usize, &mut Block<F>, &mut BlockBuffers<F>, &mut BlockIo<'_, F>) + Sync + 'a;

/// Where a micro-batch is in its batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) first_sample: usize,
    pub(super) batch_size: usize,
}

impl Part {
    /// Each part draws other random numbers; the first those of a whole batch.
    fn mode(self, mode: Mode) -> Mode {
        match self.first_sample {
            0 => mode,
            first_sample => mode.part(first_sample),
        }
    }
}

/// The size of the blocks of a pass of `n` samples, and how many blocks of its batch are before it.
fn blocks_before(blocking: Blocking, part: Option<Part>, n: usize) -> (usize, usize) {
    match part {
        None => (blocking.block_size(n), 0),
        Some(part) => {
            let block_size = blocking.block_size(part.batch_size);
            (block_size, part.first_sample / block_size)
        }
    }
}

/// Adds blocks until there are `count`.
fn add_blocks<F: Scalar>(
    blocks: &mut Vec<Block<F>>,
    count: usize,
    run: &[NamedLayer<F>],
    training: bool,
) -> Result<(), OutOfMemory> {
    let run = if training { run } else { &[] };
    while blocks.len() < count {
        blocks.push(Block::new(gradients(run)?));
    }
    Ok(())
}

/// A batch in blocks of `block_size` samples.
fn blocks_of<F: Scalar>(
    x: Batch<'_, F>,
    block_size: usize,
) -> impl IndexedParallelIterator<Item = Batch<'_, F>> {
    let sample: usize = x.sample_shape().iter().product();
    let blocks = x.slice().par_chunks(block_size * sample);
    blocks.map(move |block| Batch::new(x.sample_shape(), block))
}

/// The sum of the blocks' losses, in the order of their gradients' sum.
fn total_loss<F>(blocks: &[Block<F>]) -> LossPart {
    match blocks {
        [] => LossPart::default(),
        [block] => block.loss,
        blocks => {
            let (left, right) = blocks.split_at(tree_order(blocks.len()));
            let mut total = total_loss(left);
            total += total_loss(right);
            total
        }
    }
}

/// grads ← Σ of the gradients of all blocks, in an order that depends only on how many there are; not of the first
/// `skip` layers, which have none.
fn reduce_gradients<F: Scalar>(blocks: &[Block<F>], skip: usize, grads: &mut [Vec<ArrayD<F>>]) {
    let mut chunks = Vec::new();
    for (layer, grads) in grads.iter_mut().enumerate().skip(skip) {
        for (parameter, gradient) in grads.iter_mut().enumerate() {
            let gradient = gradient.as_slice_mut().expect("in standard layout");
            let parts = gradient.chunks_mut(SUM_ELEMENTS).enumerate();
            chunks.extend(parts.map(|(i, chunk)| (layer, parameter, i * SUM_ELEMENTS, chunk)));
        }
    }
    let sum = |(layer, parameter, start, total): (usize, usize, usize, &mut [F])| {
        let part = |block: usize| {
            let gradient = blocks[block].grads[layer][parameter].as_slice();
            &gradient.expect("in standard layout")[start..]
        };
        tree_sum(blocks.len(), &part, total);
    };
    if blocks.len() == 1 {
        chunks.into_iter().for_each(sum);
    } else {
        chunks.into_par_iter().for_each(sum);
    }
}
