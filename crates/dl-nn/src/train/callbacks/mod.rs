//! The callbacks of this crate.

mod early_stopping;
mod learning_rate;
#[cfg(feature = "progress")]
mod progress;

pub use early_stopping::{EarlyStopping, Monitor};
pub use learning_rate::LearningRate;
#[cfg(feature = "progress")]
pub use progress::Progress;
