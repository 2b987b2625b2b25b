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

impl FitPlan {
    /// A batch size above the number of samples means all of them.
    pub(super) fn new(epochs: usize, batch_size: usize, samples: usize) -> Self {
        let batch_size = batch_size.min(samples);
        Self {
            epochs,
            steps_per_epoch: samples.div_ceil(batch_size),
            batch_size,
            samples,
        }
    }
}
