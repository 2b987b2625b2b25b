//! Training: [`Trainer`] with its `step`, `fit`, `evaluate` and `predict`, the [`History`] it
//! keeps and the [`Callback`]s it calls.

mod arrays;
mod callback;
mod callbacks;
mod check;
mod epochs;
mod error;
mod evaluate;
mod find_learning_rate;
mod fit;
mod gradient_sum;
mod history;
mod learning_rate_curve;
mod metric;
mod monitor;
mod options;
mod plan;
mod reader;
mod seeds;
mod session;
mod snapshot;
mod trainer;

pub use callback::{Callback, FitContext, Flow, StepEnd};
#[cfg(feature = "progress")]
pub use callbacks::Progress;
pub use callbacks::{EarlyStopping, LearningRate, WeightAverage};
pub use error::TrainError;
pub use evaluate::{Evaluation, RunningEvaluation};
pub use find_learning_rate::FindLearningRate;
pub use history::{Epoch, History};
pub use learning_rate_curve::{LearningRateCurve, LearningRatePoint, SearchEnd, SuggestedRates};
pub use metric::{Metric, MetricValue};
pub use monitor::Monitor;
pub use options::Fit;
pub use plan::FitPlan;
pub use seeds::{SeedRuns, SeedsError, repeat_with_seeds};
pub use snapshot::{
    CallbackState, CheckpointPoint, Checkpointer, FitState, ResumeError, Snapshot, TrainerState,
};
pub use trainer::Trainer;
