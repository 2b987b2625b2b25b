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
    ///
    /// # Errors
    /// If `steps` is 0.
    pub fn new(steps: u64) -> Result<Self, ConfigError> {
        require_steps("Cosine steps", steps)?;
        Ok(Self {
            steps,
            floor: 0.0,
            restarts: None,
        })
    }

    /// The factor it ends at, in `[0, 1]`.
    ///
    /// # Errors
    /// If it is outside its range.
    pub fn floor(mut self, floor: f64) -> Result<Self, ConfigError> {
        require_floor("Cosine floor", floor)?;
        self.floor = floor;
        Ok(self)
    }

    /// Starts again at 1 in place of reaching the floor, each wave `multiplier` (at least 1)
    /// times as long as the one before: SGDR's `T_mult`.
    ///
    /// # Errors
    /// If the multiplier is 0.
    pub fn restarts(mut self, multiplier: u64) -> Result<Self, ConfigError> {
        require_steps("Cosine restarts", multiplier)?;
        self.restarts = Some(multiplier);
        Ok(self)
    }

    /// Steps into the wave that `step` is in, and the length of that wave.
    fn wave(&self, step: u64) -> (u64, u64) {
        match self.restarts {
            None => (step.min(self.steps), self.steps),
            Some(1) => (step % self.steps, self.steps),
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
}
