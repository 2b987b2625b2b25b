//! The options of `fit`.

use std::sync::atomic::AtomicBool;

use dl_core::random::stream;
use dl_core::sampling::{holdout, stratified_holdout};
use dl_core::source::SourceTargets;
use dl_core::text::nearest;
use dl_core::{Scalar, Source};
use ndarray::ArrayViewD;

use super::callback::Callback;
use super::error::TrainError;
use super::metric::Metric;
use super::snapshot::{Checkpointer, Snapshot};
use crate::error::{ConfigError, DataError};
use crate::samples::IntoSamples;
use crate::target::{IntoTarget, Target};

/// The stream of a seed from which the validation split is drawn, far from those of the layers.
const SPLIT_STREAM: u64 = u64::MAX;

/// Options of [`fit`](super::Trainer::fit): epochs, batches, validation, weights, callbacks.
pub struct Fit<'a, F> {
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    pub(super) micro_batch_size: Option<usize>,
    pub(super) shuffle: bool,
    pub(super) validation: Validation<'a, F>,
    class_weights: Option<Vec<f64>>,
    sample_weights: Option<Vec<f64>>,
    pub(super) metrics: Vec<Metric<'a, F>>,
    pub(super) callbacks: Callbacks<'a, F>,
    pub(super) checkpointer: Option<Box<dyn Checkpointer<F> + 'a>>,
    pub(super) resume: Option<Snapshot<F>>,
    pub(super) interrupt: Option<&'a AtomicBool>,
}

/// The data to evaluate on after each epoch.
pub(super) enum Validation<'a, F> {
    None,
    Split(f64),
    /// Targets that cannot be any are an error of `fit`.
    Data(ArrayViewD<'a, F>, Result<Target<'a, F>, DataError>),
    Source(&'a dyn Source<F>),
}

/// Callbacks in the order in which they are called.
pub(super) type Callbacks<'a, F> = Vec<Box<dyn Callback<F> + 'a>>;

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
    /// Trains for `epochs` epochs with batches of 32, shuffled in every epoch, and no validation.
    /// With `usize::MAX` epochs, training continues until a callback stops it.
    pub fn epochs(epochs: usize) -> Self {
        Self {
            epochs,
            batch_size: 32,
            micro_batch_size: None,
            shuffle: true,
            validation: Validation::None,
            class_weights: None,
            sample_weights: None,
            metrics: Vec::new(),
            callbacks: Vec::new(),
            checkpointer: None,
            resume: None,
            interrupt: None,
        }
    }

    /// Sets the number of samples per step, at least 1. The last batch of an epoch may be smaller; a
    /// batch size above the number of samples means all of them.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Divides each batch into micro-batches of at most this many samples, at least 1, one after another, and accumulates
    /// their gradients to one step: for batches whose activations would need too much memory.
    ///
    /// If every layer takes its samples in blocks (none is a batch normalisation or a large dense layer), a micro-batch
    /// is a power of two of these blocks, at least one, and training has the bits of whole batches. Otherwise it has
    /// exactly this size; batch normalisation then normalises over micro-batches.
    pub fn micro_batch_size(mut self, at_most: usize) -> Self {
        self.micro_batch_size = Some(at_most);
        self
    }

    /// Sets whether the samples are shuffled in each epoch; otherwise they keep the order of the data.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Holds out a fraction of the samples, in (0, 1), drawn at random and stratified if targets
    /// are classes, and evaluates on them after each epoch.
    pub fn validation_split(mut self, fraction: f64) -> Self {
        self.validation = Validation::Split(fraction);
        self
    }

    /// Evaluates on these samples after each epoch.
    pub fn validation(
        mut self,
        x: impl IntoSamples<'a, F>,
        targets: impl IntoTarget<'a, F>,
    ) -> Self {
        self.validation = Validation::Data(x.into_samples(), targets.into_target());
        self
    }

    /// Evaluates on the samples of a source after each epoch.
    pub fn validation_source(mut self, source: &'a impl Source<F>) -> Self {
        self.validation = Validation::Source(source);
        self
    }

    /// Multiplies the loss of each sample by the weight of its class, one non-negative weight per class; the mean is
    /// divided by the sum of the samples' weights, as in PyTorch. With label smoothing, the weight applies to
    /// a sample's whole loss (see [`SoftmaxCrossEntropy`](crate::losses::SoftmaxCrossEntropy)).
    pub fn class_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.class_weights = Some(weights.into());
        self
    }

    /// Multiplies the loss of each sample by a non-negative weight.
    pub fn sample_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.sample_weights = Some(weights.into());
        self
    }

    /// Takes a measure of your own after each epoch.
    pub fn metric(mut self, metric: Metric<'a, F>) -> Self {
        self.metrics.push(metric);
        self
    }

    /// Calls `callback` during training, after those added before. Pass `&mut callback` to keep
    /// access to it.
    pub fn callback(mut self, callback: impl Callback<F> + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Saves snapshots of the running training with `checkpointer`, from which it can be
    /// [resumed](Self::resume).
    pub fn checkpoint(mut self, checkpointer: impl Checkpointer<F> + 'a) -> Self {
        self.checkpointer = Some(Box::new(checkpointer));
        self
    }

    /// Resumes from a snapshot, with the same data, model, loss, optimiser and options as the `fit`
    /// it was taken in; only the number of epochs may differ. The weights, and the history except
    /// for its seconds, become bit-identical to those of a `fit` that was never stopped.
    pub fn resume(mut self, snapshot: impl Into<Option<Snapshot<F>>>) -> Self {
        self.resume = snapshot.into();
        self
    }

    /// Stops after the step in which `flag` is set, by a signal or another thread: a
    /// [checkpointer](Self::checkpoint), if there is one, saves a snapshot whether it is due or not, and
    /// `fit` returns [`TrainError::Interrupted`].
    pub fn interrupt(mut self, flag: &'a AtomicBool) -> Self {
        self.interrupt = Some(flag);
        self
    }

    /// Checks the options that do not depend on the data.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::require(self.epochs > 0, "Fit epochs", 0, "at least 1")?;
        ConfigError::require(self.batch_size > 0, "Fit batch_size", 0, "at least 1")?;
        let holds = self.micro_batch_size != Some(0);
        ConfigError::require(holds, "Fit micro_batch_size", 0, "at least 1")?;
        let names: Vec<&str> = self.metrics.iter().map(|metric| &*metric.name).collect();
        for (i, metric) in self.metrics.iter().enumerate() {
            metric.validate()?;
            let once = !names[..i].contains(&names[i]);
            ConfigError::require(once, "Metric name", names[i], "different for each metric")?;
        }
        for callback in &self.callbacks {
            callback.validate()?;
            if let Some(name) = callback.monitored_metric() {
                let found = match nearest(name, names.iter().copied()) {
                    Some(near) if near != name => format!("{name} (did you mean `{near}`?)"),
                    _ => name.to_owned(),
                };
                let allowed = "the name of a metric of this fit";
                let holds = names.contains(&name);
                ConfigError::require(holds, "Monitor metric", found, allowed)?;
            }
        }
        Ok(())
    }

    /// The weight of every sample; `None` if all are 1.
    pub(super) fn weights(
        &self,
        source: &dyn Source<F>,
        outputs: usize,
    ) -> Result<Option<Vec<F>>, TrainError> {
        let n = source.len();
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
            let number = outputs.max(2);
            let labels = classes(source);
            let allowed = "absent if targets are values";
            ConfigError::require(labels.is_some(), "Fit class_weights", "given", allowed)?;
            let given = format!("of length {} for {number} classes", class_weights.len());
            let allowed = "one weight for each class";
            let holds = class_weights.len() == number;
            ConfigError::require(holds, "Fit class_weights", given, allowed)?;
            for (weight, &label) in weights.iter_mut().zip(labels.into_iter().flatten()) {
                *weight *= class_weights[label];
            }
        }
        let weighted = self.sample_weights.is_some() || self.class_weights.is_some();
        Ok(weighted.then(|| weights.into_iter().map(F::cast).collect()))
    }
}

fn require_weights(name: &str, weights: &[f64]) -> Result<(), ConfigError> {
    match weights.iter().find(|w| !(**w >= 0.0 && w.is_finite())) {
        Some(weight) => ConfigError::require(false, name, weight, "finite and not negative"),
        None => Ok(()),
    }
}

impl<F: Scalar> Validation<'_, F> {
    /// The samples to train on, in order, and those held out.
    pub(super) fn split(
        &self,
        source: &dyn Source<F>,
        seed: u64,
    ) -> Result<(Vec<usize>, Vec<usize>), DataError> {
        let Validation::Split(fraction) = *self else {
            return Ok(((0..source.len()).collect(), Vec::new()));
        };
        let mut generator = stream(seed, SPLIT_STREAM);
        let split = match classes(source) {
            Some(labels) => stratified_holdout(labels, fraction, &mut generator)?,
            None => holdout(source.len(), fraction, &mut generator)?,
        };
        let mut train = split.train;
        train.sort_unstable();
        Ok((train, split.test))
    }
}

/// The classes of all samples, if those are the targets.
pub(super) fn classes<F>(source: &dyn Source<F>) -> Option<&[usize]> {
    match source.targets() {
        SourceTargets::Classes(classes) => Some(classes),
        SourceTargets::Values { .. } => None,
    }
}
