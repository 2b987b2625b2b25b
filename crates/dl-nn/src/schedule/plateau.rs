//! Slowing down when a measure stops improving.

use serde::{Deserialize, Serialize};

use super::{require_floor, require_share};
use crate::ConfigError;
use crate::train::Monitor;

/// Multiplies the factor by γ when a measure has stopped falling.
///
/// A measure improves on the best so far if it is lower by more than `min_delta`; after more than
/// `patience` observations in a row that do not, the factor shrinks, and for `cooldown`
/// observations none is counted. PyTorch's `ReduceLROnPlateau` with an absolute threshold. For a
/// measure that should rise, observe its negative. NaN is no improvement.
///
/// It remembers all observations: used in a second `fit`, it keeps the factor and the best measure of the
/// first, as PyTorch's does; for a fresh start, make a new one. The whole of it can be saved: a restored
/// one goes on where it stopped.
///
/// ```
/// use dl_nn::schedule::ReduceOnPlateau;
///
/// let mut plateau = ReduceOnPlateau::new(0.5).patience(1);
/// let factors = [1.0, 0.8, 0.8, 0.8, 0.7].map(|loss| plateau.observe(loss));
/// assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct ReduceOnPlateau {
    gamma: f64,
    patience: u64,
    min_delta: f64,
    cooldown: u64,
    floor: f64,
    #[serde(default)]
    monitor: Monitor,
    state: State,
}

/// What it remembers between observations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    factor: f64,
    /// The lowest measure, `None` before the first.
    best: Option<f64>,
    /// Observations in a row without improvement.
    waited: u64,
    /// Observations left that are not counted.
    cooling: u64,
}

impl ReduceOnPlateau {
    /// Multiplies by `gamma`, in `(0, 1)`, after 10 observations without improvement by more
    /// than 1e-4, unless the options say otherwise.
    pub fn new(gamma: f64) -> Self {
        Self {
            gamma,
            patience: 10,
            min_delta: 1e-4,
            cooldown: 0,
            floor: 0.0,
            monitor: Monitor::Loss,
            state: State {
                factor: 1.0,
                best: None,
                waited: 0,
                cooling: 0,
            },
        }
    }

    /// Observations without improvement that are put up with.
    pub fn patience(self, patience: u64) -> Self {
        Self { patience, ..self }
    }

    /// How much lower than the best a measure must be, at least 0, to be an improvement.
    pub fn min_delta(self, min_delta: f64) -> Self {
        Self { min_delta, ..self }
    }

    /// Observations after a reduction that are not counted.
    pub fn cooldown(self, cooldown: u64) -> Self {
        Self { cooldown, ..self }
    }

    /// The lowest factor, in `[0, 1]`.
    pub fn floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// What is observed when this is a callback: by default the loss.
    pub fn monitor(self, monitor: Monitor) -> Self {
        Self { monitor, ..self }
    }

    pub(crate) fn monitored(&self) -> &Monitor {
        &self.monitor
    }

    /// The factor on the base learning rate now.
    pub fn factor(&self) -> f64 {
        self.state.factor
    }

    /// Takes note of a measure, lower being better, and gives the factor from now on.
    pub fn observe(&mut self, measure: f64) -> f64 {
        let state = &mut self.state;
        if improves(measure, state.best, self.min_delta) {
            state.best = Some(measure);
            state.waited = 0;
        } else {
            state.waited = state.waited.saturating_add(1);
        }
        if state.cooling > 0 {
            state.cooling -= 1;
            state.waited = 0;
        }
        if state.waited > self.patience {
            state.factor = (state.factor * self.gamma).max(self.floor);
            state.cooling = self.cooldown;
            state.waited = 0;
        }
        state.factor
    }

    /// Checks the settings; [`fit`](crate::train::Trainer::fit) does when it begins.
    ///
    /// # Errors
    /// A setting out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let in_range = self.gamma > 0.0 && self.gamma < 1.0;
        ConfigError::require(in_range, "ReduceOnPlateau gamma", self.gamma, "in (0, 1)")?;
        let in_range = self.min_delta >= 0.0 && self.min_delta.is_finite();
        ConfigError::require(
            in_range,
            "ReduceOnPlateau min_delta",
            self.min_delta,
            "finite and at least 0",
        )?;
        require_floor("ReduceOnPlateau floor", self.floor)?;
        require_share("ReduceOnPlateau factor", self.state.factor)
    }
}

fn improves(measure: f64, best: Option<f64>, min_delta: f64) -> bool {
    match best {
        None => !measure.is_nan(),
        Some(best) => measure < best - min_delta,
    }
}

/// As read from a file, before its ranges are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    gamma: f64,
    patience: u64,
    min_delta: f64,
    cooldown: u64,
    floor: f64,
    #[serde(default)]
    monitor: Monitor,
    state: State,
}

impl TryFrom<Unchecked> for ReduceOnPlateau {
    type Error = ConfigError;

    fn try_from(read: Unchecked) -> Result<Self, ConfigError> {
        let plateau = Self {
            gamma: read.gamma,
            patience: read.patience,
            min_delta: read.min_delta,
            cooldown: read.cooldown,
            floor: read.floor,
            monitor: read.monitor,
            state: read.state,
        };
        plateau.validate()?;
        Ok(plateau)
    }
}
