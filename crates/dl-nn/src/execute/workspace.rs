//! Every buffer of the passes through a model, planned once for a batch size.
//!
//! [`Stages`] says how a pass goes through the layers.

use dl_core::memory::{OutOfMemory, room};
use dl_core::{Scalar, instantiate};
use ndarray::ArrayD;

use super::division::Division;
use super::loss_part::{BatchLoss, LossPart};
use super::stage::Part;
use super::stages::{NO_BACKWARD, Stages};
use crate::layer::cache::Buffers;
use crate::layer::{Batch, BatchMut, Mode};
use crate::model::Model;

/// The buffers of forward and backward passes of one model for batches up to a size.
#[derive(Debug)]
pub struct Workspace<F> {
    stages: Stages<F>,
    /// The shape of an input sample.
    input_shape: Vec<usize>,
    /// How many layers at the start had no gradients in the last backward pass, because none of them is trained.
    skipped: usize,
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
        let stages = Stages::plan(layers, capacity, training, Division::Blocks)?;
        Ok(Self {
            reserve: room(stages.allocated_by_passes(layers, training))?,
            stages,
            input_shape: model.input_shape().to_vec(),
            skipped: model.first_trained(),
        })
    }

    /// Whether it is planned for a model with layers of these shapes.
    pub(crate) fn fits(&self, model: &Model<F>) -> bool {
        self.input_shape == model.input_shape() && self.stages.fits(model.layers())
    }

    /// The largest batch this workspace takes.
    pub fn capacity(&self) -> usize {
        self.stages.capacity
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

    /// As [`train`](Self::train), on a micro-batch that starts at this sample of a batch of this size.
    pub(crate) fn train_part(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        (first_sample, batch_size): (usize, usize),
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> Result<LossPart, OutOfMemory> {
        let part = Part {
            first_sample,
            batch_size,
        };
        self.stages.set_part(model.layers(), Some(part))?;
        let loss = train(self, model, x, mode, loss);
        self.stages.set_part(model.layers(), None)?;
        Ok(loss)
    }

    /// Packed copies of parameters stay valid from pass to pass: for
    /// [`forward_unchanged`](Self::forward_unchanged) alone.
    pub(crate) fn keep_packed(&mut self) {
        self.stages.keep_packed();
    }

    /// As [`forward`](Self::forward), if the parameters have not changed since the last pass.
    pub(crate) fn forward_unchanged(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
    ) -> Batch<'_, F> {
        self.check(x);
        self.reserve = Vec::new();
        self.stages.forward(model.layers(), x, mode, NO_BACKWARD);
        self.stages.output(x.len())
    }

    /// Checks that a batch fits.
    fn check(&self, x: Batch<F>) {
        assert_eq!(x.sample_shape(), self.input_shape, "the shape of a sample");
        let (n, capacity) = (x.len(), self.stages.capacity);
        assert!(
            n <= capacity,
            "a batch of {n} in a workspace for {capacity}"
        );
    }

    /// Begins a backward pass without the first `count` layers: their gradients become zeros.
    fn skip(&mut self, count: usize) {
        let stale = self.stages.grads.iter_mut().take(count).skip(self.skipped);
        stale
            .flatten()
            .for_each(|gradient| gradient.fill(F::zero()));
        self.skipped = count;
    }

    /// The gradients of the last backward pass, layer by layer, parameter by parameter.
    pub fn grads(&self) -> &[Vec<ArrayD<F>>] {
        &self.stages.grads
    }

    /// The gradients, to be clipped or changed.
    pub fn grads_mut(&mut self) -> &mut [Vec<ArrayD<F>>] {
        &mut self.stages.grads
    }

    /// Updates the state of the layers, such as running statistics, with what the last training pass left.
    ///
    /// # Panics
    /// If the layers of the model are not those of that pass.
    pub fn commit(&self, model: &mut Model<F>) {
        self.stages.commit(model.layers_mut());
    }
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
        workspace.check(x);
        workspace.reserve = Vec::new();
        workspace.stages.forget_packed();
        workspace.stages.forward(model.layers(), x, mode, skip);
        workspace.stages.output(x.len())
    }

    fn backward<F: Scalar>(
        workspace: &mut Workspace<F>,
        model: &Model<F>,
        x: Batch<'_, F>,
        dy: Batch<'_, F>,
        dx: Option<BatchMut<'_, F>>,
    ) {
        workspace.check(x);
        let (found, n) = ((dy.len(), dy.sample_shape()), x.len());
        assert_eq!(found, (n, model.output_shape()), "∂L/∂output");
        workspace.stages.output_gradient(n).copy_from_slice(dy.slice());
        let mut dx = dx;
        let dx = dx.as_mut().map(BatchMut::slice_mut);
        // with `dx`, the gradients of the first layers are needed
        let skip = if dx.is_some() { 0 } else { model.first_trained() };
        workspace.skip(skip);
        workspace.stages.backward(model.layers(), x, skip, dx);
    }

    fn train<F: Scalar>(
        workspace: &mut Workspace<F>,
        model: &Model<F>,
        x: Batch<'_, F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> LossPart {
        workspace.check(x);
        workspace.reserve = Vec::new();
        workspace.stages.forget_packed();
        let skip = model.first_trained();
        workspace.skip(skip);
        workspace.stages.train(model.layers(), x, mode, skip, loss)
    }
}
