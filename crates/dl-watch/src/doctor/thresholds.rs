//! The doctor's thresholds.

use serde::{Deserialize, Serialize};

/// The thresholds of the doctor's checks. The defaults are rules of thumb, with their sources where there are any;
/// change those that do not suit:
///
/// ```
/// use dl_watch::doctor::Thresholds;
///
/// let mut thresholds = Thresholds::default();
/// thresholds.dead_fraction = 0.6;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Thresholds {
    /// Maximum ratio of the samples in the largest and the smallest class: 10.
    pub class_imbalance: f64,
    /// Maximum magnitude of the mean, and maximum standard deviation, of an input column, of all pixels, or of the
    /// target values: 3. Zero mean and unit standard deviation train fastest (`LeCun`, Bottou, Orr, Müller 1998,
    /// "Efficient `BackProp`", section 4.3).
    pub max_scale: f64,
    /// Minimum standard deviation of an input column that is not constant: 0.01.
    pub min_scale: f64,
    /// Maximum excess of the initial loss over that of all-zero outputs (ln C for C classes): 2 nats. Random logits
    /// of standard deviation σ add about σ²/2. Verifying the initial loss is advice of Karpathy 2019, "A Recipe for
    /// Training Neural Networks".
    pub initial_excess: f64,
    /// The fraction of that loss below which a network must have learnt something before: 0.5.
    pub initial_fraction: f64,
    /// A tanh or sigmoid is saturated if its slope is below this fraction of its maximum: 0.06 (|tanh| > 0.97).
    pub saturated_slope: f64,
    /// Maximum fraction of a layer's outputs that are saturated: 0.75. Saturated layers slow down those before them
    /// (Glorot, Bengio 2010, section 3); a trained network has many saturated units.
    pub saturated_fraction: f64,
    /// Maximum fraction of a layer's ReLU units that are dead: 0.5. The notes of Stanford's `CS231n`, "Neural
    /// Networks Part 1", say that 0.4 can result from too large a learning rate; narrow layers and similar samples
    /// reach that in healthy networks.
    pub dead_fraction: f64,
    /// Minimum norm of ∂L/∂output of a layer with a kernel, relative to that of the last such layer: 1/1000. In a
    /// healthy network gradients keep their size from layer to layer (Glorot, Bengio 2010, section 4.2; He, Zhang,
    /// Ren, Sun 2015, section 2.2).
    pub vanishing: f64,
    /// The corresponding maximum: 1000.
    pub exploding: f64,
    /// Maximum loss of a few overfitted samples, relative to the initial loss or that of zero outputs, whichever is
    /// larger: 0.1. Overfitting a single batch first is advice of Karpathy 2019.
    pub overfit_one_batch: f64,
    /// Minimum learning rate, relative to the lower of the two that a
    /// [curve](dl_nn::train::LearningRateCurve::suggestion) suggests: 0.1.
    pub low_learning_rate: f64,
    /// Maximum ‖Δw‖/‖w‖ of a kernel in a step: 0.1. About 1e-3 is usual (`CS231n`, "Neural
    /// Networks Part 3").
    pub max_update: f64,
    /// The minimum, to be exceeded in at least one examined step of the first epoch: 1e-6.
    pub min_update: f64,
    /// Number of epochs after which the loss must have fallen: 5.
    pub patience: usize,
    /// Number of steps after which it must have fallen: 100.
    pub patience_steps: usize,
    /// The lowest loss by then, relative to that of a network that only predicts the targets' mean or the class
    /// frequencies: below 0.95.
    pub not_falling: f64,
    /// Maximum loss of an epoch, relative to that of the first epoch: 1.5.
    pub rising: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            class_imbalance: 10.0,
            max_scale: 3.0,
            min_scale: 0.01,
            initial_excess: 2.0,
            initial_fraction: 0.5,
            saturated_slope: 0.06,
            saturated_fraction: 0.75,
            dead_fraction: 0.5,
            vanishing: 1e-3,
            exploding: 1e3,
            overfit_one_batch: 0.1,
            low_learning_rate: 0.1,
            max_update: 0.1,
            min_update: 1e-6,
            patience: 5,
            patience_steps: 100,
            not_falling: 0.95,
            rising: 1.5,
        }
    }
}
