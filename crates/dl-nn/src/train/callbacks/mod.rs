//! The callbacks of this crate.

mod early_stopping;
mod learning_rate;
#[cfg(feature = "progress")]
mod progress;
mod weight_average;

pub use early_stopping::EarlyStopping;
pub use learning_rate::LearningRate;
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use weight_average::WeightAverage;
