//! What counts as healthy.

use serde::{Deserialize, Serialize};

/// What the doctor's numbers are compared with. The defaults are rules of thumb, each with its
/// source where it has one; change those that do not suit:
///
/// ```
/// use dl_watch::doctor::Thresholds;
///
/// let mut thresholds = Thresholds::default();
/// thresholds.dead_share = 0.6;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Thresholds {
    /// The largest class may have so many times the samples of the smallest: 10.
    pub class_imbalance: f64,
    /// Largest magnitude of the mean, and largest standard deviation, of an input column, of all
    /// pixels, or of the values to be predicted: 3. Zero mean and unit deviation train fastest
    /// (`LeCun`, Bottou, Orr, Müller 1998, "Efficient `BackProp`", section 4.3).
    pub largest_scale: f64,
    /// Smallest standard deviation of an input column that is not constant: 0.01.
    pub smallest_scale: f64,
    /// What the initial loss may be above that of outputs that are all zero (ln C for C classes):
    /// 2 nats. Random logits of standard deviation σ add about σ²/2. To verify the loss at the
    /// start is advice of Karpathy 2019, "A Recipe for Training Neural Networks".
    pub initial_excess: f64,
    /// The share of that loss below which a network knows something before training: 0.5.
    pub initial_share: f64,
    /// A tanh or sigmoid is saturated where its slope is below this share of its greatest: 0.06
    /// (|tanh| > 0.97).
    pub saturated_slope: f64,
    /// Share of a layer's outputs that may be saturated: 0.75. Saturated layers hold up those
    /// before them (Glorot, Bengio 2010, section 3); a trained network has many saturated units.
    pub saturated_share: f64,
    /// Share of a layer's ReLU units that may be dead: 0.5. The notes of Stanford's `CS231n`, "Neural
    /// Networks Part 1", say that 0.4 can come of too large a learning rate; narrow layers, and
    /// samples much alike, reach that in good health.
    pub dead_share: f64,
    /// The norm of ∂L/∂output of a layer with a kernel, against that of the last such layer: at
    /// least 1/1000. In a healthy network gradients keep their size from layer to layer (Glorot,
    /// Bengio 2010, section 4.2; He, Zhang, Ren, Sun 2015, section 2.2).
    pub vanishing: f64,
    /// The same: at most 1000.
    pub exploding: f64,
    /// The loss of a few samples learned by heart, against that before (or of outputs that are
    /// zero, the larger): 0.1. To overfit one batch first is advice of Karpathy 2019.
    pub one_batch: f64,
    /// ‖Δw‖/‖w‖ of a step, of each kernel: at most 0.1. About 1e-3 is usual (`CS231n`, "Neural
    /// Networks Part 3").
    pub largest_update: f64,
    /// The same: above 1e-6 in at least one examined step of the first epoch.
    pub smallest_update: f64,
    /// After so many epochs, 5, and so many steps, the loss must have fallen.
    pub patience: usize,
    /// The steps: 100.
    pub patience_steps: usize,
    /// By then its lowest epoch is below this share of the loss of a network that knows only the
    /// targets' mean, or how common each class is: 0.95.
    pub fallen: f64,
    /// An epoch's loss against the first epoch's: at most 1.5.
    pub risen: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            class_imbalance: 10.0,
            largest_scale: 3.0,
            smallest_scale: 0.01,
            initial_excess: 2.0,
            initial_share: 0.5,
            saturated_slope: 0.06,
            saturated_share: 0.75,
            dead_share: 0.5,
            vanishing: 1e-3,
            exploding: 1e3,
            one_batch: 0.1,
            largest_update: 0.1,
            smallest_update: 1e-6,
            patience: 5,
            patience_steps: 100,
            fallen: 0.95,
            risen: 1.5,
        }
    }
}
