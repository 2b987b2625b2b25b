//! Gradients of micro-batches, added to those of their batch.

use std::ops::Range;

use dl_core::Scalar;
use dl_core::memory::{OutOfMemory, room};
use ndarray::ArrayD;

use crate::execute::{BatchLoss, LossPart, Workspace, micro_batch};
use crate::layer::{Batch, Mode};
use crate::model::Model;

/// The sum of the gradients and losses of micro-batches, as the balanced tree of [`dl_core::sum::tree_sum`]: a binary
/// counter whose digit k, if it is 1, is the sum of 2ᵏ micro-batches. So it holds as many copies of the gradient as the
/// number of micro-batches has binary digits.
#[derive(Debug)]
pub(super) struct GradientSum<F> {
    digits: Vec<Option<Node<F>>>,
    /// Memory to reuse.
    free: Vec<Vec<F>>,
}

#[derive(Debug)]
struct Node<F> {
    gradient: Vec<F>,
    loss: LossPart,
}

impl<F: Scalar> GradientSum<F> {
    pub(super) fn new() -> Self {
        Self {
            digits: Vec::new(),
            free: Vec::new(),
        }
    }

    /// [`Workspace::train`] in micro-batches of about this size.
    pub(super) fn train(
        &mut self,
        model: &mut Model<F>,
        workspace: &mut Workspace<F>,
        x: Batch<'_, F>,
        mode: Mode,
        at_most: usize,
        loss: &BatchLoss<'_, F>,
    ) -> Result<LossPart, OutOfMemory> {
        let (n, size) = (x.len(), micro_batch(model.layers(), at_most, x.len()));
        if size >= n {
            return Ok(workspace.train(model, x, mode, loss));
        }
        let shape = x.sample_shape();
        for (i, x) in x.slice().chunks(size * x.width()).enumerate() {
            let (x, first) = (Batch::new(shape, x), i * size);
            let loss = |samples: Range<usize>, outputs: &[F], dy: &mut [F]| {
                loss(first + samples.start..first + samples.end, outputs, dy)
            };
            let part = workspace.train_part(model, x, (first, n), mode, &loss)?;
            self.push(workspace.grads(), part)?;
            // the running statistics of each micro-batch, of which the caller commits the last
            if part.loss.is_finite() && first + x.len() < n {
                workspace.commit(model);
            }
        }
        Ok(self.finish(workspace.grads_mut()))
    }

    /// Adds the gradient and the loss of the next micro-batch.
    fn push(&mut self, grads: &[Vec<ArrayD<F>>], loss: LossPart) -> Result<(), OutOfMemory> {
        let all = || grads.iter().flatten();
        let len = all().map(|gradient| gradient.len()).sum();
        let mut gradient = match self.free.pop() {
            Some(free) => free,
            None => room(len)?,
        };
        gradient.clear();
        for values in all() {
            gradient.extend_from_slice(values.as_slice().expect("in standard layout"));
        }
        let mut carry = Node { gradient, loss };
        for digit in &mut self.digits {
            match digit.take() {
                None => {
                    *digit = Some(carry);
                    return Ok(());
                }
                Some(left) => carry = left.plus(carry, &mut self.free),
            }
        }
        self.digits.push(Some(carry));
        Ok(())
    }

    /// Writes the sum to `grads`, and returns that of the losses.
    ///
    /// # Panics
    /// If there is no micro-batch.
    fn finish(&mut self, grads: &mut [Vec<ArrayD<F>>]) -> LossPart {
        let nodes = self.digits.drain(..).flatten();
        let free = &mut self.free;
        let total = nodes.reduce(|right, left| left.plus(right, free));
        let Node { gradient, loss } = total.expect("a batch has a micro-batch");
        let mut rest = &gradient[..];
        for values in grads.iter_mut().flatten() {
            let (these, others) = rest.split_at(values.len());
            let values = values.as_slice_mut().expect("in standard layout");
            values.copy_from_slice(these);
            rest = others;
        }
        self.free.push(gradient);
        loss
    }
}

impl<F: Scalar> Node<F> {
    fn plus(mut self, right: Self, free: &mut Vec<Vec<F>>) -> Self {
        for (left, &right) in self.gradient.iter_mut().zip(&right.gradient) {
            *left += right;
        }
        self.loss += right.loss;
        free.push(right.gradient);
        self
    }
}
