//! The state of training: all that is needed to continue as if it had never stopped.

use std::error::Error;

use dl_core::memory::OutOfMemory;
use dl_core::{Scalar, text::shown};
use serde::{Deserialize, Serialize};

use super::evaluate::RunningEvaluation;
use super::history::{Epoch, History};
use super::plan::FitPlan;
use crate::model::{Model, Weights, WeightsError};
use crate::optim::{OptimizerState, StateError};

/// The state of a running [`fit`](super::Trainer::fit) between two steps. Passed to
/// [`Fit::resume`](super::Fit::resume) with the same data and options, it gives results that are
/// bit-identical to those of a `fit` that never stopped.
///
/// No generator has a state of its own: every order, split and dropout mask is drawn from a
/// generator derived from the seed and the number of steps done, which are both here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot<F> {
    /// The trainer.
    pub trainer: TrainerState<F>,
    /// The `fit`.
    pub fit: FitState<F>,
}

/// The complete state of a [`Trainer`](super::Trainer) between two of its
/// [`step`](super::Trainer::step)s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainerState<F> {
    /// Its seed.
    pub seed: u64,
    /// Steps done since it was created.
    pub steps: u64,
    /// Parameters and non-trainable state of the model.
    pub weights: Weights<F>,
    /// The optimiser's state.
    pub optimizer: OptimizerState<F>,
}

/// The progress of a `fit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitState<F> {
    /// Its plan.
    pub plan: FitPlan,
    /// The current epoch, from 0; the number of epochs once all are done.
    pub epoch: usize,
    /// Steps done in that epoch.
    pub step: usize,
    /// Steps the trainer had done when the epoch began, from which its order is derived.
    pub epoch_began: u64,
    /// Loss and accuracy over the steps done in that epoch.
    pub running: RunningEvaluation,
    /// Time spent on them in seconds.
    pub seconds: f64,
    /// The weights after the last completed epoch, if they differ from the model's.
    pub last_good: Option<Weights<F>>,
    /// The epochs done.
    pub history: History,
    /// The states of the stateful callbacks.
    pub callbacks: Vec<CallbackState<F>>,
}

/// The state of a [`Callback`](super::Callback).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackState<F> {
    /// The kind of callback.
    pub kind: String,
    /// Its state, as serde writes it.
    pub value: serde_json::Value,
    /// Weights that it stores, such as the best ones.
    pub weights: Option<Weights<F>>,
}

impl<F> CallbackState<F> {
    /// A state without weights. What serde cannot write becomes `null`.
    pub fn new(kind: &str, value: &impl Serialize) -> Self {
        Self {
            kind: kind.to_owned(),
            value: serde_json::to_value(value).unwrap_or_default(),
            weights: None,
        }
    }

    /// The stored value.
    ///
    /// # Errors
    /// [`ResumeError::Callback`] if it belongs to another kind of callback or cannot be read.
    pub fn read<T: serde::de::DeserializeOwned>(&self, kind: &str) -> Result<T, ResumeError> {
        if self.kind != kind {
            let found = self.kind.clone();
            return Err(ResumeError::callback(found, kind.to_owned()));
        }
        T::deserialize(&self.value)
            .map_err(|error| ResumeError::callback(error.to_string(), format!("a {kind}'s state")))
    }
}

/// The point between two steps at which a [`Checkpointer`] is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointPoint {
    /// Epochs done.
    pub epoch: usize,
    /// Steps done in the current epoch; 0 directly after an epoch.
    pub step: usize,
    /// Whether training ends here, because all epochs are done or a callback stopped it.
    pub last: bool,
}

/// Saves [`Snapshot`]s of a running `fit`.
pub trait Checkpointer<F> {
    /// Whether a snapshot is wanted now. Called after every step and every epoch, after the
    /// callbacks.
    fn wants(&mut self, moment: CheckpointPoint) -> bool;

    /// Checks that snapshots can be saved. Called when training begins, before anything is
    /// changed.
    ///
    /// # Errors
    /// If they cannot be saved; then nothing is trained.
    fn begin(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }

    /// Saves a snapshot.
    ///
    /// # Errors
    /// If it cannot be saved; training stops with
    /// [`TrainError::Checkpoint`](crate::TrainError::Checkpoint).
    fn save(&mut self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl<F, C: Checkpointer<F> + ?Sized> Checkpointer<F> for &mut C {
    fn wants(&mut self, moment: CheckpointPoint) -> bool {
        (**self).wants(moment)
    }

    fn begin(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        (**self).begin()
    }

    fn save(&mut self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>> {
        (**self).save(snapshot)
    }
}

/// Why training cannot resume from a snapshot.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The weights belong to a different model.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The optimiser's state belongs to a different optimiser or model.
    #[error(transparent)]
    Optimizer(#[from] StateError),
    /// The data or the options differ from the snapshot's.
    #[error("{what}: the snapshot has {found}, but this `fit` has {expected}")]
    Plan {
        /// What differs.
        what: &'static str,
        /// The snapshot's.
        found: usize,
        /// This `fit`'s.
        expected: usize,
    },
    /// The record of an epoch has an impossible value.
    #[error("{what} of epoch {epoch} of the snapshot is {found}, but must be {allowed}")]
    Record {
        /// What is out of range.
        what: &'static str,
        /// The epoch, from 0; the current one is the last.
        epoch: usize,
        /// The snapshot's.
        found: f64,
        /// The allowed range in words.
        allowed: &'static str,
    },
    /// Not enough memory for the gradients.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// The stateful callbacks differ from the snapshot's.
    #[error(
        "stateful callbacks differ: the snapshot has {found}, but this `fit` has {expected}",
        found = shown(found), expected = shown(expected)
    )]
    Callback {
        /// The snapshot's.
        found: String,
        /// This `fit`'s.
        expected: String,
    },
}

impl ResumeError {
    pub(super) fn callback(found: String, expected: String) -> Self {
        Self::Callback { found, expected }
    }

    fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), Self> {
        Self::require(what, found, found.min(most))
    }

    fn require(what: &'static str, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected {
            return Ok(());
        }
        Err(Self::Plan {
            what,
            found,
            expected,
        })
    }
}

impl<F: Scalar> FitState<F> {
    /// Checks that all stored weights besides the trainer's belong to this model.
    pub(super) fn check_weights(&self, model: &Model<F>) -> Result<(), WeightsError> {
        let callbacks = self.callbacks.iter();
        let stored = callbacks.filter_map(|state| state.weights.as_ref());
        let mut all = self.last_good.iter().chain(stored);
        all.try_for_each(|weights| model.check_weights(weights))
    }
}

impl<F> FitState<F> {
    /// The beginning of a `fit`.
    pub(super) fn start(plan: FitPlan, steps: u64) -> Self {
        Self {
            plan,
            epoch: 0,
            step: 0,
            epoch_began: steps,
            running: RunningEvaluation::default(),
            seconds: 0.0,
            last_good: None,
            history: History::default(),
            callbacks: Vec::new(),
        }
    }

    /// Advances to the next epoch, which begins after the trainer's first `steps` steps.
    pub(super) fn next_epoch(&mut self, steps: u64) {
        self.epoch += 1;
        self.step = 0;
        self.epoch_began = steps;
        self.running = RunningEvaluation::default();
        self.seconds = 0.0;
    }

    /// Checks that a `fit` with this plan would take the same steps.
    pub(super) fn check(&self, plan: &FitPlan) -> Result<(), ResumeError> {
        let found = &self.plan;
        ResumeError::require("training samples", found.samples, plan.samples)?;
        ResumeError::require("batch size", found.batch_size, plan.batch_size)?;
        let steps = (found.steps_per_epoch, plan.steps_per_epoch);
        ResumeError::require("steps per epoch", steps.0, steps.1)?;
        ResumeError::require(
            "epochs in the history",
            self.history.epochs.len(),
            self.epoch,
        )?;
        for (expected, epoch) in self.history.epochs.iter().enumerate() {
            ResumeError::require("number of an epoch in the history", epoch.epoch, expected)?;
            check_record(epoch, plan.samples)?;
        }
        require_seconds(self.epoch, self.seconds)?;
        // this `fit` must have the current epoch, too
        let begun = self.epoch + usize::from(self.step > 0);
        ResumeError::at_most("epochs begun", begun, plan.epochs)?;
        ResumeError::at_most(
            "steps done in the epoch",
            self.step,
            plan.steps_per_epoch - 1,
        )?;
        let seen = self.step * plan.batch_size;
        ResumeError::require("samples seen in the epoch", self.running.seen(), seen)
    }
}

/// Checks the record of a completed epoch.
fn check_record(record: &Epoch, samples: usize) -> Result<(), ResumeError> {
    let what = "training samples of an epoch in the history";
    ResumeError::require(what, record.train.samples, samples)?;
    let validation = record.validation.iter();
    for evaluation in std::iter::once(&record.train).chain(validation.clone()) {
        let accuracy = evaluation.accuracy.unwrap_or(0.0);
        let holds = (0.0..=1.0).contains(&accuracy);
        require_record(holds, "accuracy", record.epoch, accuracy, "in [0, 1]")?;
    }
    for validation in validation {
        let holds = validation.samples > 0;
        let what = "number of validation samples";
        require_record(holds, what, record.epoch, 0.0, "at least 1")?;
    }
    require_seconds(record.epoch, record.seconds)
}

fn require_seconds(epoch: usize, seconds: f64) -> Result<(), ResumeError> {
    let holds = seconds >= 0.0 && seconds.is_finite();
    let allowed = "finite and at least 0";
    require_record(holds, "time in seconds", epoch, seconds, allowed)
}

fn require_record(
    holds: bool,
    what: &'static str,
    epoch: usize,
    found: f64,
    allowed: &'static str,
) -> Result<(), ResumeError> {
    if holds {
        return Ok(());
    }
    Err(ResumeError::Record {
        what,
        epoch,
        found,
        allowed,
    })
}
