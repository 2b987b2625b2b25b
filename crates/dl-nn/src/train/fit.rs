//! The training loop.

use std::time::Instant;

use dl_math::Scalar;
use dl_math::rand::seq::SliceRandom;
use dl_math::random::generator;
use ndarray::{ArrayRef, CowArray, Dimension, IxDyn};

use super::callback::{Callback, Flow, Plan, Run, StepEnd};
use super::evaluate::{Evaluation, Samples, Tally, evaluate_rows, evaluation_workspace};
use super::history::{Epoch, History};
use super::options::{Callbacks, Fit, Validation};
use super::trainer::{Trainer, check_data};
use crate::activation::Activation;
use crate::error::{ConfigError, DataError, TrainError};
use crate::layer::mix;
use crate::model::Weights;
use crate::target::Target;
use crate::workspace::Workspace;

/// What one `fit` works with.
struct Session<'a, 'c, F> {
    plan: Plan,
    shuffle: bool,
    callbacks: Callbacks<'c, F>,
    samples: Samples<'a, F>,
    targets: Target<'a, F>,
    /// Weights of all samples; all 1 where there are none.
    weights: Option<Vec<F>>,
    /// The rows to train on.
    rows: Vec<usize>,
    validation: Option<HeldOut<'a, F>>,
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
    /// [`TrainError`]: data or options that do not fit, before anything is changed; or a loss or
    /// weights that became NaN or infinite: then the model holds the last good weights, and
    /// [`history`](Self::history) the epochs done.
    pub fn fit<'a, D: Dimension>(
        &mut self,
        x: &'a ArrayRef<F, D>,
        targets: impl Into<Target<'a, F>>,
        options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        options.validate()?;
        let targets = targets.into();
        let x = x.view().into_dyn();
        let x = check_data(self, &x, &targets)?;
        let outputs = self.model.output_shape().iter().product();
        let weights = options.weights(&targets, outputs)?;
        let (rows, held_out) = options.validation.split(&targets, self.seed)?;
        require_two_classes(self.loss.link(), &targets, &rows)?;
        if let Some(weights) = &weights {
            let total: f64 = rows.iter().map(|&row| weights[row].as_f64()).sum();
            let allowed = "above 0 for at least one training sample";
            ConfigError::require(total > 0.0, "Fit weights", "0", allowed)?;
        }
        let all: CowArray<'_, F, IxDyn>;
        let validation = match &options.validation {
            Validation::None => None,
            Validation::Split(_) => Some((x.view(), targets.view(), held_out)),
            Validation::Data(x, targets) => {
                all = x.as_standard_layout();
                check_data(self, &all.view(), targets).map_err(TrainError::Validation)?;
                Some((all.view(), targets.view(), (0..targets.len()).collect()))
            }
        };
        let batch_size = options.batch_size.min(rows.len());
        let steps_per_epoch = rows.len().div_ceil(batch_size);
        let mut session = Session {
            plan: Plan {
                epochs: options.epochs,
                steps_per_epoch,
                batch_size,
                samples: rows.len(),
            },
            // a single batch: its order changes nothing but rounding
            shuffle: options.shuffle && steps_per_epoch > 1,
            callbacks: options.callbacks,
            samples: Samples::new(x.view()),
            targets: targets.view(),
            weights,
            rows,
            validation: validation.map(|(x, targets, rows)| HeldOut {
                samples: Samples::new(x),
                targets,
                workspace: evaluation_workspace(&self.model, rows.len()),
                rows,
            }),
        };
        self.plan_workspace(batch_size);
        self.history = History::default();
        let mut good = self.model.weights();
        self.each(&mut session, |callback, run| callback.train_begin(run));
        let result = self.epochs(&mut session, &mut good);
        if result.is_err() {
            // the optimiser starts anew, since its state led away from the good weights
            let result = self.model.set_weights(&good);
            result.expect("the weights are a copy of this model's");
            self.optimizer.reset();
        }
        let history = std::mem::take(&mut self.history);
        self.each(&mut session, |callback, run| {
            callback.train_end(&history, run);
        });
        self.history = history;
        result.map(|()| self.history.clone())
    }

    /// All epochs, or as many as callbacks and numbers allow; `good` are the weights after the
    /// last one that ended well.
    fn epochs(
        &mut self,
        session: &mut Session<'_, '_, F>,
        good: &mut Weights<F>,
    ) -> Result<(), TrainError> {
        for epoch in 0..session.plan.epochs {
            let start = Instant::now();
            let (train, learning_rate) = self.steps(session, epoch)?;
            if let Some(parameter) = self.model.first_non_finite() {
                return Err(TrainError::NonFiniteWeights {
                    parameter: parameter.to_owned(),
                    epoch: epoch + 1,
                    learning_rate,
                });
            }
            let Some(train) = train else { break };
            self.model.store_weights(good);
            let held_out = session.validation.as_mut();
            let record = Epoch {
                epoch,
                train,
                validation: held_out.map(|held_out| self.evaluate_held_out(held_out)),
                learning_rate,
                seconds: start.elapsed().as_secs_f64(),
            };
            let stop = self.ask(session, |callback, run| callback.epoch_end(&record, run));
            self.history.epochs.push(record);
            if stop {
                break;
            }
        }
        Ok(())
    }

    /// One epoch: its evaluation, `None` where a callback stopped it, and its last learning rate.
    fn steps(
        &mut self,
        session: &mut Session<'_, '_, F>,
        epoch: usize,
    ) -> Result<(Option<Evaluation>, f64), TrainError> {
        let mut order = std::mem::take(&mut session.rows);
        if session.shuffle {
            // from the rows in data order, so that each epoch's order stands by itself
            order.sort_unstable();
            order.shuffle(&mut generator(mix(self.seed, self.steps)));
        }
        let mut tally = Tally::default();
        let mut learning_rate = 0.0;
        let mut stop = false;
        for (step, rows) in order.chunks(session.plan.batch_size).enumerate() {
            let factor = self.each(session, |callback, run| {
                callback.step_begin(epoch, step, run);
            });
            learning_rate = self.optimizer.learning_rate() * factor;
            let batch = session.samples.batch(rows);
            let weights = session.weights.as_deref();
            let outcome = self
                .step_rows(batch, &session.targets, rows, weights, factor)?
                .finite(epoch + 1, step + 1, learning_rate)?;
            tally.add(outcome.loss, outcome.weight, outcome.right, rows.len());
            let end = StepEnd {
                epoch,
                step,
                loss: outcome.loss,
                learning_rate,
            };
            stop = self.ask(session, |callback, run| callback.step_end(&end, run));
            if stop {
                break;
            }
        }
        session.rows = order;
        Ok(((!stop).then(|| tally.evaluation()), learning_rate))
    }

    fn evaluate_held_out(&self, held_out: &mut HeldOut<'_, F>) -> Evaluation {
        let HeldOut {
            samples,
            targets,
            rows,
            workspace,
        } = held_out;
        evaluate_rows(&self.model, &*self.loss, workspace, samples, targets, rows)
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
            plan: session.plan,
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
