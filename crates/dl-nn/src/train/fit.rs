//! `fit`: checks, plans, starts or resumes, trains, and finishes.

use dl_core::{Scalar, Source, instantiate};
use ndarray::ArrayViewD;

use super::arrays::Arrays;
use super::check::{check_data, check_source};
use super::error::TrainError;
use super::history::History;
use super::metric::Predictions;
use super::options::{Callbacks, Fit, Validation, classes};
use super::plan::FitPlan;
use super::reader::Reader;
use super::session::{HeldOut, Session};
use super::snapshot::{CallbackState, FitState, ResumeError, Snapshot};
use super::trainer::Trainer;
use crate::activation::Activation;
use crate::arrays::in_standard_layout;
use crate::error::{ConfigError, DataError};
use crate::execute::largest_block;
use crate::model::Weights;
use crate::optim::StateError;
use crate::samples::IntoSamples;
use crate::target::{IntoTarget, Target};

/// The samples by their use.
struct Split<F> {
    /// Weights of all samples; `None` if all are 1.
    weights: Option<Vec<F>>,
    /// The samples to train on.
    samples: Vec<usize>,
    held_out: Vec<usize>,
}

impl<F: Scalar> Trainer<F> {
    /// Trains on samples `[n, …input]`, and returns the curves. Call it again to train further.
    ///
    /// The orders of the samples, the validation split and dropout depend only on the trainer's
    /// seed and the steps done before.
    ///
    /// # Errors
    /// [`TrainError`]: data or options that do not match the model, or not enough memory for a step,
    /// before anything is changed; a loss or weights that became NaN or infinite, or a NaN output for
    /// a validation sample, in which case the model holds the last finite weights, and
    /// [`history`](Self::history) the epochs done; or a callback that replaced the model.
    pub fn fit<'a>(
        &mut self,
        x: impl IntoSamples<'a, F>,
        targets: impl IntoTarget<'a, F>,
        options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        fit(self, x.into_samples(), targets.into_target()?, options)
    }

    /// As [`fit`](Self::fit), on the samples of a source, which need not be in memory: images from a folder or a file,
    /// images that are changed at random in each epoch. A validation split is read in [`Mode::Eval`](dl_core::Mode::Eval), so unchanged.
    ///
    /// # Errors
    /// As `fit`; or a sample that cannot be read, in which case training stops after the step before, with its weights.
    pub fn fit_source(
        &mut self,
        source: &impl Source<F>,
        options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        fit_source(self, source, options)
    }

    /// Trains on data that is checked.
    fn run(
        &mut self,
        source: &dyn Source<F>,
        mut options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        let snapshot = options.resume.take();
        let seed = snapshot.as_ref().map_or(self.seed, |s| s.trainer.seed);
        let Split {
            weights,
            samples,
            held_out,
        } = self.split(source, &options, seed)?;
        let separate = self.separate_validation(&options.validation)?;
        let all = |source: &dyn Source<F>| (0..source.len()).collect();
        let validation = match (&options.validation, &separate) {
            (Validation::Split(_), _) => Some((source, held_out)),
            (Validation::Source(source), _) => Some((*source, all(*source))),
            (_, Some(arrays)) => Some((arrays as &dyn Source<F>, all(arrays))),
            _ => None,
        };

        // plan steps and buffers
        let plan = FitPlan::new(options.epochs, options.batch_size, samples.len());
        let micro_batch_size = options.micro_batch_size;
        // a micro-batch is at least a block
        let at_once = micro_batch_size.map_or(plan.batch_size, |at_most| {
            at_most.max(largest_block(self.model.layers(), plan.batch_size))
        });
        self.plan_workspace(at_once.min(plan.batch_size))?;
        let validation = match validation {
            Some((source, samples)) => Some(HeldOut::plan(&self.model, source, samples)?),
            None => None,
        };
        let measured = match validation.is_none() && !options.metrics.is_empty() {
            true => Some(HeldOut::plan(&self.model, source, samples.clone())?),
            false => None,
        };
        let mut last_finite = self.model.try_weights()?;
        if let Some(checkpointer) = &mut options.checkpointer {
            let begun = checkpointer.begin();
            begun.map_err(|why| TrainError::NoCheckpoints(why.to_string()))?;
        }

        // start, or resume from a snapshot
        let resumed_at = snapshot.as_ref().map(|s| (s.fit.epoch, s.fit.step));
        let mut state = self.start(snapshot, plan, &mut options.callbacks)?;
        self.history = std::mem::take(&mut state.history);
        match state.last_good.take() {
            Some(weights) => last_finite = weights,
            None => self.model.store_weights(&mut last_finite),
        }
        let mut session = Session {
            state,
            resumed_at,
            checkpointer: options.checkpointer,
            interrupt: options.interrupt,
            // the order of a single batch changes nothing but rounding
            shuffle: options.shuffle && plan.steps_per_epoch > 1,
            callbacks: options.callbacks,
            reader: Reader::new(source, weights),
            micro_batch_size,
            samples,
            validation,
            metrics: options.metrics,
            measured,
            predictions: Predictions::new(),
        };

        // train
        self.notify(&mut session, |callback, run| callback.train_begin(run));
        restore_callbacks(&session.state.callbacks, &mut session.callbacks)?;
        let result = self.run_epochs(&mut session, &mut last_finite);

        // finish
        if result.as_ref().is_err_and(corrupts_state) {
            self.roll_back(&last_finite);
        }
        let history = std::mem::take(&mut self.history);
        self.notify(&mut session, |callback, run| {
            callback.train_end(&history, run);
        });
        self.history = history;
        result.map(|()| self.history.clone())
    }

    /// Which samples are trained on, and with which weights.
    fn split(
        &self,
        source: &dyn Source<F>,
        options: &Fit<'_, F>,
        seed: u64,
    ) -> Result<Split<F>, TrainError> {
        let outputs = self.model.output_shape().iter().product();
        let weights = options.weights(source, outputs)?;
        let (samples, held_out) = options.validation.split(source, seed)?;
        require_two_classes(self.loss.inverse_link(), classes(source), &samples)?;
        if let Some(weights) = &weights {
            let total: f64 = samples.iter().map(|&i| weights[i].as_f64()).sum();
            let allowed = "above 0 for at least one training sample";
            ConfigError::require(total > 0.0, "Fit weights", "0", allowed)?;
        }
        Ok(Split {
            weights,
            samples,
            held_out,
        })
    }

    /// Checks validation data of its own; returns it if it is arrays.
    fn separate_validation<'v>(
        &self,
        validation: &'v Validation<'_, F>,
    ) -> Result<Option<Arrays<'v, F>>, TrainError> {
        match validation {
            Validation::None | Validation::Split(_) => Ok(None),
            Validation::Source(source) => {
                check_source(self, *source).map_err(TrainError::Validation)?;
                Ok(None)
            }
            Validation::Data(x, targets) => {
                let targets = targets.as_ref();
                let targets = targets.map_err(|error| TrainError::Validation(error.clone()))?;
                check_data(self, x, targets).map_err(TrainError::Validation)?;
                let x = in_standard_layout(x.view())?;
                Ok(Some(Arrays::new(x, targets.view())))
            }
        }
    }

    /// The state of a new `fit`, or that of a snapshot, to which the trainer is restored.
    fn start(
        &mut self,
        snapshot: Option<Snapshot<F>>,
        plan: FitPlan,
        callbacks: &mut Callbacks<'_, F>,
    ) -> Result<FitState<F>, TrainError> {
        let Some(Snapshot { trainer, fit }) = snapshot else {
            return Ok(FitState::start(plan, self.steps));
        };
        fit.check(&plan)?;
        check_callbacks(&fit.callbacks, callbacks)?;
        fit.check_weights(&self.model).map_err(ResumeError::from)?;
        // only to detect errors: `train_begin` may reset the callbacks
        restore_callbacks(&fit.callbacks, callbacks)?;
        self.restore(trainer)?;
        Ok(FitState { plan, ..fit })
    }

    /// Restores the last finite weights. The optimiser is reset, since its state led to the failure.
    fn roll_back(&mut self, last_finite: &Weights<F>) {
        if self.workspace.fits(&self.model) {
            // a replaced model with layers of the same shapes may have other names, and then keeps its weights
            let _ = self.model.set_weights(last_finite);
            self.optimizer.reset();
        }
    }
}

instantiate! {
    fn fit<F: Scalar>(
        trainer: &mut Trainer<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
        options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        check_options(trainer, &options)?;
        check_data(trainer, &x, &targets)?;
        let x = in_standard_layout(x).map_err(DataError::from)?;
        trainer.run(&Arrays::new(x.view().into(), targets.view()), options)
    }

    fn fit_source<F: Scalar>(
        trainer: &mut Trainer<F>,
        source: &dyn Source<F>,
        options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        check_options(trainer, &options)?;
        check_source(trainer, source)?;
        trainer.run(source, options)
    }
}

fn check_options<F: Scalar>(trainer: &Trainer<F>, options: &Fit<'_, F>) -> Result<(), ConfigError> {
    options.validate()?;
    trainer.check_outputs()
}

/// Restores the states of the callbacks from a snapshot.
fn restore_callbacks<F: Scalar>(
    states: &[CallbackState<F>],
    callbacks: &mut Callbacks<'_, F>,
) -> Result<(), ResumeError> {
    let stateful = callbacks.iter_mut();
    let stateful = stateful.filter(|callback| callback.state().is_some());
    for (callback, state) in stateful.zip(states) {
        callback.set_state(state.clone())?;
    }
    Ok(())
}

/// Checks that the stateful callbacks are of the kinds of these states.
fn check_callbacks<F: Scalar>(
    states: &[CallbackState<F>],
    callbacks: &Callbacks<'_, F>,
) -> Result<(), ResumeError> {
    let own = callbacks.iter().filter_map(|callback| callback.state());
    let own: Vec<String> = own.map(|state| state.kind).collect();
    let found: Vec<String> = states.iter().map(|state| state.kind.clone()).collect();
    if own == found {
        return Ok(());
    }
    Err(ResumeError::callback(
        format!("{found:?}"),
        format!("{own:?}"),
    ))
}

/// Whether an error means that the weights and the optimiser's state are unusable.
fn corrupts_state(error: &TrainError) -> bool {
    !matches!(
        error,
        TrainError::Checkpoint { .. }
            | TrainError::Interrupted { .. }
            | TrainError::ModelReplaced { .. }
            | TrainError::Memory(_)
            | TrainError::Optimizer(StateError::Memory(_))
            | TrainError::Data(_)
            | TrainError::Metric { .. }
            | TrainError::Validation(DataError::Memory(_) | DataError::Source(_))
    )
}

/// Rejects training a classifier on a single class.
fn require_two_classes(
    link: Activation,
    labels: Option<&[usize]>,
    samples: &[usize],
) -> Result<(), DataError> {
    let Some(labels) = labels.filter(|_| link != Activation::Identity) else {
        return Ok(());
    };
    let class = labels[samples[0]];
    if samples.iter().all(|&i| labels[i] == class) {
        return Err(DataError::SingleClass {
            class,
            samples: samples.len(),
        });
    }
    Ok(())
}
