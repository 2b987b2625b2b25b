//! The one-cycle policy.

use super::{Schedule, half_cosine, require_share};
use crate::ConfigError;

/// Up to the base learning rate and down to nearly nothing, each along half a cosine wave:
///
/// ```text
/// start      factor = 1 / 25
/// peak       factor = 1             at t = 0.3 · steps − 1
/// end        factor = 1 / 250 000   at t = steps − 1, and after
/// ```
///
/// Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large
/// Learning Rates" (2018), in PyTorch's cosine form with its two phases. The base learning rate
/// is the peak. Momentum is left alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneCycle {
    steps: u64,
    peak: f64,
    start: f64,
    end: f64,
}

impl OneCycle {
    /// A cycle of `steps` steps, at least 2.
    ///
    /// # Errors
    /// If `steps` is less than 2.
    pub fn new(steps: u64) -> Result<Self, ConfigError> {
        ConfigError::require(steps >= 2, "OneCycle steps", steps, "at least 2")?;
        Ok(Self {
            steps,
            peak: 0.3,
            start: 1.0 / 25.0,
            end: 1.0 / 25.0 / 1e4,
        })
    }

    /// The share of the steps spent rising, in `(0, 1)`; 0.3 unless set.
    ///
    /// # Errors
    /// If it is outside its range.
    pub fn peak(mut self, peak: f64) -> Result<Self, ConfigError> {
        let holds = peak > 0.0 && peak < 1.0;
        ConfigError::require(holds, "OneCycle peak", peak, "in (0, 1)")?;
        self.peak = peak;
        Ok(self)
    }

    /// The first factor, in `(0, 1]`; 1/25 unless set. PyTorch's `div_factor` is its inverse.
    ///
    /// # Errors
    /// If it is outside its range.
    pub fn start(mut self, start: f64) -> Result<Self, ConfigError> {
        require_share("OneCycle start", start)?;
        self.start = start;
        Ok(self)
    }

    /// The last factor, in `(0, 1]`; 1/250 000 unless set. PyTorch's `final_div_factor` is
    /// `start / end`.
    ///
    /// # Errors
    /// If it is outside its range.
    pub fn end(mut self, end: f64) -> Result<Self, ConfigError> {
        require_share("OneCycle end", end)?;
        self.end = end;
        Ok(self)
    }
}

impl Schedule for OneCycle {
    fn factor(&self, step: u64) -> f64 {
        let last = (self.steps - 1) as f64;
        let peak = self.peak * self.steps as f64 - 1.0;
        let t = (step as f64).min(last);
        if t < peak {
            half_cosine(self.start, 1.0, t / peak)
        } else {
            half_cosine(1.0, self.end, (t - peak) / (last - peak))
        }
    }
}
