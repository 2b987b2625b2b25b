//! Warm-up before another schedule.

use super::{Schedule, require_share, require_steps};
use crate::ConfigError;

/// A straight line up to another schedule's start, then that schedule:
///
/// ```text
/// factor(t) = (start + (1 − start) t / steps) · then(0)     for t < steps
/// factor(t) = then(t − steps)                               from there
/// ```
///
/// Goyal et al., "Accurate, Large Minibatch SGD" (2017), §2.2 (gradual warmup).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmUp<S> {
    steps: u64,
    start: f64,
    then: S,
}

impl<S: Schedule> WarmUp<S> {
    /// `steps` steps, at least 1, from the share `start`, in `(0, 1]`, of the schedule `then`; a start of
    /// 0 would be a step that does nothing.
    pub fn new(steps: u64, start: f64, then: S) -> Self {
        Self { steps, start, then }
    }
}

impl<S: Schedule> Schedule for WarmUp<S> {
    fn factor(&self, step: u64) -> f64 {
        if step >= self.steps {
            return self.then.factor(step - self.steps);
        }
        let progress = step as f64 / self.steps as f64;
        (self.start + (1.0 - self.start) * progress) * self.then.factor(0)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        require_steps("WarmUp steps", self.steps)?;
        require_share("WarmUp start", self.start)?;
        self.then.validate()
    }
}
