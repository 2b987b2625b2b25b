//! What ROC and precision–recall curves share: sweeping a threshold over the scores.

use dl_core::Scalar;
use ndarray::ArrayRef1;

use super::{MetricError, check};

/// What is called positive at each threshold, from the strictest (nothing is) to the loosest
/// (everything is).
pub(super) struct Ranking {
    /// ∞, then the distinct scores in decreasing order: a sample is called positive if its score
    /// is at least the threshold.
    pub(super) thresholds: Vec<f64>,
    /// Positive samples called positive.
    pub(super) true_positives: Vec<usize>,
    /// Negative samples called positive.
    pub(super) false_positives: Vec<usize>,
    /// Positive samples.
    pub(super) positives: usize,
    /// Negative samples.
    pub(super) negatives: usize,
}

impl Ranking {
    pub(super) fn new<F: Scalar>(
        truth: &ArrayRef1<bool>,
        scores: &ArrayRef1<F>,
    ) -> Result<Self, MetricError> {
        check::not_empty("truth", truth)?;
        check::same_length(truth, "scores", scores)?;
        check::finite("scores", scores)?;

        let mut samples: Vec<(f64, bool)> = scores
            .iter()
            .zip(truth)
            .map(|(score, &positive)| (score.as_f64(), positive))
            .collect();
        samples.sort_by(|a, b| b.0.total_cmp(&a.0));

        let mut thresholds = vec![f64::INFINITY];
        let mut true_positives = vec![0];
        let mut false_positives = vec![0];
        let (mut positives, mut negatives) = (0, 0);
        // Samples of one score pass the threshold together.
        for tied in samples.chunk_by(|a, b| a.0 == b.0) {
            let right = tied.iter().filter(|(_, positive)| *positive).count();
            positives += right;
            negatives += tied.len() - right;
            thresholds.push(tied[0].0);
            true_positives.push(positives);
            false_positives.push(negatives);
        }
        Ok(Self {
            thresholds,
            true_positives,
            false_positives,
            positives,
            negatives,
        })
    }
}
