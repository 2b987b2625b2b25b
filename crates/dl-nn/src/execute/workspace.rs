//! Every buffer of the passes through a model, planned once for a batch size.
//!
//! A model is divided into *stages*. A run of layers that take any part of a batch
//! ([`Batching::Blocks`](crate::Batching)) is one stage: the batch is divided into fixed blocks of samples, and each
//! block goes through the whole run while it is in cache; rayon schedules the blocks. A layer that takes the whole
//! batch is a stage by itself. In training, each block of the last stage does its forward pass, its part of the loss
//! and its backward pass in one go. Blocks, and the order in which their gradients are summed, depend only on the
//! model and the batch size, so the results are bit-identical for any number of threads.

use dl_core::memory::{OutOfMemory, room};
use dl_core::{Scalar, instantiate};
use ndarray::ArrayD;

use super::loss_part::{BatchLoss, LossPart};
use super::stage::{BackwardArgs, Stage, gradients};
use crate::layer::{Batch, BatchMut, Mode};
use crate::model::{Model, NamedLayer, Outline};

/// As many skipped layers as there can be: no backward pass follows.
const NO_BACKWARD: usize = usize::MAX;

/// The buffers of forward and backward passes of one model for batches up to a size.
#[derive(Debug)]
pub struct Workspace<F> {
    stages: Vec<Stage<F>>,
    /// The shape of an input sample, and outlines of the layers that it is planned for.
    input_shape: Vec<usize>,
    outlines: Vec<Outline>,
    /// Gradients of every layer's parameters, mirroring `Layer::params`.
    grads: Vec<Vec<ArrayD<F>>>,
    /// How many layers at the start had no gradients in the last backward pass, because none of them is trained.
    skipped: usize,
    capacity: usize,
    /// Memory for what the first pass allocates, released for it: a pass cannot return an error.
    reserve: Vec<F>,
}

impl<F: Scalar> Workspace<F> {
    /// Plans training passes for batches of up to `capacity` samples.
    ///
    /// # Errors
    /// [`OutOfMemory`] if there is not enough for a pass of that many samples.
    pub fn training(model: &Model<F>, capacity: usize) -> Result<Self, OutOfMemory> {
        plan(model, capacity, true)
    }

    /// Plans forward passes only.
    ///
    /// # Errors
    /// As [`training`](Self::training).
    pub fn inference(model: &Model<F>, capacity: usize) -> Result<Self, OutOfMemory> {
        plan(model, capacity, false)
    }

    fn plan_stages(model: &Model<F>, capacity: usize, training: bool) -> Result<Self, OutOfMemory> {
        let layers = model.layers();
        let mut stages: Vec<Stage<F>> = Vec::new();
        while let start = stages.last().map_or(0, |stage| stage.layers.end)
            && start < layers.len()
        {
            stages.push(Stage::plan(layers, start, capacity, training)?);
        }
        let allocated = stages.iter().map(|stage| {
            // a block of the last stage goes forward and backward in one go
            let hold = training && stage.layers.end < layers.len();
            stage.allocated_by_passes(layers, capacity, training, hold)
        });
        let reserve = room(allocated.fold(0, usize::saturating_add))?;
        Ok(Self {
            stages,
            input_shape: model.input_shape().to_vec(),
            outlines: layers.iter().map(NamedLayer::outline).collect(),
            grads: gradients(if training { layers } else { &[] })?,
            skipped: model.first_trained(),
            capacity,
            reserve,
        })
    }

    /// Whether it is planned for a model with layers of these shapes.
    pub(crate) fn fits(&self, model: &Model<F>) -> bool {
        let layers = model.layers();
        let mut pairs = layers.iter().zip(&self.outlines);
        self.input_shape == model.input_shape()
            && layers.len() == self.outlines.len()
            && pairs.all(|(layer, outline)| layer.has_outline(outline))
    }

    /// The largest batch this workspace takes.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The outputs of the model for a batch.
    ///
    /// # Panics
    /// If the batch is larger than planned, or the model or the samples are not those it was planned for.
    pub fn forward(&mut self, model: &Model<F>, x: Batch<F>, mode: Mode) -> Batch<'_, F> {
        forward(self, model, x, mode, NO_BACKWARD)
    }

    /// As [`forward`](Self::forward), but keeps what [`backward`](Self::backward) needs: for losses of more than one
    /// model. Every block of samples then holds the outputs of its layers, which takes more memory than
    /// [`train`](Self::train).
    ///
    /// # Panics
    /// As [`forward`](Self::forward), or if the workspace is for inference.
    pub fn forward_for_backward(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
    ) -> Batch<'_, F> {
        forward(self, model, x, mode, 0)
    }

    /// The backward pass of the batch that [`forward_for_backward`](Self::forward_for_backward) last saw: from
    /// `dy` = ∂L/∂output to the gradient of every parameter in [`grads`](Self::grads) and to `dx` = ∂L/∂x, which is
    /// overwritten; `None` if it is not needed.
    ///
    /// # Panics
    /// If the shapes are not those of that batch.
    pub fn backward(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        dy: Batch<F>,
        dx: Option<BatchMut<F>>,
    ) {
        backward(self, model, x, dy, dx);
    }

    /// The forward pass, the loss and the backward pass: [`grads`](Self::grads) hold ∂L/∂parameter afterwards. Returns
    /// the sum of the parts of the loss.
    ///
    /// # Panics
    /// As [`forward_for_backward`](Self::forward_for_backward).
    pub fn train(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> LossPart {
        train(self, model, x, mode, loss)
    }

    /// Packed copies of parameters stay valid from pass to pass: for
    /// [`forward_unchanged`](Self::forward_unchanged) alone.
    pub(crate) fn keep_packed(&mut self) {
        self.stages.iter_mut().for_each(Stage::keep_packed);
    }

    /// As [`forward`](Self::forward), if the parameters have not changed since the last pass.
    pub(crate) fn forward_unchanged(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
    ) -> Batch<'_, F> {
        let count = self.stages.len();
        self.forward_stages(count, model, x, mode, NO_BACKWARD);
        self.output(x.len())
    }

    /// The parameters may have changed since the last pass.
    fn forget_packed(&mut self) {
        self.stages.iter_mut().for_each(Stage::forget_packed);
    }

    /// Checks that a batch fits.
    fn check(&self, x: Batch<F>) {
        assert_eq!(x.sample_shape(), self.input_shape, "the shape of a sample");
        let (n, capacity) = (x.len(), self.capacity);
        assert!(
            n <= capacity,
            "a batch of {n} in a workspace for {capacity}"
        );
    }

    fn output(&self, n: usize) -> Batch<'_, F> {
        let last = self.stages.last().expect("never empty");
        Batch::first(n, &last.shape, &last.output)
    }

    /// The forward pass of the first `count` stages. Those of the first `skip` layers keep nothing for a backward pass.
    fn forward_stages(
        &mut self,
        count: usize,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
        skip: usize,
    ) {
        self.check(x);
        self.reserve = Vec::new();
        for i in 0..count {
            let (before, rest) = self.stages.split_at_mut(i);
            let x = match before.last() {
                None => x,
                Some(stage) => Batch::first(x.len(), &stage.shape, &stage.output),
            };
            let for_backward = rest[0].layers.end > skip;
            rest[0].forward(model.layers(), x, mode, for_backward);
        }
    }

    /// The backward pass of the first `count` stages, from the last of them, without the first `skip` layers.
    fn backward_stages(
        &mut self,
        count: usize,
        model: &Model<F>,
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
            stage.backward(model.layers(), args, grads);
        }
    }

    /// Begins a backward pass without the first `count` layers: their gradients become zeros.
    fn skip(&mut self, count: usize) {
        let stale = self.grads.iter_mut().take(count).skip(self.skipped);
        stale
            .flatten()
            .for_each(|gradient| gradient.fill(F::zero()));
        self.skipped = count;
    }

    /// The gradients of the last backward pass, layer by layer, parameter by parameter.
    pub fn grads(&self) -> &[Vec<ArrayD<F>>] {
        &self.grads
    }

    /// The gradients, to be clipped or changed.
    pub fn grads_mut(&mut self) -> &mut [Vec<ArrayD<F>>] {
        &mut self.grads
    }

    /// Updates the state of the layers, such as running statistics, with what the last training pass left.
    ///
    /// # Panics
    /// If the layers of the model are not those of that pass.
    pub fn commit(&self, model: &mut Model<F>) {
        for stage in &self.stages {
            let named = &mut model.layers_mut()[stage.layers.start];
            if let Some(cache) = stage.cache().filter(|_| !named.is_frozen()) {
                named.layer.commit(cache);
            }
        }
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

instantiate! {
    fn plan<F: Scalar>(
        model: &Model<F>,
        capacity: usize,
        training: bool,
    ) -> Result<Workspace<F>, OutOfMemory> {
        Workspace::plan_stages(model, capacity, training)
    }

    fn forward<'w, F: Scalar>(
        workspace: &'w mut Workspace<F>,
        model: &Model<F>,
        x: Batch<'_, F>,
        mode: Mode,
        skip: usize,
    ) -> Batch<'w, F> {
        workspace.forget_packed();
        let count = workspace.stages.len();
        workspace.forward_stages(count, model, x, mode, skip);
        workspace.output(x.len())
    }

    fn backward<F: Scalar>(
        workspace: &mut Workspace<F>,
        model: &Model<F>,
        x: Batch<'_, F>,
        dy: Batch<'_, F>,
        dx: Option<BatchMut<'_, F>>,
    ) {
        workspace.check(x);
        let count = workspace.stages.len();
        let last = &mut workspace.stages[count - 1];
        let (found, expected) = ((dy.len(), dy.sample_shape()), (x.len(), &last.shape[..]));
        assert_eq!(found, expected, "∂L/∂output");
        last.dy[..dy.slice().len()].copy_from_slice(dy.slice());
        let mut dx = dx;
        let dx = dx.as_mut().map(BatchMut::slice_mut);
        // with `dx`, the gradients of the first layers are needed
        let skip = if dx.is_some() { 0 } else { model.first_trained() };
        workspace.skip(skip);
        workspace.backward_stages(count, model, x, skip, dx);
    }

    fn train<F: Scalar>(
        workspace: &mut Workspace<F>,
        model: &Model<F>,
        x: Batch<'_, F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> LossPart {
        workspace.forget_packed();
        let (last, skip) = (workspace.stages.len() - 1, model.first_trained());
        workspace.skip(skip);
        workspace.forward_stages(last, model, x, mode, skip);
        let (before, rest) = workspace.stages.split_at_mut(last);
        let args = backward_args(before, skip, x, None);
        let grads = &mut workspace.grads[rest[0].layers.clone()];
        let part = rest[0].train(model.layers(), args, mode, loss, grads);
        workspace.backward_stages(last, model, x, skip, None);
        part
    }
}
