//! Where training stands: enough to go on as if it had never stopped.

use std::error::Error;

use dl_core::memory::OutOfMemory;
use dl_core::{Scalar, text::shown};
use serde::{Deserialize, Serialize};

use super::callback::Plan;
use super::evaluate::Tally;
use super::history::{Epoch, History};
use crate::model::{Model, Weights, WeightsError};
use crate::optim::{OptimizerState, StateError};

/// A running [`fit`](super::Trainer::fit), between two steps. Handed to
/// [`Fit::resume`](super::Fit::resume) with the same data and options, training goes on to the
/// same bits as if it had never stopped.
///
/// No generator has a state of its own: every order, split and dropout mask is drawn from a
/// generator made of the seed and the number of steps done, which are both here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot<F> {
    /// The trainer.
    pub trainer: TrainerState<F>,
    /// The `fit`.
    pub fit: FitState<F>,
}

/// What a [`Trainer`](super::Trainer) holds: all there is to know between two of its
/// [`step`](super::Trainer::step)s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainerState<F> {
    /// Its seed.
    pub seed: u64,
    /// Steps done over its life.
    pub steps: u64,
    /// Parameters and states of the model.
    pub weights: Weights<F>,
    /// What the optimiser remembers.
    pub optimizer: OptimizerState<F>,
}

/// How far a `fit` has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitState<F> {
    /// What it was asked to do.
    pub plan: Plan,
    /// The epoch under way, from 0; as many as asked for where all are done.
    pub epoch: usize,
    /// Steps done in that epoch.
    pub step: usize,
    /// Steps that the trainer had done when the epoch began: its order is drawn from them.
    pub epoch_began: u64,
    /// Sums over the steps done in that epoch.
    pub tally: Tally,
    /// Time spent on them.
    pub seconds: f64,
    /// The weights after the last epoch that ended well, where they are not the model's.
    pub last_good: Option<Weights<F>>,
    /// The epochs done.
    pub history: History,
    /// What the callbacks remember, those that remember something.
    pub callbacks: Vec<CallbackState<F>>,
}

/// What a [`Callback`](super::Callback) remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackState<F> {
    /// The kind of callback.
    pub kind: String,
    /// What it remembers, as serde writes it.
    pub value: serde_json::Value,
    /// Weights that it keeps: the best ones.
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

    /// The remembered value.
    ///
    /// # Errors
    /// [`ResumeError::Callback`] where it is of another kind or shape.
    pub fn read<T: serde::de::DeserializeOwned>(&self, kind: &str) -> Result<T, ResumeError> {
        if self.kind != kind {
            let found = self.kind.clone();
            return Err(ResumeError::callback(found, kind.to_owned()));
        }
        T::deserialize(&self.value)
            .map_err(|error| ResumeError::callback(error.to_string(), format!("a {kind}'s state")))
    }
}

/// Between which steps a [`Checkpointer`] is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Epochs done.
    pub epoch: usize,
    /// Steps done in the epoch under way; 0 right after an epoch.
    pub step: usize,
    /// Whether training ends here: all epochs done, or stopped by a callback.
    pub last: bool,
}

/// Keeps [`Snapshot`]s of a running `fit`.
pub trait Checkpointer<F> {
    /// Whether a snapshot is wanted now. Asked after every step and every epoch, after the
    /// callbacks.
    fn wants(&mut self, moment: Moment) -> bool;

    /// Makes sure that snapshots can be kept. Called when training begins, before anything is
    /// changed.
    ///
    /// # Errors
    /// Where they cannot; nothing is trained.
    fn begin(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }

    /// Keeps it.
    ///
    /// # Errors
    /// Where it cannot; training stops with
    /// [`TrainError::Checkpoint`](crate::TrainError::Checkpoint).
    fn save(&mut self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl<F, C: Checkpointer<F> + ?Sized> Checkpointer<F> for &mut C {
    fn wants(&mut self, moment: Moment) -> bool {
        (**self).wants(moment)
    }

    fn begin(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        (**self).begin()
    }

    fn save(&mut self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>> {
        (**self).save(snapshot)
    }
}

/// Why training cannot go on from a snapshot.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The weights are those of another model.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The optimiser's state is another optimiser's or another model's.
    #[error(transparent)]
    Optimizer(#[from] StateError),
    /// The data or the options are others than those of the snapshot.
    #[error("{what}: the snapshot has {found}, but this `fit` has {expected}")]
    Plan {
        /// What differs.
        what: &'static str,
        /// The snapshot's.
        found: usize,
        /// This `fit`'s.
        expected: usize,
    },
    /// A record of an epoch says what no training does.
    #[error("{what} of epoch {epoch} of the snapshot is {found}, but must be {allowed}")]
    Record {
        /// What is out of range.
        what: &'static str,
        /// The epoch, from 0; the one under way is the last.
        epoch: usize,
        /// The snapshot's.
        found: f64,
        /// The allowed range in words.
        allowed: &'static str,
    },
    /// There is no memory for the gradients.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// The callbacks are others than those of the snapshot.
    #[error(
        "callbacks that remember something: the snapshot has {found}, but here: {expected}",
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
    /// Checks that the weights kept beside the trainer's are this model's.
    pub(super) fn check_weights(&self, model: &Model<F>) -> Result<(), WeightsError> {
        let kept = self
            .callbacks
            .iter()
            .filter_map(|state| state.weights.as_ref());
        let mut all = self.last_good.iter().chain(kept);
        all.try_for_each(|weights| model.check_weights(weights))
    }
}

impl<F> FitState<F> {
    /// The beginning of a `fit`.
    pub(super) fn start(plan: Plan, steps: u64) -> Self {
        Self {
            plan,
            epoch: 0,
            step: 0,
            epoch_began: steps,
            tally: Tally::default(),
            seconds: 0.0,
            last_good: None,
            history: History::default(),
            callbacks: Vec::new(),
        }
    }

    /// On to the beginning of the next epoch, after so many steps of the trainer's life.
    pub(super) fn next_epoch(&mut self, steps: u64) {
        self.epoch += 1;
        self.step = 0;
        self.epoch_began = steps;
        self.tally = Tally::default();
        self.seconds = 0.0;
    }

    /// Checks that a `fit` with this plan would do the same steps.
    pub(super) fn check(&self, plan: &Plan) -> Result<(), ResumeError> {
        let found = &self.plan;
        ResumeError::require("training samples", found.samples, plan.samples)?;
        ResumeError::require("batch size", found.batch_size, plan.batch_size)?;
        let steps = (found.steps_per_epoch, plan.steps_per_epoch);
        ResumeError::require("steps an epoch", steps.0, steps.1)?;
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
        // an epoch under way is one that this `fit` must have, too
        let begun = self.epoch + usize::from(self.step > 0);
        ResumeError::at_most("epochs begun", begun, plan.epochs)?;
        ResumeError::at_most(
            "steps done in the epoch",
            self.step,
            plan.steps_per_epoch - 1,
        )?;
        let seen = self.step * plan.batch_size;
        ResumeError::require("samples seen in the epoch", self.tally.seen(), seen)
    }
}

/// Checks a record of an epoch that is over.
fn check_record(record: &Epoch, samples: usize) -> Result<(), ResumeError> {
    let what = "training samples of an epoch in the history";
    ResumeError::require(what, record.train.samples, samples)?;
    let validation = record.validation.iter();
    for evaluation in std::iter::once(&record.train).chain(validation.clone()) {
        let share = evaluation.accuracy.unwrap_or(0.0);
        let holds = (0.0..=1.0).contains(&share);
        require_record(holds, "accuracy", record.epoch, share, "in [0, 1]")?;
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
