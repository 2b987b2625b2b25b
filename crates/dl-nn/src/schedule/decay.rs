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
    pub fn new(every: u64, gamma: f64) -> Self {
        Self { every, gamma }
    }
}

impl Schedule for StepDecay {
    fn factor(&self, step: u64) -> f64 {
        let times = step.checked_div(self.every).unwrap_or(0);
        self.gamma.powf(times as f64)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        require_steps("StepDecay every", self.every)?;
        require_share("StepDecay gamma", self.gamma)
    }
}

/// Geometric: `factor(t) = γᵗ`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExponentialDecay {
    gamma: f64,
}

impl ExponentialDecay {
    /// Multiplies by `gamma`, in `(0, 1]`, after each step.
    pub fn new(gamma: f64) -> Self {
        Self { gamma }
    }
}

impl Schedule for ExponentialDecay {
    fn factor(&self, step: u64) -> f64 {
        self.gamma.powf(step as f64)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        require_share("ExponentialDecay gamma", self.gamma)
    }
}
