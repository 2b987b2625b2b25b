//! Where a pass through a model stands: every buffer, planned once for a batch size.
//!
//! A model is cut into *stages*. A run of layers that may be given any part of a batch
//! ([`Batching::Blocks`](crate::Batching)) is one stage: the batch is cut into fixed blocks of
//! samples, and each block goes through the whole run while it is in cache; rayon takes the blocks.
//! A layer that wants the whole batch is a stage by itself. In training, a block of the last stage
//! goes forward, through the loss and back at once. Blocks, and the order in which their gradients
//! are summed, depend only on the model and the batch size, so the bits do not depend on the
//! number of threads.

use dl_core::memory::{OutOfMemory, room};
use dl_core::{Scalar, instantiate};
use ndarray::ArrayD;

use super::loss_part::{BatchLoss, Share};
use super::stage::{Pass, Stage, gradients};
use crate::layer::{Batch, BatchMut, Mode};
use crate::model::{Model, NamedLayer, Outline};

/// The buffers of forward and backward passes of one model for batches up to a size.
#[derive(Debug)]
pub struct Workspace<F> {
    stages: Vec<Stage<F>>,
    /// The shape of an input sample, and the layers it is planned for.
    input_shape: Vec<usize>,
    outlines: Vec<Outline>,
    /// Gradients of every layer's parameters, mirroring `Layer::params`.
    grads: Vec<Vec<ArrayD<F>>>,
    /// The first layer with parameters: nobody needs a gradient before it.
    first_trained: usize,
    capacity: usize,
    /// Memory for what the first pass makes, which it is given back for: a pass has no error to
    /// return.
    reserve: Vec<F>,
}

impl<F: Scalar> Workspace<F> {
    /// Plans training passes for batches of up to `capacity` samples.
    ///
    /// # Errors
    /// [`OutOfMemory`] where there is none for a pass of so many samples.
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
        let has_params = |named: &NamedLayer<F>| !named.layer.params().is_empty();
        let made = stages.iter().map(|stage| {
            // the last stage goes back block by block
            let hold = training && stage.layers.end < layers.len();
            stage.made_by_passes(layers, capacity, training, hold)
        });
        let reserve = room(made.fold(0, usize::saturating_add))?;
        Ok(Self {
            stages,
            input_shape: model.input_shape().to_vec(),
            outlines: layers.iter().map(NamedLayer::outline).collect(),
            grads: gradients(if training { layers } else { &[] })?,
            first_trained: layers.iter().position(has_params).unwrap_or(layers.len()),
            capacity,
            reserve,
        })
    }

    /// Whether it is planned for models with layers of these shapes.
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

    /// Carries samples through the model and returns the outputs.
    ///
    /// # Panics
    /// Where the batch is larger than planned, or the model or the samples are not those it was planned for.
    pub fn forward(&mut self, model: &Model<F>, x: Batch<F>, mode: Mode) -> Batch<'_, F> {
        forward(self, model, x, mode, false)
    }

    /// Carries samples forward, through the loss, and back to every parameter:
    /// [`grads`](Self::grads) hold ∂L/∂parameter afterwards. Returns the sum of the shares.
    ///
    /// # Panics
    /// Where the batch is larger than planned, the model or the samples are not those it was planned for, or
    /// the workspace is for inference.
    pub fn train(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> Share {
        train(self, model, x, mode, loss)
    }

    fn train_stages(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> Share {
        self.forget_packed();
        let n = self.count(x);
        let last = self.stages.len() - 1;
        self.forward_stages(last, model, x, n, mode, true);
        let mut share = Share::default();
        for i in (0..=last).rev() {
            let (before, rest) = self.stages.split_at_mut(i);
            let stage = &mut rest[0];
            let skip = self.first_trained;
            if i < last && stage.layers.end <= skip {
                break;
            }
            let (x, dx) = match before.last_mut() {
                None => (x, None),
                Some(stage) => {
                    let wanted = stage.layers.end > skip;
                    let dx = wanted.then_some(&mut stage.delta[..]);
                    (Batch::first(n, &stage.shape, &stage.output), dx)
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

    /// Carries samples forward as [`forward`](Self::forward) does, and keeps what
    /// [`backward`](Self::backward) needs: for losses that see more than one model. Every block of
    /// samples holds the outputs of its layers then, more than [`train`](Self::train) needs.
    ///
    /// # Panics
    /// Where the batch is larger than planned, the model or the samples are not those it was planned for, or
    /// the workspace is for inference.
    pub fn forward_keeping(&mut self, model: &Model<F>, x: Batch<F>, mode: Mode) -> Batch<'_, F> {
        forward(self, model, x, mode, true)
    }

    /// The backward pass of the batch that [`forward_keeping`](Self::forward_keeping) last carried
    /// forward, from `dy` = ∂L/∂output to every parameter's gradient in [`grads`](Self::grads) and
    /// to `dx` = ∂L/∂x, which is overwritten; `None` where nobody needs it.
    ///
    /// # Panics
    /// Where shapes are not those of that batch.
    pub fn backward(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        dy: Batch<F>,
        dx: Option<BatchMut<F>>,
    ) {
        backward(self, model, x, dy, dx);
    }

    fn backward_stages(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        dy: Batch<F>,
        mut dx: Option<BatchMut<F>>,
    ) {
        let n = self.count(x);
        let last = self.stages.last_mut().expect("never empty");
        assert_eq!(
            (dy.len(), dy.sample_shape()),
            (n, &last.shape[..]),
            "∂L/∂output"
        );
        last.delta[..dy.slice().len()].copy_from_slice(dy.slice());
        // a model without parameters before `dx` passes it back all the same
        let skip = if dx.is_some() { 0 } else { self.first_trained };
        for i in (0..self.stages.len()).rev() {
            let (before, rest) = self.stages.split_at_mut(i);
            let stage = &mut rest[0];
            if stage.layers.end <= skip {
                break;
            }
            let (x, dx) = match before.last_mut() {
                None => (x, dx.as_mut().map(BatchMut::slice_mut)),
                Some(stage) => {
                    let dx = Some(&mut stage.delta[..]);
                    (Batch::first(n, &stage.shape, &stage.output), dx)
                }
            };
            let grads = &mut self.grads[stage.layers.clone()];
            stage.backward(model.layers(), Pass { n, skip, x, dx }, grads);
        }
    }

    fn forward_all(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
        keep: bool,
    ) -> Batch<'_, F> {
        self.forget_packed();
        self.forward_unchanged(model, x, mode, keep)
    }

    /// For [`forward_unchanged`](Self::forward_unchanged) alone.
    pub(crate) fn keep_packed(&mut self) {
        self.stages.iter_mut().for_each(Stage::keep_packed);
    }

    /// The parameters may have changed since the last pass.
    fn forget_packed(&mut self) {
        self.stages.iter_mut().for_each(Stage::forget_packed);
    }

    /// The same with the parameters of the last pass.
    pub(crate) fn forward_unchanged(
        &mut self,
        model: &Model<F>,
        x: Batch<F>,
        mode: Mode,
        keep: bool,
    ) -> Batch<'_, F> {
        let n = self.count(x);
        let all = self.stages.len();
        self.forward_stages(all, model, x, n, mode, keep);
        let last = self.stages.last().expect("never empty");
        Batch::first(n, &last.shape, &last.output)
    }

    fn count(&self, x: Batch<F>) -> usize {
        assert_eq!(x.sample_shape(), self.input_shape, "the shape of a sample");
        let (n, capacity) = (x.len(), self.capacity);
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
        x: Batch<F>,
        n: usize,
        mode: Mode,
        keep: bool,
    ) {
        self.reserve = Vec::new();
        for i in 0..stages {
            let (done, rest) = self.stages.split_at_mut(i);
            let x = match done.last() {
                None => x,
                Some(stage) => Batch::first(n, &stage.shape, &stage.output),
            };
            rest[0].forward(model.layers(), x, n, mode, keep);
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
    ///
    /// # Panics
    /// Where the model has other layers than the one of that pass.
    pub fn commit(&self, model: &mut Model<F>) {
        for stage in &self.stages {
            if let Some(cache) = stage.cache() {
                model.layers_mut()[stage.layers.start].layer.commit(cache);
            }
        }
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
        keep: bool,
    ) -> Batch<'w, F> {
        workspace.forward_all(model, x, mode, keep)
    }

    fn train<F: Scalar>(
        workspace: &mut Workspace<F>,
        model: &Model<F>,
        x: Batch<'_, F>,
        mode: Mode,
        loss: &BatchLoss<'_, F>,
    ) -> Share {
        workspace.train_stages(model, x, mode, loss)
    }

    fn backward<F: Scalar>(
        workspace: &mut Workspace<F>,
        model: &Model<F>,
        x: Batch<'_, F>,
        dy: Batch<'_, F>,
        dx: Option<BatchMut<'_, F>>,
    ) {
        workspace.backward_stages(model, x, dy, dx);
    }
}
