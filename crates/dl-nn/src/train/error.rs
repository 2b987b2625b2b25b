//! Why training stops with an error.

use dl_core::memory::OutOfMemory;
use dl_core::text::shown;

use super::snapshot::ResumeError;
use crate::error::{ConfigError, DataError};
use crate::metrics::MetricError;
use crate::optim::StateError;

/// Why training stopped with an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The data does not suit the model or the loss.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The validation data does not suit the model or the loss; or the network's output for one of its
    /// samples is NaN: then the model holds the last finite weights, as after
    /// [`NonFiniteLoss`](Self::NonFiniteLoss).
    #[error("validation data: {0}")]
    Validation(DataError),
    /// A metric could not be taken. Training stopped after this epoch, with its weights.
    #[error("metric `{}` after epoch {epoch}: {why}", shown(name))]
    Metric {
        /// The metric's name.
        name: String,
        /// Epoch, from 1.
        epoch: usize,
        /// What it says.
        why: MetricError,
    },
    /// A training option is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The optimiser's state is not this model's, or there is not enough memory for it.
    #[error(transparent)]
    Optimizer(#[from] StateError),
    /// Not enough memory for the buffers of a step, or for a copy of the weights.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// The snapshot to resume from does not fit; nothing has changed.
    #[error("cannot resume: {0}")]
    Resume(#[from] ResumeError),
    /// The checkpointer cannot keep checkpoints; nothing has changed.
    #[error("no checkpoints can be kept: {}", shown(.0))]
    NoCheckpoints(String),
    /// A callback replaced the model. The trainer holds the new one, untrained.
    #[error(
        "a callback replaced the model with a network of different layers in epoch {epoch}; to train that, \
         call `fit` again"
    )]
    ModelReplaced {
        /// Epoch, from 1.
        epoch: usize,
    },
    /// A checkpoint could not be saved. Training stopped after this step, with its weights.
    #[error(
        "no checkpoint could be kept after epoch {epoch}, step {step}: {why}",
        why = shown(why)
    )]
    Checkpoint {
        /// Epochs done.
        epoch: usize,
        /// Steps done in the current epoch.
        step: usize,
        /// What the checkpointer says.
        why: String,
    },
    /// The flag passed to [`Fit::interrupt`](crate::train::Fit::interrupt) was set. Training stopped
    /// after this step, with its weights, and a checkpoint was saved if there is a checkpointer.
    #[error("interrupted after epoch {epoch}, step {step}")]
    Interrupted {
        /// Epochs done.
        epoch: usize,
        /// Steps done in the current epoch.
        step: usize,
    },
    /// The loss became NaN or infinite. The model holds the last finite weights: those after the
    /// last epoch whose losses were all finite and whose outputs for the validation samples were
    /// not NaN, or the initial ones. The optimiser has been reset.
    #[error(
        "the loss became {loss} in epoch {epoch}, step {step}, at learning rate {learning_rate}; \
         the model holds the last good weights"
    )]
    NonFiniteLoss {
        /// The loss.
        loss: f64,
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// Learning rate of that step.
        learning_rate: f64,
    },
    /// The loss of a [`step`](crate::train::Trainer::step) is NaN or infinite. That step changed
    /// nothing; the weights are those that gave this loss.
    #[error(
        "the loss of step {step} is {loss}, at learning rate {learning_rate}; \
         the step changed nothing"
    )]
    NonFiniteStep {
        /// The loss.
        loss: f64,
        /// The step, from 1, counted since the trainer was created.
        step: u64,
        /// Base learning rate.
        learning_rate: f64,
    },
    /// The losses of an epoch were finite, but its last updates made a weight NaN or infinite.
    /// The model holds the last finite weights, as after
    /// [`NonFiniteLoss`](Self::NonFiniteLoss).
    #[error(
        "`{parameter}` became NaN or infinite in epoch {epoch}, at learning rate \
         {learning_rate}; the model holds the last good weights",
        parameter = shown(parameter)
    )]
    NonFiniteWeights {
        /// The first such parameter.
        parameter: String,
        /// Epoch, from 1.
        epoch: usize,
        /// Learning rate of its last step.
        learning_rate: f64,
    },
}
