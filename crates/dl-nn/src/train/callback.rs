//! What a user can hook into training.

use dl_core::Scalar;
use ndarray::ArrayD;

use super::history::{Epoch, History};
use super::state::{CallbackState, ResumeError};
use crate::error::ConfigError;
use crate::model::Model;

/// Whether training goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// It goes on.
    Continue,
    /// It stops after this epoch or step, for this reason; `fit` returns `Ok`.
    Stop(String),
}

/// What [`fit`](super::Trainer::fit) is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Epochs asked for.
    pub epochs: usize,
    /// Steps an epoch, the last smaller batch included.
    pub steps_per_epoch: usize,
    /// Samples a step, at most.
    pub batch_size: usize,
    /// Training samples.
    pub samples: usize,
}

/// The state of a running `fit` that a callback may read and change.
#[derive(Debug)]
pub struct Run<'a, F> {
    /// The model being trained.
    pub model: &'a mut Model<F>,
    /// What the next step multiplies the base learning rate by. It is 1 before each step's
    /// [`step_begin`](Callback::step_begin) calls, so that several callbacks multiply.
    pub learning_rate_factor: f64,
    /// What `fit` was asked to do.
    pub plan: Plan,
    /// Where this `fit` took up a snapshot: epochs done, and steps done in the epoch under way;
    /// `None` where it began anew.
    pub resumed_at: Option<(usize, usize)>,
    /// The gradients of the last step, layer by layer, parameter by parameter, before clipping
    /// and penalties; of zeros before the first.
    pub grads: &'a [Vec<ArrayD<F>>],
}

/// The outcome of a training step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepEnd {
    /// Epoch of this `fit`, from 0.
    pub epoch: usize,
    /// Step within the epoch, from 0.
    pub step: usize,
    /// Mean loss of the batch, before the update.
    pub loss: f64,
    /// Learning rate of the update.
    pub learning_rate: f64,
}

/// Hooks that `fit` calls during training. Epochs and steps count from 0 within one `fit`.
pub trait Callback<F: Scalar> {
    /// Whether all settings are in range: asked before anything else, so that setters need not fail.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first that is not.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Before the first epoch.
    fn train_begin(&mut self, _run: &mut Run<'_, F>) {}

    /// Before a step: the place to set the learning rate.
    fn step_begin(&mut self, _epoch: usize, _step: usize, _run: &mut Run<'_, F>) {}

    /// After a step.
    fn step_end(&mut self, _step: &StepEnd, _run: &mut Run<'_, F>) -> Flow {
        Flow::Continue
    }

    /// After an epoch, validation included.
    fn epoch_end(&mut self, _epoch: &Epoch, _run: &mut Run<'_, F>) -> Flow {
        Flow::Continue
    }

    /// What the callback remembers, for a [`Snapshot`](super::Snapshot); `None`, the default, where
    /// it remembers nothing.
    fn state(&self) -> Option<CallbackState<F>> {
        None
    }

    /// Takes up, after `train_begin`, what [`state`](Self::state) gave.
    ///
    /// # Errors
    /// [`ResumeError`] where the state is another callback's.
    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        let expected = "a callback that remembers nothing".to_owned();
        Err(ResumeError::callback(state.kind, expected))
    }

    /// After the last epoch, however training ends: all epochs done, stopped, or failed.
    fn train_end(&mut self, _history: &History, _run: &mut Run<'_, F>) {}
}

impl<F: Scalar, C: Callback<F> + ?Sized> Callback<F> for &mut C {
    fn validate(&self) -> Result<(), ConfigError> {
        (**self).validate()
    }

    fn train_begin(&mut self, run: &mut Run<'_, F>) {
        (**self).train_begin(run);
    }

    fn step_begin(&mut self, epoch: usize, step: usize, run: &mut Run<'_, F>) {
        (**self).step_begin(epoch, step, run);
    }

    fn step_end(&mut self, step: &StepEnd, run: &mut Run<'_, F>) -> Flow {
        (**self).step_end(step, run)
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut Run<'_, F>) -> Flow {
        (**self).epoch_end(epoch, run)
    }

    fn state(&self) -> Option<CallbackState<F>> {
        (**self).state()
    }

    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        (**self).set_state(state)
    }

    fn train_end(&mut self, history: &History, run: &mut Run<'_, F>) {
        (**self).train_end(history, run);
    }
}
