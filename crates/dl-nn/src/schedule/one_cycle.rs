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
    pub fn new(steps: u64) -> Self {
        Self {
            steps,
            peak: 0.3,
            start: 1.0 / 25.0,
            end: 1.0 / 25.0 / 1e4,
        }
    }

    /// The share of the steps spent rising, in `(0, 1)`; 0.3 unless set.
    pub fn peak(self, peak: f64) -> Self {
        Self { peak, ..self }
    }

    /// The first factor, in `(0, 1]`; 1/25 unless set. PyTorch's `div_factor` is its inverse.
    pub fn start(self, start: f64) -> Self {
        Self { start, ..self }
    }

    /// The last factor, in `(0, 1]`; 1/250 000 unless set. PyTorch's `final_div_factor` is
    /// `start / end`.
    pub fn end(self, end: f64) -> Self {
        Self { end, ..self }
    }
}

impl Schedule for OneCycle {
    fn factor(&self, step: u64) -> f64 {
        let last = self.steps.saturating_sub(1) as f64;
        let peak = self.peak * self.steps as f64 - 1.0;
        let t = (step as f64).min(last);
        if t < peak {
            half_cosine(self.start, 1.0, t / peak)
        } else {
            half_cosine(1.0, self.end, (t - peak) / (last - peak))
        }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::require(self.steps >= 2, "OneCycle steps", self.steps, "at least 2")?;
        let holds = self.peak > 0.0 && self.peak < 1.0;
        ConfigError::require(holds, "OneCycle peak", self.peak, "in (0, 1)")?;
        require_share("OneCycle start", self.start)?;
        require_share("OneCycle end", self.end)
    }
}
