//! The training loop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use dl_core::rand::seq::SliceRandom;
use dl_core::random::generator;
use dl_core::{Scalar, instantiate};
use ndarray::{ArrayRef, ArrayViewD, CowArray, Dimension, IxDyn};

use super::callback::{Callback, Flow, Plan, Run, StepEnd};
use super::evaluate::{Evaluation, Samples, evaluate_rows, evaluation_workspace};
use super::history::{Epoch, History};
use super::options::{Callbacks, Fit, Validation};
use super::state::{CallbackState, Checkpointer, FitState, Moment, ResumeError, Snapshot};
use super::trainer::{Outcome, Trainer, check_data};
use crate::activation::Activation;
use crate::batch::Batch;
use crate::buffers::in_standard_layout;
use crate::error::{ConfigError, DataError, TrainError};
use crate::layer::mix;
use crate::model::Weights;
use crate::optim::StateError;
use crate::target::Target;
use crate::workspace::Workspace;

/// What one `fit` works with.
struct Session<'a, 'c, F> {
    /// How far it has come; what callbacks remember and the history stand elsewhere.
    state: FitState<F>,
    /// Where it was taken up from a snapshot: epoch and step.
    resumed_at: Option<(usize, usize)>,
    shuffle: bool,
    checkpointer: Option<Box<dyn Checkpointer<F> + 'c>>,
    interrupt: Option<&'c AtomicBool>,
    callbacks: Callbacks<'c, F>,
    samples: Samples<'a, F>,
    targets: Target<'a, F>,
    /// Weights of all samples; all 1 where there are none.
    weights: Option<Vec<F>>,
    /// The rows to train on.
    rows: Vec<usize>,
    validation: Option<HeldOut<'a, F>>,
}

impl<F> Session<'_, '_, F> {
    fn is_interrupted(&self) -> bool {
        // whoever sets it has nothing else to hand over
        (self.interrupt).is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Some rows of some data, to evaluate on after each epoch.
struct HeldOut<'a, F> {
    samples: Samples<'a, F>,
    targets: Target<'a, F>,
    rows: Vec<usize>,
    workspace: Workspace<F>,
}

impl<F: Scalar> Trainer<F> {
    /// Trains on samples `[n, …input]`, and returns the curves. Callable again to go on.
    ///
    /// The orders of the samples, the validation split and dropout depend only on the trainer's
    /// seed and the steps done before.
    ///
    /// # Errors
    /// [`TrainError`]: data or options that do not fit, or no memory for a step, before anything is
    /// changed; a loss or weights that became NaN or infinite, or an output for a validation sample
    /// that is NaN, as for [`evaluate`](Self::evaluate): then the model holds the last good weights,
    /// and [`history`](Self::history) the epochs done; or a callback that replaced the model.
    pub fn fit<'a, D: Dimension>(
        &mut self,
        x: &'a ArrayRef<F, D>,
        targets: impl Into<Target<'a, F>>,
        options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        fit(self, x.view().into_dyn(), targets.into(), options)
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
        let mut good = self.model.try_weights()?;
        if let Some(checkpointer) = &mut options.checkpointer {
            let begun = checkpointer.begin();
            begun.map_err(|why| TrainError::NoCheckpoints(why.to_string()))?;
        }
        if let (Some(trainer), Some(fit)) = (snapshot, &fit) {
            fit.check(&plan)?;
            check_callbacks(&fit.callbacks, &options.callbacks)?;
            fit.check_weights(&self.model).map_err(ResumeError::from)?;
            // for their errors alone: `train_begin` may forget it again
            wake_callbacks(&fit.callbacks, &mut options.callbacks)?;
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
            // a single batch: its order changes nothing but rounding
            shuffle: options.shuffle && steps_per_epoch > 1,
            callbacks: options.callbacks,
            samples: Samples::new(Batch::from_array(&x)),
            targets: targets.view(),
            weights,
            rows,
            validation,
        };
        match session.state.last_good.take() {
            Some(weights) => good = weights,
            None => self.model.store_weights(&mut good),
        }
        self.each(&mut session, |callback, run| callback.train_begin(run));
        wake_callbacks(&session.state.callbacks, &mut session.callbacks)?;
        let result = self.epochs(&mut session, &mut good);
        if result.as_ref().is_err_and(leads_astray) && self.workspace.fits(&self.model) {
            // the optimiser starts anew, since its state led away from the good weights
            // a model with layers of the same shapes may have other names: its weights are its own affair
            let _ = self.model.set_weights(&good);
            self.optimizer.reset();
        }
        let history = std::mem::take(&mut self.history);
        self.each(&mut session, |callback, run| {
            callback.train_end(&history, run);
        });
        self.history = history;
        result.map(|()| self.history.clone())
    }

    /// All epochs that are left, or as many as callbacks and numbers allow; `good` are the weights
    /// after the last one that ended well.
    fn epochs(
        &mut self,
        session: &mut Session<'_, '_, F>,
        good: &mut Weights<F>,
    ) -> Result<(), TrainError> {
        self.require_same_model(session)?;
        while session.state.epoch < session.state.plan.epochs && self.history.stopped.is_none() {
            let (start, epoch) = (Instant::now(), session.state.epoch);
            let learning_rate = self.steps(session, good, start)?;
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
            self.model.store_weights(good);
            let record = Epoch {
                epoch,
                train: session.state.tally.evaluation(),
                validation,
                learning_rate,
                seconds: session.state.seconds + start.elapsed().as_secs_f64(),
            };
            self.ask(session, |callback, run| callback.epoch_end(&record, run));
            self.require_same_model(session)?;
            self.history.epochs.push(record);
            session.state.next_epoch(self.steps);
            self.checkpoint(session, None, start)?;
        }
        Ok(())
    }

    /// The steps that are left of an epoch, or as many as callbacks allow; its last learning rate.
    fn steps(
        &mut self,
        session: &mut Session<'_, '_, F>,
        good: &Weights<F>,
        start: Instant,
    ) -> Result<f64, TrainError> {
        let mut order = std::mem::take(&mut session.rows);
        if session.shuffle {
            // from the rows in data order, so that each epoch's order stands by itself
            order.sort_unstable();
            let seed = mix(self.seed, session.state.epoch_began);
            order.shuffle(&mut generator(seed));
        }
        let (epoch, done) = (session.state.epoch, session.state.step);
        let batches = order.chunks(session.state.plan.batch_size);
        let mut learning_rate = 0.0;
        for (step, rows) in batches.enumerate().skip(done) {
            let factor = self.each(session, |callback, run| {
                callback.step_begin(epoch, step, run);
            });
            self.require_same_model(session)?;
            learning_rate = self.optimizer.learning_rate() * factor;
            let batch = session.samples.batch(rows)?;
            let weights = session.weights.as_deref();
            let Outcome {
                loss,
                weight,
                right,
            } = self
                .step_rows(batch, &session.targets, rows, weights, factor)?
                .finite(epoch + 1, step + 1, learning_rate)?;
            session.state.tally.add(loss, weight, right, rows.len());
            session.state.step = step + 1;
            let end = StepEnd {
                epoch,
                step,
                loss,
                learning_rate,
            };
            let stop = self.ask(session, |callback, run| callback.step_end(&end, run));
            self.require_same_model(session)?;
            if stop {
                break;
            }
            // after the last step, the epoch is ended first
            if step + 1 < session.state.plan.steps_per_epoch {
                self.checkpoint(session, Some(good), start)?;
            }
        }
        session.rows = order;
        Ok(learning_rate)
    }

    /// Hands the checkpointer a snapshot, where it wants one or training is interrupted. `good` are
    /// the weights after the last epoch, where they are not the model's; the epoch under way went on
    /// at `start`.
    ///
    /// # Errors
    /// The checkpointer's, and the interruption of a training that is not over.
    fn checkpoint(
        &self,
        session: &mut Session<'_, '_, F>,
        good: Option<&Weights<F>>,
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
        // asked also where it is not up to it
        let wanted = checkpointer.wants(Moment { epoch, step, last });
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
            last_good: good.cloned(),
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

    /// Checks that no callback has put another network in the model's place, for which nothing here is
    /// planned.
    fn require_same_model(&self, session: &Session<'_, '_, F>) -> Result<(), TrainError> {
        if self.workspace.fits(&self.model) {
            return Ok(());
        }
        let epoch = session.state.epoch + 1;
        Err(TrainError::ModelReplaced { epoch })
    }

    /// Calls every callback in order; returns the product of their learning-rate factors.
    fn each(
        &mut self,
        session: &mut Session<'_, '_, F>,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut Run<'_, F>),
    ) -> f64 {
        let mut run = Run {
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

    /// Asks every callback in order whether to stop, and keeps the first reason.
    fn ask(
        &mut self,
        session: &mut Session<'_, '_, F>,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut Run<'_, F>) -> Flow,
    ) -> bool {
        let mut reason = None;
        self.each(session, |callback, run| {
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

/// Gives the callbacks back what they remembered when the snapshot was taken.
fn wake_callbacks<F: Scalar>(
    states: &[CallbackState<F>],
    callbacks: &mut Callbacks<'_, F>,
) -> Result<(), ResumeError> {
    let remembering = callbacks.iter_mut();
    let remembering = remembering.filter(|callback| callback.state().is_some());
    for (callback, state) in remembering.zip(states) {
        callback.set_state(state.clone())?;
    }
    Ok(())
}

/// Checks that the callbacks which remember something are of the kinds of these states.
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

/// Whether an error means that the weights, and the optimiser's state with them, have gone bad.
fn leads_astray(error: &TrainError) -> bool {
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

/// A classifier that sees one class learns nothing but to say it.
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
