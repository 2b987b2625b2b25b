//! What decides whether an epoch was better than those before.

use serde::{Deserialize, Serialize};

use super::evaluate::Evaluation;
use super::history::Epoch;

/// What [`EarlyStopping`](super::EarlyStopping) and [`ReduceOnPlateau`](crate::schedule::ReduceOnPlateau) monitor: on
/// the validation samples if there are any, otherwise on the training samples.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Monitor {
    /// The loss, which should fall.
    #[default]
    Loss,
    /// The accuracy, which should rise (the loss, if targets are values).
    Accuracy,
    /// The [`Metric`](super::Metric) of this name, whose direction it knows.
    Metric(String),
}

impl Monitor {
    /// The metric of this name.
    pub fn metric(name: impl Into<String>) -> Self {
        Self::Metric(name.into())
    }

    /// The name of the metric that is monitored, if it is one.
    pub(super) fn metric_name(&self) -> Option<&str> {
        match self {
            Monitor::Metric(name) => Some(name),
            Monitor::Loss | Monitor::Accuracy => None,
        }
    }

    /// The monitored value, signed so that less is better; NaN is worse than anything, since with `<` a first NaN would
    /// stay the best.
    pub(super) fn cost(&self, epoch: &Epoch) -> f64 {
        let Evaluation { loss, accuracy, .. } = epoch.validation.unwrap_or(epoch.train);
        let cost = match self {
            Monitor::Loss => loss,
            Monitor::Accuracy => accuracy.map_or(loss, |accuracy| -accuracy),
            Monitor::Metric(name) => {
                let metric = epoch.metrics.iter().find(|metric| metric.name == *name);
                metric.map_or(f64::NAN, |metric| match metric.higher_is_better {
                    true => -metric.value,
                    false => metric.value,
                })
            }
        };
        if cost.is_nan() { f64::INFINITY } else { cost }
    }
}
