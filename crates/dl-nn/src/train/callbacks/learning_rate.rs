//! Learning-rate schedules as callbacks.

use dl_core::Scalar;

use crate::error::ConfigError;
use crate::schedule::{ReduceOnPlateau, Schedule};
use crate::train::callback::{Callback, FitContext, Flow};
use crate::train::history::Epoch;
use crate::train::snapshot::{CallbackState, ResumeError};

/// Multiplies the learning rate by a [`Schedule`]'s factor before every step.
#[derive(Debug)]
pub struct LearningRate {
    schedule: Box<dyn Schedule>,
    per_epoch: bool,
}

impl LearningRate {
    /// The schedule's time is the number of epochs done in this `fit`.
    pub fn per_epoch(schedule: impl Schedule + 'static) -> Self {
        Self {
            schedule: Box::new(schedule),
            per_epoch: true,
        }
    }

    /// The schedule's time is the number of steps done in this `fit`.
    pub fn per_step(schedule: impl Schedule + 'static) -> Self {
        Self {
            schedule: Box::new(schedule),
            per_epoch: false,
        }
    }
}

impl<F: Scalar> Callback<F> for LearningRate {
    fn validate(&self) -> Result<(), ConfigError> {
        self.schedule.validate()
    }

    fn step_begin(&mut self, epoch: usize, step: usize, run: &mut FitContext<'_, F>) {
        let time = match self.per_epoch {
            true => epoch,
            false => epoch * run.plan.steps_per_epoch + step,
        };
        run.learning_rate_factor *= self.schedule.factor(time as u64);
    }
}

/// Monitors the loss, or what [`ReduceOnPlateau::monitor`] says. Passed to a second `fit` as
/// `&mut plateau`, it continues from where the first one left it, as [`ReduceOnPlateau`] says.
impl<F: Scalar> Callback<F> for ReduceOnPlateau {
    fn validate(&self) -> Result<(), ConfigError> {
        ReduceOnPlateau::validate(self)
    }

    fn monitored_metric(&self) -> Option<&str> {
        self.monitored().metric_name()
    }

    fn step_begin(&mut self, _: usize, _: usize, run: &mut FitContext<'_, F>) {
        run.learning_rate_factor *= self.factor();
    }

    fn epoch_end(&mut self, epoch: &Epoch, _: &mut FitContext<'_, F>) -> Flow {
        self.observe(self.monitored().cost(epoch));
        Flow::Continue
    }

    fn state(&self) -> Option<CallbackState<F>> {
        Some(CallbackState::new("reduce_on_plateau", self))
    }

    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        *self = state.read("reduce_on_plateau")?;
        Ok(())
    }
}
