//! A progress bar.

use dl_core::Scalar;
use indicatif::{ProgressBar, ProgressStyle};

use crate::train::callback::{Callback, FitContext, Flow, StepEnd};
use crate::train::history::{Epoch, History};

/// Shows epoch, step, loss and accuracy on standard error during training; nothing if that is
/// not a terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// A bar over all steps of all epochs.
    pub fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
        }
    }
}

impl<F: Scalar> Callback<F> for Progress {
    fn train_begin(&mut self, run: &mut FitContext<'_, F>) {
        let steps = run.plan.epochs.saturating_mul(run.plan.steps_per_epoch);
        let template = "{wide_bar} {pos}/{len} steps  {msg}  {elapsed} (about {eta} left)";
        let style = ProgressStyle::with_template(template).expect("a valid template");
        self.bar = ProgressBar::new(steps as u64).with_style(style);
    }

    fn step_end(&mut self, step: &StepEnd, run: &mut FitContext<'_, F>) -> Flow {
        let done = step.epoch * run.plan.steps_per_epoch + step.step + 1;
        self.bar.set_position(done as u64);
        Flow::Continue
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut FitContext<'_, F>) -> Flow {
        if !self.bar.is_hidden() {
            let shown = epoch.validation.unwrap_or(epoch.train);
            let accuracy = shown.accuracy.map(|a| format!(", accuracy {a:.3}"));
            let number = format!("epoch {}/{}", epoch.epoch + 1, run.plan.epochs);
            let accuracy = accuracy.unwrap_or_default();
            self.bar
                .set_message(format!("{number}, loss {:.4}{accuracy}", shown.loss));
        }
        Flow::Continue
    }

    fn train_end(&mut self, _: &History, _: &mut FitContext<'_, F>) {
        self.bar.finish_and_clear();
    }
}
