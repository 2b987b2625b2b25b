//! Schedules without an end: constant, in steps, exponential.

use super::{Schedule, require_share, require_steps};
use crate::ConfigError;

/// The base learning rate throughout: `factor(t) = 1`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Constant;

impl Schedule for Constant {
    fn factor(&self, _step: u64) -> f64 {
        1.0
    }
}

/// Staircase: `factor(t) = γ^⌊t / every⌋`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepDecay {
    every: u64,
    gamma: f64,
}

impl StepDecay {
    /// Multiplies by `gamma`, in `(0, 1]`, after each `every` steps, at least 1.
    ///
    /// # Errors
    /// If an argument is outside its range.
    pub fn new(every: u64, gamma: f64) -> Result<Self, ConfigError> {
        require_steps("StepDecay every", every)?;
        require_share("StepDecay gamma", gamma)?;
        Ok(Self { every, gamma })
    }
}

impl Schedule for StepDecay {
    fn factor(&self, step: u64) -> f64 {
        self.gamma.powf((step / self.every) as f64)
    }
}

/// Geometric: `factor(t) = γᵗ`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExponentialDecay {
    gamma: f64,
}

impl ExponentialDecay {
    /// Multiplies by `gamma`, in `(0, 1]`, after each step.
    ///
    /// # Errors
    /// If `gamma` is outside its range.
    pub fn new(gamma: f64) -> Result<Self, ConfigError> {
        require_share("ExponentialDecay gamma", gamma)?;
        Ok(Self { gamma })
    }
}

impl Schedule for ExponentialDecay {
    fn factor(&self, step: u64) -> f64 {
        self.gamma.powf(step as f64)
    }
}
