//! Cosine annealing.

use super::{Schedule, half_cosine, require_floor, require_steps};
use crate::ConfigError;

/// Half a cosine wave from 1 down to a floor, then the floor, or with restarts the wave again:
///
/// ```text
/// factor(t) = floor + (1 − floor) (1 + cos(π t / steps)) / 2      for t ≤ steps
/// ```
///
/// Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), eq. 5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cosine {
    steps: u64,
    floor: f64,
    restarts: Option<u64>,
}

impl Cosine {
    /// From 1 at step 0 to 0 at step `steps`, at least 1.
    pub fn new(steps: u64) -> Self {
        Self {
            steps,
            floor: 0.0,
            restarts: None,
        }
    }

    /// The factor it ends at, in `[0, 1]`.
    pub fn floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// Starts again at 1 in place of reaching the floor, each wave `multiplier` (at least 1)
    /// times as long as the one before: SGDR's `T_mult`.
    pub fn restarts(self, multiplier: u64) -> Self {
        let restarts = Some(multiplier);
        Self { restarts, ..self }
    }

    /// Steps into the wave that `step` is in, and the length of that wave.
    fn wave(&self, step: u64) -> (u64, u64) {
        match self.restarts {
            None => (step.min(self.steps), self.steps),
            // of settings out of range nothing is promised but that this ends
            Some(_) if self.steps == 0 => (0, 0),
            Some(0 | 1) => (step % self.steps, self.steps),
            Some(multiplier) => {
                let (mut into, mut length) = (step, self.steps);
                while into >= length {
                    into -= length;
                    length = length.saturating_mul(multiplier);
                }
                (into, length)
            }
        }
    }
}

impl Schedule for Cosine {
    fn factor(&self, step: u64) -> f64 {
        let (into, length) = self.wave(step);
        half_cosine(1.0, self.floor, into as f64 / length as f64)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        require_steps("Cosine steps", self.steps)?;
        require_floor("Cosine floor", self.floor)?;
        require_steps("Cosine restarts", self.restarts.unwrap_or(1))
    }
}
