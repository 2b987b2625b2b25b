//! Learning-rate schedules: a factor on the base learning rate as a function of time.
//!
//! Time is counted from 0, in whatever the caller steps by: optimiser steps or epochs. A schedule
//! is a pure function, so resuming needs only the time; [`ReduceOnPlateau`], which reacts to a
//! measure, is a small state machine instead and can be saved.
//!
//! ```
//! use dl_nn::schedule::{Cosine, Schedule, WarmUp};
//!
//! // Ten steps up from a tenth, then a half cosine down to a hundredth over ninety.
//! let schedule = WarmUp::new(10, 0.1, Cosine::new(90).floor(0.01));
//! schedule.validate()?; // as a training run does when it begins
//! assert_eq!(schedule.factor(0), 0.1);
//! assert_eq!(schedule.factor(10), 1.0);
//! assert_eq!(schedule.factor(100), 0.01);
//! # Ok::<(), dl_nn::ConfigError>(())
//! ```

mod cosine;
mod decay;
mod one_cycle;
mod plateau;
mod warm_up;

pub use cosine::Cosine;
pub use decay::{Constant, ExponentialDecay, StepDecay};
pub use one_cycle::OneCycle;
pub use plateau::ReduceOnPlateau;
pub use warm_up::WarmUp;

use std::f64::consts::PI;
use std::fmt::Debug;

use crate::ConfigError;

/// A factor on the base learning rate.
pub trait Schedule: Debug + Send + Sync {
    /// The factor at time `step`, counted from 0. Nothing is promised of one whose settings are out of range.
    fn factor(&self, step: u64) -> f64;

    /// Checks the settings; [`fit`](crate::train::Trainer::fit) does when it begins.
    ///
    /// # Errors
    /// A setting out of range.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn factor(&self, step: u64) -> f64 {
        (**self).factor(step)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        (**self).validate()
    }
}

/// Half a cosine wave from `from` at `progress` 0 to `to` at 1.
fn half_cosine(from: f64, to: f64, progress: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * progress).cos()) / 2.0
}

/// A number of steps.
fn require_steps(parameter: &str, value: u64) -> Result<(), ConfigError> {
    ConfigError::require(value > 0, parameter, value, "at least 1")
}

/// A factor that shrinks: a share of what was before.
fn require_share(parameter: &str, value: f64) -> Result<(), ConfigError> {
    let holds = value > 0.0 && value <= 1.0;
    ConfigError::require(holds, parameter, value, "in (0, 1]")
}

/// A lower bound of the factor.
fn require_floor(parameter: &str, value: f64) -> Result<(), ConfigError> {
    ConfigError::require((0.0..=1.0).contains(&value), parameter, value, "in [0, 1]")
}
