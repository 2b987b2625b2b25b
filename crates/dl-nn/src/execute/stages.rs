//! The stages of a run of layers, one after another: of a whole model, or of a sequence inside a layer.
//!
//! A run of layers that take any part of a batch ([`Batching::Blocks`](crate::Batching)) is one stage: the batch is
//! divided into fixed blocks of samples, and each block goes through the whole run while it is in cache; rayon schedules
//! the blocks. A layer that takes the whole batch is a stage by itself. In training, each block of the last stage of a
//! model does its forward pass, its part of the loss and its backward pass in one go. Blocks, and the order in which
//! their gradients are summed, depend only on the layers and the batch size, so the results are bit-identical for any
//! number of threads.

use std::any::Any;

use dl_core::Scalar;
use dl_core::memory::OutOfMemory;
use ndarray::ArrayD;

use super::division::Division;
use super::loss_part::{BatchLoss, LossPart};
use super::stage::{BackwardArgs, Part, Stage, gradients};
use crate::layer::cache::Buffers;
use crate::layer::{Batch, Mode};
use crate::model::{NamedLayer, Outline};

/// As many skipped layers as there can be: no backward pass follows.
pub(crate) const NO_BACKWARD: usize = usize::MAX;

/// The buffers of passes through a run of layers, for batches up to a size.
#[derive(Debug, Clone)]
pub(crate) struct Stages<F> {
    stages: Vec<Stage<F>>,
    /// Of the layers that it is planned for.
    outlines: Vec<Outline>,
    /// Gradients of every layer's parameters, mirroring `Layer::params`; empty if only forward passes are planned.
    pub(crate) grads: Vec<Vec<ArrayD<F>>>,
    pub(crate) capacity: usize,
}

impl<F: Scalar> Stages<F> {
    pub(crate) fn plan(
        layers: &[NamedLayer<F>],
        capacity: usize,
        training: bool,
        division: Division,
    ) -> Result<Self, OutOfMemory> {
        let mut stages: Vec<Stage<F>> = Vec::new();
        while let start = stages.last().map_or(0, |stage| stage.layers.end)
            && start < layers.len()
        {
            let stage = Stage::plan(layers, start, capacity, training, division)?;
            stages.push(stage);
        }
        Ok(Self {
            stages,
            outlines: layers.iter().map(NamedLayer::outline).collect(),
            grads: gradients(if training { layers } else { &[] })?,
            capacity,
        })
    }

    /// Adds what only a backward pass needs, unless it is there.
    pub(crate) fn plan_backward(&mut self, layers: &[NamedLayer<F>]) -> Result<(), OutOfMemory> {
        if self.grads.is_empty() {
            self.grads = gradients(layers)?;
        }
        let mut stages = self.stages.iter_mut();
        stages.try_for_each(|stage| stage.plan_backward(layers))
    }

    /// Whether it is planned for layers of these shapes.
    pub(crate) fn fits(&self, layers: &[NamedLayer<F>]) -> bool {
        let mut pairs = layers.iter().zip(&self.outlines);
        layers.len() == self.outlines.len()
            && pairs.all(|(layer, outline)| layer.has_outline(outline))
    }

    /// Elements that passes allocate besides the buffers planned here.
    pub(super) fn allocated_by_passes(&self, layers: &[NamedLayer<F>], training: bool) -> usize {
        let allocated = self.stages.iter().map(|stage| {
            // a block of the last stage goes forward and backward in one go
            let hold = training && stage.layers.end < layers.len();
            stage.allocated_by_passes(layers, self.capacity, training, hold)
        });
        allocated.fold(0, usize::saturating_add)
    }

    /// The next passes are of a micro-batch of a batch, or with `None` of whole batches.
    pub(super) fn set_part(
        &mut self,
        layers: &[NamedLayer<F>],
        part: Option<Part>,
    ) -> Result<(), OutOfMemory> {
        let mut stages = self.stages.iter_mut();
        stages.try_for_each(|stage| stage.set_part(layers, part))
    }

    /// Packed copies of parameters stay valid from pass to pass.
    pub(crate) fn keep_packed(&mut self) {
        self.stages.iter_mut().for_each(Stage::keep_packed);
    }

    /// The output of the last forward pass, of `n` samples.
    pub(crate) fn output(&self, n: usize) -> Batch<'_, F> {
        let last = self.stages.last().expect("never empty");
        Batch::first(n, &last.shape, &last.output)
    }

    /// Where ∂L/∂output is written before a backward pass of `n` samples.
    pub(crate) fn output_gradient(&mut self, n: usize) -> &mut [F] {
        let last = self.stages.last_mut().expect("never empty");
        let size: usize = last.shape.iter().product();
        &mut last.dy[..n * size]
    }

    /// Writes [`output`](Self::output), and keeps what the backward pass without the first `skip` layers needs.
    pub(crate) fn forward(
        &mut self,
        layers: &[NamedLayer<F>],
        x: Batch<F>,
        mode: Mode,
        skip: usize,
    ) {
        self.forward_first(self.stages.len(), layers, x, mode, skip);
    }

    fn forward_first(
        &mut self,
        count: usize,
        layers: &[NamedLayer<F>],
        x: Batch<F>,
        mode: Mode,
        skip: usize,
    ) {
        for i in 0..count {
            let (before, rest) = self.stages.split_at_mut(i);
            let x = match before.last() {
                None => x,
                Some(stage) => Batch::first(x.len(), &stage.shape, &stage.output),
            };
            let for_backward = rest[0].layers.end > skip;
            rest[0].forward(layers, x, mode, for_backward);
        }
    }

    /// From [`output_gradient`](Self::output_gradient), which is overwritten, to `grads` and `dx`.
    /// The first `skip` layers have none.
    pub(crate) fn backward(
        &mut self,
        layers: &[NamedLayer<F>],
        x: Batch<F>,
        skip: usize,
        dx: Option<&mut [F]>,
    ) {
        self.backward_first(self.stages.len(), layers, x, skip, dx);
    }

    /// The backward pass of the first `count` stages, from the last of them, without the first `skip` layers.
    fn backward_first(
        &mut self,
        count: usize,
        layers: &[NamedLayer<F>],
        x: Batch<F>,
        skip: usize,
        mut dx: Option<&mut [F]>,
    ) {
        for i in (0..count).rev() {
            let (before, rest) = self.stages.split_at_mut(i);
            let stage = &mut rest[0];
            if stage.layers.end <= skip {
                break;
            }
            let args = backward_args(before, skip, x, dx.as_deref_mut());
            let grads = &mut self.grads[stage.layers.clone()];
            stage.backward(layers, args, grads);
        }
    }

    /// The forward pass, the loss and the backward pass: each block of the last stage does all three in one go.
    pub(super) fn train(
        &mut self,
        layers: &[NamedLayer<F>],
        x: Batch<F>,
        mode: Mode,
        skip: usize,
        loss: &BatchLoss<'_, F>,
    ) -> LossPart {
        let last = self.stages.len() - 1;
        self.forward_first(last, layers, x, mode, skip);
        let (before, rest) = self.stages.split_at_mut(last);
        let args = backward_args(before, skip, x, None);
        let grads = &mut self.grads[rest[0].layers.clone()];
        let part = rest[0].train(layers, args, mode, loss, grads);
        self.backward_first(last, layers, x, skip, None);
        part
    }

    /// Updates the state of the layers with what the last training pass left.
    pub(crate) fn commit(&self, layers: &mut [NamedLayer<F>]) {
        for stage in &self.stages {
            let named = &mut layers[stage.layers.start];
            if let Some(cache) = stage.cache().filter(|_| !named.is_frozen()) {
                named.layer.commit(cache);
            }
        }
    }
}

impl<F: Scalar> Buffers for Stages<F> {
    fn clone_box(&self) -> Box<dyn Buffers> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn forget_packed(&mut self) {
        self.stages.iter_mut().for_each(Stage::forget_packed);
    }
}

/// What the stage after those `before` is given for the backward pass.
fn backward_args<'a, F: Scalar>(
    before: &'a mut [Stage<F>],
    skip: usize,
    x: Batch<'a, F>,
    dx: Option<&'a mut [F]>,
) -> BackwardArgs<'a, F> {
    let (x, dx) = match before.last_mut() {
        None => (x, dx),
        Some(stage) => {
            let wanted = stage.layers.end > skip;
            let dx = wanted.then_some(&mut stage.dy[..]);
            (Batch::first(x.len(), &stage.shape, &stage.output), dx)
        }
    };
    BackwardArgs { x, dx, skip }
}
