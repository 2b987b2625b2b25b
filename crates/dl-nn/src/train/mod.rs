//! Training: [`Trainer`] with its `step`, `fit`, `evaluate` and `predict`, the [`History`] it
//! keeps and the [`Callback`]s it calls.

mod callback;
mod early_stopping;
mod evaluate;
mod fit;
mod history;
mod learning_rate;
mod options;
#[cfg(feature = "progress")]
mod progress;
mod seeds;
mod state;
mod trainer;

pub use callback::{Callback, FitContext, Flow, Plan, StepEnd};
pub use early_stopping::{EarlyStopping, Monitor};
pub use evaluate::{Evaluation, RunningEvaluation};
pub use history::{Epoch, History};
pub use learning_rate::LearningRate;
pub use options::Fit;
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use seeds::{SeedRuns, SeedsError, repeat_with_seeds};
pub use state::{
    CallbackState, CheckpointPoint, Checkpointer, FitState, ResumeError, Snapshot, TrainerState,
};
pub use trainer::Trainer;
