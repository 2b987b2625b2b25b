//! Stopping when the validation loss no longer falls.

use dl_core::Scalar;

use crate::error::ConfigError;
use crate::model::Weights;
use crate::train::callback::{Callback, FitContext, Flow};
use crate::train::history::{Epoch, History};
use crate::train::monitor::Monitor;
use crate::train::snapshot::{CallbackState, ResumeError};

/// Stops after `patience` epochs without improvement, and restores the best epoch's weights,
/// however training ends (Goodfellow et al. 2016, algorithm 7.1).
///
/// An epoch's weights are those after its last step, on which its validation measures are taken. Those
/// on the training samples are sums over its steps, each before its update: if they are monitored, the
/// weights kept are a little newer than the measures by which they are chosen.
///
/// Each `fit` starts afresh: the best of an earlier one is forgotten.
#[derive(Debug, Clone)]
pub struct EarlyStopping<F> {
    patience: usize,
    min_delta: f64,
    monitor: Monitor,
    waited: usize,
    best: Option<(f64, usize, Weights<F>)>,
}

const KIND: &str = "early_stopping";

/// What is remembered from epoch to epoch, besides the weights.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    waited: usize,
    best: Option<Best>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Best {
    #[serde(with = "crate::json::non_finite")]
    cost: f64,
    epoch: usize,
}

impl<F: Scalar> EarlyStopping<F> {
    /// Stops after `patience` epochs without improvement, at least one.
    pub fn new(patience: usize) -> Self {
        Self {
            patience,
            min_delta: 0.0,
            monitor: Monitor::Loss,
            waited: 0,
            best: None,
        }
    }

    /// Sets what an improvement must exceed; finite and not negative.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// Sets what is monitored; the loss by default.
    pub fn monitor(mut self, monitor: Monitor) -> Self {
        self.monitor = monitor;
        self
    }

    /// The epoch whose weights are kept, from 0.
    pub fn best_epoch(&self) -> Option<usize> {
        self.best.as_ref().map(|&(_, epoch, _)| epoch)
    }
}

impl<F: Scalar> Callback<F> for EarlyStopping<F> {
    fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::require(self.patience > 0, "EarlyStopping patience", 0, "at least 1")?;
        let holds = self.min_delta >= 0.0 && self.min_delta.is_finite();
        let allowed = "finite and at least 0";
        ConfigError::require(holds, "EarlyStopping min_delta", self.min_delta, allowed)
    }

    fn monitored_metric(&self) -> Option<&str> {
        self.monitor.metric_name()
    }

    fn train_begin(&mut self, _: &mut FitContext<'_, F>) {
        self.waited = 0;
        self.best = None;
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut FitContext<'_, F>) -> Flow {
        let cost = self.monitor.cost(epoch);
        match &mut self.best {
            None => self.best = Some((cost, epoch.epoch, run.model.weights())),
            Some((best, best_epoch, weights)) if cost < *best - self.min_delta => {
                (*best, *best_epoch) = (cost, epoch.epoch);
                run.model.store_weights(weights);
                self.waited = 0;
            }
            Some((_, best_epoch, _)) => {
                self.waited += 1;
                if self.waited >= self.patience {
                    return Flow::Stop(format!(
                        "no improvement for {} epochs; best was epoch {}",
                        self.waited,
                        *best_epoch + 1
                    ));
                }
            }
        }
        Flow::Continue
    }

    fn state(&self) -> Option<CallbackState<F>> {
        let best = self.best.as_ref();
        let memory = Memory {
            waited: self.waited,
            best: best.map(|&(cost, epoch, _)| Best { cost, epoch }),
        };
        Some(CallbackState {
            weights: best.map(|(_, _, weights)| weights.clone()),
            ..CallbackState::new(KIND, &memory)
        })
    }

    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        let memory: Memory = state.read(KIND)?;
        self.waited = memory.waited;
        self.best = memory
            .best
            .zip(state.weights)
            .map(|(Best { cost, epoch }, weights)| (cost, epoch, weights));
        Ok(())
    }

    fn train_end(&mut self, _: &History, run: &mut FitContext<'_, F>) {
        if let Some((_, _, weights)) = &self.best {
            // they are a copy of this model's, unless another callback has replaced it
            let _ = run.model.set_weights(weights);
        }
    }
}
