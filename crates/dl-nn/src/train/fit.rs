//! The training loop.

use std::time::Instant;

use dl_math::Scalar;
use dl_math::rand::seq::SliceRandom;
use dl_math::random::{generator, stream};
use dl_math::sampling::{holdout, stratified_holdout};
use ndarray::{ArrayRef, CowArray, Dimension, IxDyn};

use super::callback::{Callback, Flow, Plan, Run, StepEnd};
use super::evaluate::{Samples, Tally, evaluate_rows, evaluation_workspace};
use super::history::{Epoch, History};
use super::trainer::{Trainer, check_data};
use crate::activation::Activation;
use crate::error::{ConfigError, DataError, TrainError};
use crate::layer::mix;
use crate::model::Weights;
use crate::target::Target;

/// The stream of a seed from which the validation split is drawn.
const SPLIT_STREAM: u64 = 1;

/// How to train: epochs, batches, validation, weights, callbacks.
pub struct Fit<'a, F> {
    epochs: usize,
    batch_size: usize,
    shuffle: bool,
    validation: Validation<'a, F>,
    class_weights: Option<Vec<f64>>,
    sample_weights: Option<Vec<f64>>,
    callbacks: Vec<Box<dyn Callback<F> + 'a>>,
}

enum Validation<'a, F> {
    None,
    Split(f64),
    Data(CowArray<'a, F, IxDyn>, Target<'a, F>),
}

impl<F> std::fmt::Debug for Fit<'_, F> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Fit")
            .field("epochs", &self.epochs)
            .field("batch_size", &self.batch_size)
            .field("shuffle", &self.shuffle)
            .field("callbacks", &self.callbacks.len())
            .finish_non_exhaustive()
    }
}

impl<'a, F: Scalar> Fit<'a, F> {
    /// Goes `epochs` times through the samples: batches of 32, shuffled anew each epoch, no
    /// validation.
    pub fn epochs(epochs: usize) -> Self {
        Self {
            epochs,
            batch_size: 32,
            shuffle: true,
            validation: Validation::None,
            class_weights: None,
            sample_weights: None,
            callbacks: Vec::new(),
        }
    }

    /// Samples a step, at least 1. The last batch of an epoch may be smaller; a batch size above
    /// the number of samples means the whole of them.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Whether each epoch has an order of its own; otherwise that of the data.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Holds out a share of the samples, in (0, 1), drawn at random and stratified where targets
    /// are classes, and evaluates on them after each epoch.
    pub fn validation_split(mut self, fraction: f64) -> Self {
        self.validation = Validation::Split(fraction);
        self
    }

    /// Evaluates on these samples after each epoch.
    pub fn validation<D: Dimension>(
        mut self,
        x: &'a ArrayRef<F, D>,
        targets: impl Into<Target<'a, F>>,
    ) -> Self {
        let x = CowArray::from(x.view().into_dyn());
        self.validation = Validation::Data(x, targets.into());
        self
    }

    /// Multiplies the loss of each sample by its class's weight, one a class, not negative.
    pub fn class_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.class_weights = Some(weights.into());
        self
    }

    /// Multiplies the loss of each sample by a weight, not negative.
    pub fn sample_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.sample_weights = Some(weights.into());
        self
    }

    /// Calls `callback` as training goes along, after those added before. To look at it
    /// afterwards, hand in `&mut callback`.
    pub fn callback(mut self, callback: impl Callback<F> + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// The weight of every sample; `None` where all are 1.
    fn weights(
        &self,
        targets: &Target<'_, F>,
        outputs: usize,
    ) -> Result<Option<Vec<F>>, TrainError> {
        let n = targets.len();
        let mut weights = vec![1.0; n];
        if let Some(sample_weights) = &self.sample_weights {
            require_weights("Fit sample_weights", sample_weights)?;
            if sample_weights.len() != n {
                return Err(DataError::Count {
                    samples: n,
                    targets: sample_weights.len(),
                    what: "sample weights",
                }
                .into());
            }
            weights.clone_from(sample_weights);
        }
        if let Some(class_weights) = &self.class_weights {
            require_weights("Fit class_weights", class_weights)?;
            let classes = outputs.max(2);
            let Some(labels) = targets.classes() else {
                let allowed = "absent where targets are values";
                return Err(
                    ConfigError::require(false, "Fit class_weights", "given", allowed)
                        .unwrap_err()
                        .into(),
                );
            };
            let given = format!("of length {} for {classes} classes", class_weights.len());
            let allowed = "one weight for each class";
            let holds = class_weights.len() == classes;
            ConfigError::require(holds, "Fit class_weights", given, allowed)?;
            for (weight, &label) in weights.iter_mut().zip(labels) {
                *weight *= class_weights[label];
            }
        }
        let weighted = self.sample_weights.is_some() || self.class_weights.is_some();
        let allowed = "above 0 for at least one sample";
        ConfigError::require(
            weights.iter().sum::<f64>() > 0.0,
            "Fit weights",
            "0",
            allowed,
        )?;
        Ok(weighted.then(|| weights.into_iter().map(F::of).collect()))
    }
}

fn require_weights(name: &str, weights: &[f64]) -> Result<(), ConfigError> {
    match weights.iter().find(|w| !(**w >= 0.0 && w.is_finite())) {
        Some(weight) => ConfigError::require(false, name, weight, "finite and not negative"),
        None => Ok(()),
    }
}

impl<F: Scalar> Trainer<F> {
    /// Trains on samples `[n, …input]`, and returns the curves. Callable again to go on.
    ///
    /// The orders of the samples, the validation split and dropout depend only on the trainer's
    /// seed and the steps done before.
    ///
    /// # Errors
    /// [`TrainError`]: data or options that do not fit, before anything is changed; or a loss
    /// that became NaN or infinite: then the model holds the last good weights, and
    /// [`history`](Self::history) the epochs done.
    pub fn fit<'a, D: Dimension>(
        &mut self,
        x: &'a ArrayRef<F, D>,
        targets: impl Into<Target<'a, F>>,
        mut options: Fit<'_, F>,
    ) -> Result<History, TrainError> {
        ConfigError::require(options.epochs > 0, "Fit epochs", 0, "at least 1")?;
        ConfigError::require(options.batch_size > 0, "Fit batch_size", 0, "at least 1")?;
        let targets = targets.into();
        let x = x.view().into_dyn();
        let x = check_data(self, &x, &targets)?;
        let outputs = self.model().output_shape().iter().product();
        let weights = options.weights(&targets, outputs)?;
        let (mut order, held_out) = split(&options.validation, &targets, self.seed)?;
        require_two_classes(self.loss.link(), &targets, &order)?;
        // what to evaluate on after each epoch: some rows of some data
        let all: CowArray<'_, F, IxDyn>;
        let (validation_x, validation_targets, validation_rows) = match &options.validation {
            Validation::Data(x, targets) => {
                all = x.as_standard_layout();
                check_data(self, &all.view(), targets)?;
                (all.view(), targets.view(), (0..targets.len()).collect())
            }
            _ => (x.view(), targets.view(), held_out),
        };
        let callbacks = &mut options.callbacks;

        let batch_size = options.batch_size.min(order.len());
        let plan = Plan {
            epochs: options.epochs,
            steps_per_epoch: order.len().div_ceil(batch_size),
            batch_size,
            samples: order.len(),
        };
        self.plan_workspace(batch_size);
        let mut evaluation = evaluation_workspace(self.model(), validation_rows.len().max(1));
        let mut samples = Samples::new(x.view());
        let mut validation_samples = Samples::new(validation_x);
        let mut good = self.model().weights();
        self.history = History::default();
        // a single batch: its order changes nothing but rounding
        let shuffle = options.shuffle && plan.steps_per_epoch > 1;
        self.each(callbacks, plan, |callback, run| callback.train_begin(run));

        'epochs: for epoch in 0..plan.epochs {
            let start = Instant::now();
            if shuffle {
                // from the rows in data order, so that each epoch's order stands by itself
                order.sort_unstable();
                order.shuffle(&mut generator(mix(self.seed, self.steps)));
            }
            let mut tally = Tally::default();
            let mut learning_rate = 0.0;
            for (step, rows) in order.chunks(batch_size).enumerate() {
                let factor = self.each(callbacks, plan, |callback, run| {
                    callback.step_begin(epoch, step, run);
                });
                learning_rate = self.optimizer.learning_rate() * factor;
                let batch = samples.batch(rows);
                let outcome = match self
                    .step_rows(batch, &targets, rows, weights.as_deref(), factor)
                    .and_then(|outcome| outcome.finite(epoch + 1, step + 1, learning_rate))
                {
                    Ok(outcome) => outcome,
                    Err(error) => return Err(self.fail(error, &good, callbacks, plan)),
                };
                tally.add(outcome.loss, outcome.weight, outcome.right, rows.len());
                let end = StepEnd {
                    epoch,
                    step,
                    loss: outcome.loss,
                    learning_rate,
                };
                if let Some(reason) = self.ask(callbacks, plan, |c, run| c.step_end(&end, run)) {
                    self.history.stopped = Some(reason);
                    break 'epochs;
                }
            }
            if let Some(parameter) = self.model.first_non_finite() {
                let error = TrainError::NonFiniteWeights {
                    parameter: parameter.to_owned(),
                    epoch: epoch + 1,
                    learning_rate,
                };
                return Err(self.fail(error, &good, callbacks, plan));
            }
            self.model.store_weights(&mut good);
            let validation = (!validation_rows.is_empty()).then(|| {
                let loss = &*self.loss;
                let (samples, rows) = (&mut validation_samples, &validation_rows);
                evaluate_rows(
                    &self.model,
                    loss,
                    &mut evaluation,
                    samples,
                    &validation_targets,
                    rows,
                )
            });
            let record = Epoch {
                epoch,
                train: tally.evaluation(),
                validation,
                learning_rate,
                seconds: start.elapsed().as_secs_f64(),
            };
            let stop = self.ask(callbacks, plan, |c, run| c.epoch_end(&record, run));
            self.history.epochs.push(record);
            if stop.is_some() {
                self.history.stopped = stop;
                break;
            }
        }
        self.finish(callbacks, plan);
        Ok(self.history.clone())
    }

    /// Calls every callback in order; returns the product of their learning-rate factors.
    fn each(
        &mut self,
        callbacks: &mut [Box<dyn Callback<F> + '_>],
        plan: Plan,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut Run<'_, F>),
    ) -> f64 {
        let mut run = Run {
            model: &mut self.model,
            learning_rate_factor: 1.0,
            plan,
        };
        for callback in callbacks {
            call(&mut **callback, &mut run);
        }
        run.learning_rate_factor
    }

    /// Calls every callback in order; returns the first reason to stop.
    fn ask(
        &mut self,
        callbacks: &mut [Box<dyn Callback<F> + '_>],
        plan: Plan,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut Run<'_, F>) -> Flow,
    ) -> Option<String> {
        let mut reason = None;
        self.each(callbacks, plan, |callback, run| {
            if let Flow::Stop(why) = call(callback, run) {
                reason.get_or_insert(why);
            }
        });
        reason
    }

    /// Goes back to the last good weights; the optimiser starts anew, since its state led away
    /// from them.
    fn fail(
        &mut self,
        error: TrainError,
        good: &Weights<F>,
        callbacks: &mut [Box<dyn Callback<F> + '_>],
        plan: Plan,
    ) -> TrainError {
        self.model.set_weights(good);
        self.optimizer.reset();
        self.finish(callbacks, plan);
        error
    }

    fn finish(&mut self, callbacks: &mut [Box<dyn Callback<F> + '_>], plan: Plan) {
        let history = std::mem::take(&mut self.history);
        self.each(callbacks, plan, |callback, run| {
            callback.train_end(&history, run);
        });
        self.history = history;
    }
}

/// The rows to train on and the rows held out.
fn split<F: Scalar>(
    validation: &Validation<'_, F>,
    targets: &Target<'_, F>,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let Validation::Split(fraction) = *validation else {
        return Ok(((0..targets.len()).collect(), Vec::new()));
    };
    let mut generator = stream(seed, SPLIT_STREAM);
    let split = match targets.classes() {
        Some(labels) => stratified_holdout(&labels.to_vec(), fraction, &mut generator)?,
        None => holdout(targets.len(), fraction, &mut generator)?,
    };
    let mut train = split.train;
    train.sort_unstable();
    Ok((train, split.test))
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
