//! The curves of training.

use super::evaluate::Evaluation;
use super::metric::MetricValue;

/// The curves of one `fit`, one entry per epoch.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The epochs done, in order.
    pub epochs: Vec<Epoch>,
    /// Why training stopped before its last epoch, if it did.
    pub stopped: Option<String>,
}

/// One epoch of training.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Number within this `fit`, from 0.
    pub epoch: usize,
    /// Loss and accuracy over the training samples, each batch measured before its update.
    pub train: Evaluation,
    /// The same on the validation samples after the epoch, if there are any.
    pub validation: Option<Evaluation>,
    /// The values of [`Metric`](super::Metric)s of one's own after the epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricValue>,
    /// Learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Wall-clock time of the epoch, validation included.
    pub seconds: f64,
}

impl History {
    /// Training loss by epoch.
    pub fn losses(&self) -> Vec<f64> {
        self.epochs.iter().map(|e| e.train.loss).collect()
    }

    /// Training accuracy by epoch; empty for regression.
    pub fn accuracies(&self) -> Vec<f64> {
        self.epochs
            .iter()
            .filter_map(|e| e.train.accuracy)
            .collect()
    }

    /// The values of the metric of this name by epoch; empty if there is none.
    pub fn metric(&self, name: &str) -> Vec<f64> {
        let metrics = self.epochs.iter().flat_map(|e| &e.metrics);
        let named = metrics.filter(|metric| metric.name == name);
        named.map(|metric| metric.value).collect()
    }

    /// Validation loss by epoch; empty without validation data.
    pub fn validation_losses(&self) -> Vec<f64> {
        let validation = self.epochs.iter().filter_map(|e| e.validation.as_ref());
        validation.map(|v| v.loss).collect()
    }

    /// Validation accuracy by epoch; empty without validation data or for regression.
    pub fn validation_accuracies(&self) -> Vec<f64> {
        let validation = self.epochs.iter().filter_map(|e| e.validation.as_ref());
        validation.filter_map(|v| v.accuracy).collect()
    }
}
