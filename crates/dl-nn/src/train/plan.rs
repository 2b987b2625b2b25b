//! What a `fit` is about to do.

/// What [`fit`](super::Trainer::fit) is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitPlan {
    /// Number of epochs.
    pub epochs: usize,
    /// Steps per epoch, including the last, smaller batch.
    pub steps_per_epoch: usize,
    /// Maximum number of samples per step.
    pub batch_size: usize,
    /// Number of training samples.
    pub samples: usize,
}
