//! Hooks into training.

use dl_core::Scalar;
use ndarray::ArrayD;

use super::history::{Epoch, History};
use super::plan::FitPlan;
use super::snapshot::{CallbackState, ResumeError};
use crate::error::ConfigError;
use crate::model::Model;

/// Whether training continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// Training continues.
    Continue,
    /// Training stops after this epoch or step, for this reason; `fit` returns `Ok`.
    Stop(String),
}

/// The state of a running `fit` that a callback may read and change.
#[derive(Debug)]
pub struct FitContext<'a, F> {
    /// The model being trained.
    pub model: &'a mut Model<F>,
    /// Factor of the base learning rate in the next step. It is 1 before each step's
    /// [`step_begin`](Callback::step_begin) calls, so the factors of several callbacks multiply.
    pub learning_rate_factor: f64,
    /// The plan of this `fit`.
    pub plan: FitPlan,
    /// Where this `fit` resumed from a snapshot: epochs done, and steps done in the current epoch;
    /// `None` if it started from the beginning.
    pub resumed_at: Option<(usize, usize)>,
    /// The gradients of the last step, layer by layer, parameter by parameter, before clipping
    /// and penalties; zeros before the first step.
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

/// Hooks that [`fit`](super::Trainer::fit) calls during training. Epochs and steps count from 0 within one `fit`.
pub trait Callback<F: Scalar> {
    /// Whether all settings are in range: asked before anything else, so that setters need not fail.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first that is not.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// The name of the [`Metric`](super::Metric) that it monitors, if it does: `fit` refuses one that is not taken.
    fn monitored_metric(&self) -> Option<&str> {
        None
    }

    /// Before the first epoch.
    fn train_begin(&mut self, _run: &mut FitContext<'_, F>) {}

    /// Before a step: the place to set the learning rate.
    fn step_begin(&mut self, _epoch: usize, _step: usize, _run: &mut FitContext<'_, F>) {}

    /// After a step.
    fn step_end(&mut self, _step: &StepEnd, _run: &mut FitContext<'_, F>) -> Flow {
        Flow::Continue
    }

    /// Before the validation at the end of an epoch: the place to put other weights into the model (an average), which
    /// are validated and seen by all [`epoch_end`](Self::epoch_end)s.
    fn validation_begin(&mut self, _run: &mut FitContext<'_, F>) {}

    /// After all `epoch_end`s, or a validation that failed: the place to put back the weights that are trained.
    fn validation_end(&mut self, _run: &mut FitContext<'_, F>) {}

    /// After an epoch, validation included.
    fn epoch_end(&mut self, _epoch: &Epoch, _run: &mut FitContext<'_, F>) -> Flow {
        Flow::Continue
    }

    /// The callback's state, for a [`Snapshot`](super::Snapshot); `None`, the default, if it has
    /// none.
    fn state(&self) -> Option<CallbackState<F>> {
        None
    }

    /// Restores, after `train_begin`, what [`state`](Self::state) returned.
    ///
    /// # Errors
    /// [`ResumeError`] if the state belongs to a different callback.
    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        let expected = "a stateless callback".to_owned();
        Err(ResumeError::callback(state.kind, expected))
    }

    /// After training, whether it completed, stopped or failed.
    fn train_end(&mut self, _history: &History, _run: &mut FitContext<'_, F>) {}
}

impl<F: Scalar, C: Callback<F> + ?Sized> Callback<F> for &mut C {
    fn validate(&self) -> Result<(), ConfigError> {
        (**self).validate()
    }

    fn monitored_metric(&self) -> Option<&str> {
        (**self).monitored_metric()
    }

    fn validation_begin(&mut self, run: &mut FitContext<'_, F>) {
        (**self).validation_begin(run);
    }

    fn validation_end(&mut self, run: &mut FitContext<'_, F>) {
        (**self).validation_end(run);
    }

    fn train_begin(&mut self, run: &mut FitContext<'_, F>) {
        (**self).train_begin(run);
    }

    fn step_begin(&mut self, epoch: usize, step: usize, run: &mut FitContext<'_, F>) {
        (**self).step_begin(epoch, step, run);
    }

    fn step_end(&mut self, step: &StepEnd, run: &mut FitContext<'_, F>) -> Flow {
        (**self).step_end(step, run)
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut FitContext<'_, F>) -> Flow {
        (**self).epoch_end(epoch, run)
    }

    fn state(&self) -> Option<CallbackState<F>> {
        (**self).state()
    }

    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        (**self).set_state(state)
    }

    fn train_end(&mut self, history: &History, run: &mut FitContext<'_, F>) {
        (**self).train_end(history, run);
    }
}
