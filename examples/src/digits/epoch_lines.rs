//! A line an epoch.

use std::time::Instant;

use dl_nn::Scalar;
use dl_nn::train::{Callback, Epoch, FitContext, Flow, History, StepEnd};
use indicatif::{ProgressBar, ProgressStyle};

use crate::println;

/// Prints a line after each epoch, and shows a bar on the way where there is a terminal.
///
/// Seconds are those of the epoch with its validation, images a second those of training alone.
#[derive(Debug)]
pub struct EpochLines {
    bar: ProgressBar,
    /// When the epoch was begun or, after a checkpoint, gone on with, and its steps done before.
    begun: Option<(Instant, usize)>,
    training_seconds: f64,
}

impl Default for EpochLines {
    fn default() -> Self {
        Self::new()
    }
}

impl EpochLines {
    /// Nothing printed yet.
    pub fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            begun: None,
            training_seconds: 0.0,
        }
    }
}

impl<F: Scalar> Callback<F> for EpochLines {
    fn train_begin(&mut self, run: &mut FitContext<'_, F>) {
        println!(
            "epoch  seconds  images/s  train loss  accuracy  validation loss  accuracy   ({} images, {} a step)",
            run.plan.samples, run.plan.batch_size
        );
        let steps = run.plan.epochs * run.plan.steps_per_epoch;
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} steps, about {eta} left");
        self.bar = ProgressBar::new(steps as u64).with_style(style.expect("a valid template"));
        let (epochs, steps) = run.resumed_at.unwrap_or_default();
        let done = epochs * run.plan.steps_per_epoch + steps;
        self.bar.set_position(done as u64);
    }

    fn step_begin(&mut self, _: usize, step: usize, _: &mut FitContext<'_, F>) {
        self.begun.get_or_insert((Instant::now(), step));
    }

    fn step_end(&mut self, _: &StepEnd, _: &mut FitContext<'_, F>) -> Flow {
        if let Some((begun, _)) = self.begun {
            self.training_seconds = begun.elapsed().as_secs_f64();
        }
        self.bar.inc(1);
        Flow::Continue
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut FitContext<'_, F>) -> Flow {
        let before = self.begun.take().map_or(0, |(_, step)| step);
        let images = run.plan.samples - before * run.plan.batch_size;
        let speed = images as f64 / self.training_seconds;
        let (train, validation) = (epoch.train, epoch.validation.unwrap_or(epoch.train));
        self.bar.suspend(|| {
            println!(
                "{:>2}/{:<2}  {:7.2}  {speed:8.0}  {:10.4}  {:8.4}  {:15.4}  {:8.4}",
                epoch.epoch + 1,
                run.plan.epochs,
                epoch.seconds,
                train.loss,
                train.accuracy.unwrap_or(0.0),
                validation.loss,
                validation.accuracy.unwrap_or(0.0),
            );
        });
        Flow::Continue
    }

    fn train_end(&mut self, _: &History, _: &mut FitContext<'_, F>) {
        self.bar.finish_and_clear();
    }
}
