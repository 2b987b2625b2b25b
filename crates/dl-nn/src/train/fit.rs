//! The training loop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use dl_core::rand::seq::SliceRandom;
use dl_core::random::generator;
use dl_core::{Scalar, instantiate};
use ndarray::{ArrayViewD, CowArray, IxDyn};

use super::callback::{Callback, FitContext, Flow, Plan, StepEnd};
use super::evaluate::{Evaluation, Samples, evaluate_rows, evaluation_workspace};
use super::history::{Epoch, History};
use super::options::{Callbacks, Fit, Validation};
use super::state::{CallbackState, CheckpointPoint, Checkpointer, FitState, ResumeError, Snapshot};
use super::trainer::{Outcome, Trainer, check_data};
use crate::activation::Activation;
use crate::batch::Batch;
use crate::buffers::in_standard_layout;
use crate::error::{ConfigError, DataError, TrainError};
use crate::layer::mix;
use crate::model::Weights;
use crate::optim::StateError;
use crate::samples::IntoSamples;
use crate::target::{IntoTarget, Target};
use crate::workspace::Workspace;

/// The working data of one `fit`.
struct Session<'a, 'c, F> {
    /// Its progress; the states of callbacks and the history are elsewhere.
    state: FitState<F>,
    /// Where it resumed from a snapshot: epoch and step.
    resumed_at: Option<(usize, usize)>,
    shuffle: bool,
    checkpointer: Option<Box<dyn Checkpointer<F> + 'c>>,
    interrupt: Option<&'c AtomicBool>,
    callbacks: Callbacks<'c, F>,
    samples: Samples<'a, F>,
    targets: Target<'a, F>,
    /// Weights of all samples; `None` if all are 1.
    weights: Option<Vec<F>>,
    /// The rows to train on.
    rows: Vec<usize>,
    validation: Option<HeldOut<'a, F>>,
}

impl<F> Session<'_, '_, F> {
    fn is_interrupted(&self) -> bool {
        // the flag publishes no other data
        (self.interrupt).is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Rows to evaluate on after each epoch.
struct HeldOut<'a, F> {
    samples: Samples<'a, F>,
    targets: Target<'a, F>,
    rows: Vec<usize>,
    workspace: Workspace<F>,
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

    fn run(
        &mut self,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
        mut options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        options.validate()?;
        self.check_outputs()?;
        let x = check_data(self, &x, &targets)?;
        let outputs = self.model.output_shape().iter().product();
        let weights = options.weights(&targets, outputs)?;
        let (snapshot, fit) = match options.resume {
            Some(snapshot) => (Some(snapshot.trainer), Some(snapshot.fit)),
            None => (None, None),
        };
        let seed = snapshot.as_ref().map_or(self.seed, |trainer| trainer.seed);
        let (rows, held_out) = options.validation.split(&targets, seed)?;
        require_two_classes(self.loss.link(), &targets, &rows)?;
        if let Some(weights) = &weights {
            let total: f64 = rows.iter().map(|&row| weights[row].as_f64()).sum();
            let allowed = "above 0 for at least one training sample";
            ConfigError::require(total > 0.0, "Fit weights", "0", allowed)?;
        }
        let all: CowArray<'_, F, IxDyn>;
        let validation = match &options.validation {
            Validation::None => None,
            Validation::Split(_) => Some((Batch::from_array(&x), targets.view(), held_out)),
            Validation::Data(x, targets) => {
                let targets = targets
                    .as_ref()
                    .map_err(|error| TrainError::Validation(error.clone()))?;
                all = in_standard_layout(x)?;
                check_data(self, &all.view(), targets).map_err(TrainError::Validation)?;
                let all = Batch::from_array(&all);
                Some((all, targets.view(), (0..targets.len()).collect()))
            }
        };
        let batch_size = options.batch_size.min(rows.len());
        let steps_per_epoch = rows.len().div_ceil(batch_size);
        let plan = Plan {
            epochs: options.epochs,
            steps_per_epoch,
            batch_size,
            samples: rows.len(),
        };
        self.plan_workspace(batch_size)?;
        let validation = match validation {
            None => None,
            Some((x, targets, rows)) => Some(HeldOut {
                samples: Samples::new(x),
                targets,
                workspace: evaluation_workspace(&self.model, rows.len())?,
                rows,
            }),
        };
        let mut last_finite = self.model.try_weights()?;
        if let Some(checkpointer) = &mut options.checkpointer {
            let begun = checkpointer.begin();
            begun.map_err(|why| TrainError::NoCheckpoints(why.to_string()))?;
        }
        if let (Some(trainer), Some(fit)) = (snapshot, &fit) {
            fit.check(&plan)?;
            check_callbacks(&fit.callbacks, &options.callbacks)?;
            fit.check_weights(&self.model).map_err(ResumeError::from)?;
            // only to detect errors: `train_begin` may reset the callbacks
            restore_callbacks(&fit.callbacks, &mut options.callbacks)?;
            self.restore(trainer)?;
        }
        let resumed_at = fit.as_ref().map(|fit| (fit.epoch, fit.step));
        let mut fit = fit.unwrap_or_else(|| FitState::start(plan, self.steps));
        fit.plan = plan;
        self.history = std::mem::take(&mut fit.history);
        let mut session = Session {
            resumed_at,
            state: fit,
            checkpointer: options.checkpointer,
            interrupt: options.interrupt,
            // the order of a single batch changes nothing but rounding
            shuffle: options.shuffle && steps_per_epoch > 1,
            callbacks: options.callbacks,
            samples: Samples::new(Batch::from_array(&x)),
            targets: targets.view(),
            weights,
            rows,
            validation,
        };
        match session.state.last_good.take() {
            Some(weights) => last_finite = weights,
            None => self.model.store_weights(&mut last_finite),
        }
        self.notify(&mut session, |callback, run| callback.train_begin(run));
        restore_callbacks(&session.state.callbacks, &mut session.callbacks)?;
        let result = self.run_epochs(&mut session, &mut last_finite);
        if result.as_ref().is_err_and(corrupts_state) && self.workspace.fits(&self.model) {
            // the optimiser is reset, since its state led to these weights; a replaced model with layers of
            // the same shapes may have other names, and then keeps its weights
            let _ = self.model.set_weights(&last_finite);
            self.optimizer.reset();
        }
        let history = std::mem::take(&mut self.history);
        self.notify(&mut session, |callback, run| {
            callback.train_end(&history, run);
        });
        self.history = history;
        result.map(|()| self.history.clone())
    }

    /// Runs the remaining epochs until a callback or an error stops them; `last_finite` are the weights
    /// after the last completed epoch.
    fn run_epochs(
        &mut self,
        session: &mut Session<'_, '_, F>,
        last_finite: &mut Weights<F>,
    ) -> Result<(), TrainError> {
        self.require_same_model(session)?;
        while session.state.epoch < session.state.plan.epochs && self.history.stopped.is_none() {
            let (start, epoch) = (Instant::now(), session.state.epoch);
            let learning_rate = self.run_epoch(session, last_finite, start)?;
            if let Some(parameter) = self.model.first_non_finite() {
                return Err(TrainError::NonFiniteWeights {
                    parameter: parameter.to_owned(),
                    epoch: epoch + 1,
                    learning_rate,
                });
            }
            if self.history.stopped.is_some() {
                break;
            }
            let validation = match &mut session.validation {
                Some(held_out) => Some(self.evaluate_held_out(held_out)?),
                None => None,
            };
            self.model.store_weights(last_finite);
            let record = Epoch {
                epoch,
                train: session.state.running.evaluation(),
                validation,
                learning_rate,
                seconds: session.state.seconds + start.elapsed().as_secs_f64(),
            };
            self.should_stop(session, |callback, run| callback.epoch_end(&record, run));
            self.require_same_model(session)?;
            self.history.epochs.push(record);
            session.state.next_epoch(self.steps);
            self.checkpoint(session, None, start)?;
        }
        Ok(())
    }

    /// Runs the remaining steps of an epoch until a callback stops them; returns the last learning rate.
    fn run_epoch(
        &mut self,
        session: &mut Session<'_, '_, F>,
        last_finite: &Weights<F>,
        start: Instant,
    ) -> Result<f64, TrainError> {
        let mut order = std::mem::take(&mut session.rows);
        if session.shuffle {
            // from the rows in data order, so that each epoch's order is independent of the others
            order.sort_unstable();
            let seed = mix(self.seed, session.state.epoch_began);
            order.shuffle(&mut generator(seed));
        }
        let (epoch, done) = (session.state.epoch, session.state.step);
        let batches = order.chunks(session.state.plan.batch_size);
        let mut learning_rate = 0.0;
        for (step, rows) in batches.enumerate().skip(done) {
            let factor = self.notify(session, |callback, run| {
                callback.step_begin(epoch, step, run);
            });
            self.require_same_model(session)?;
            learning_rate = self.optimizer.learning_rate() * factor;
            let batch = session.samples.batch(rows)?;
            let weights = session.weights.as_deref();
            let Outcome {
                loss,
                weight,
                correct,
            } = self
                .step_rows(batch, &session.targets, rows, weights, factor)?
                .finite(epoch + 1, step + 1, learning_rate)?;
            session.state.running.add(loss, weight, correct, rows.len());
            session.state.step = step + 1;
            let end = StepEnd {
                epoch,
                step,
                loss,
                learning_rate,
            };
            let stop = self.should_stop(session, |callback, run| callback.step_end(&end, run));
            self.require_same_model(session)?;
            if stop {
                break;
            }
            // after the last step, the epoch is completed first
            if step + 1 < session.state.plan.steps_per_epoch {
                self.checkpoint(session, Some(last_finite), start)?;
            }
        }
        session.rows = order;
        Ok(learning_rate)
    }

    /// Passes a snapshot to the checkpointer if it wants one or training is interrupted. `last_finite`
    /// are the weights after the last epoch, if they differ from the model's; the current epoch was
    /// started or resumed at `start`.
    ///
    /// # Errors
    /// An error of the checkpointer, or the interruption of training that is not complete.
    fn checkpoint(
        &self,
        session: &mut Session<'_, '_, F>,
        last_finite: Option<&Weights<F>>,
        start: Instant,
    ) -> Result<(), TrainError> {
        let FitState { epoch, step, .. } = session.state;
        let last = epoch == session.state.plan.epochs || self.history.stopped.is_some();
        let interrupted = !last && session.is_interrupted();
        let end = match interrupted {
            true => Err(TrainError::Interrupted { epoch, step }),
            false => Ok(()),
        };
        let Some(checkpointer) = &mut session.checkpointer else {
            return end;
        };
        // called even if training is interrupted
        let wanted = checkpointer.wants(CheckpointPoint { epoch, step, last });
        if !wanted && !interrupted {
            return end;
        }
        let callbacks = session.callbacks.iter();
        let begun = if step > 0 {
            start.elapsed().as_secs_f64()
        } else {
            0.0
        };
        let fit = FitState {
            last_good: last_finite.cloned(),
            history: self.history.clone(),
            callbacks: callbacks.filter_map(|callback| callback.state()).collect(),
            seconds: session.state.seconds + begun,
            ..session.state.clone()
        };
        let trainer = self.state();
        let result = checkpointer.save(Snapshot { trainer, fit });
        result.map_err(|why| TrainError::Checkpoint {
            epoch,
            step,
            why: why.to_string(),
        })?;
        end
    }

    fn evaluate_held_out(&self, held_out: &mut HeldOut<'_, F>) -> Result<Evaluation, TrainError> {
        let HeldOut {
            samples,
            targets,
            rows,
            workspace,
        } = held_out;
        let result = evaluate_rows(&self.model, &*self.loss, workspace, samples, targets, rows);
        result.map_err(TrainError::Validation)
    }

    /// Checks that no callback has replaced the model, for which no buffers would be planned.
    fn require_same_model(&self, session: &Session<'_, '_, F>) -> Result<(), TrainError> {
        if self.workspace.fits(&self.model) {
            return Ok(());
        }
        let epoch = session.state.epoch + 1;
        Err(TrainError::ModelReplaced { epoch })
    }

    /// Calls every callback in order; returns the product of their learning-rate factors.
    fn notify(
        &mut self,
        session: &mut Session<'_, '_, F>,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut FitContext<'_, F>),
    ) -> f64 {
        let mut run = FitContext {
            model: &mut self.model,
            learning_rate_factor: 1.0,
            plan: session.state.plan,
            resumed_at: session.resumed_at,
            grads: self.workspace.grads(),
        };
        for callback in &mut session.callbacks {
            call(&mut **callback, &mut run);
        }
        run.learning_rate_factor
    }

    /// Calls every callback in order; returns whether one stops training, and records the first reason.
    fn should_stop(
        &mut self,
        session: &mut Session<'_, '_, F>,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut FitContext<'_, F>) -> Flow,
    ) -> bool {
        let mut reason = None;
        self.notify(session, |callback, run| {
            if let Flow::Stop(why) = call(callback, run) {
                reason.get_or_insert(why);
            }
        });
        self.history.stopped = reason;
        self.history.stopped.is_some()
    }
}

instantiate! {
    fn fit<F: Scalar>(
        trainer: &mut Trainer<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
        options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        trainer.run(x, targets, options)
    }
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
            | TrainError::Validation(DataError::Memory(_))
    )
}

/// Rejects training a classifier on a single class.
fn require_two_classes<F: Scalar>(
    link: Activation,
    targets: &Target<'_, F>,
    rows: &[usize],
) -> Result<(), DataError> {
    let Some(labels) = targets.classes().filter(|_| link != Activation::Identity) else {
        return Ok(());
    };
    let class = labels[rows[0]];
    if rows.iter().all(|&row| labels[row] == class) {
        return Err(DataError::SingleClass {
            class,
            samples: rows.len(),
        });
    }
    Ok(())
}
