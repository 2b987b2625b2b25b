//! The precision–recall curve and average precision.

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, ArrayRef1};

use super::MetricError;
use super::estimate::ratio;
use super::ranking::Ranking;

/// Precision against recall as the threshold falls.
///
/// Unlike the ROC curve it looks at the positives only, and so shows what many negatives do to a
/// rare class. A point for each distinct score, after recall 0 with threshold ∞, where precision
/// is 1 by convention; the points of scikit-learn's `precision_recall_curve` in reverse order.
/// Davis & Goadrich, "The relationship between precision–recall and ROC curves", ICML (2006).
///
/// ```
/// use dl_nn::metrics::PrecisionRecallCurve;
/// use dl_nn::ndarray::array;
///
/// let truth = array![false, false, true, true];
/// let curve = PrecisionRecallCurve::new(&truth, &array![0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(curve.recall, array![0.0, 0.5, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.precision, array![1.0, 1.0, 0.5, 2.0 / 3.0, 0.5]);
/// assert_eq!(curve.average_precision(), 0.5 * 1.0 + 0.5 * (2.0 / 3.0));
/// # Ok::<(), dl_nn::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionRecallCurve {
    /// Of the samples with a score of at least the threshold, the share that are positive.
    pub precision: Array1<f64>,
    /// Share of the positives with a score of at least the threshold, increasing from 0 to 1.
    pub recall: Array1<f64>,
    /// ∞, then the distinct scores in decreasing order.
    pub thresholds: Array1<f64>,
}

impl PrecisionRecallCurve {
    /// The curve of `scores` `[n]`, larger for what looks more positive, against `truth` `[n]`,
    /// true for the positives.
    ///
    /// # Errors
    /// The arrays are empty or of different length; `scores` is not finite; `truth` has no
    /// positive.
    pub fn new<F: Scalar>(
        truth: &ArrayRef1<bool>,
        scores: &ArrayRef1<F>,
    ) -> Result<Self, MetricError> {
        curve(truth, scores)
    }

    fn compute<F: Scalar>(
        truth: &ArrayRef1<bool>,
        scores: &ArrayRef1<F>,
    ) -> Result<Self, MetricError> {
        let ranking = Ranking::new(truth, scores)?;
        if ranking.positives == 0 {
            return Err(MetricError::Undefined {
                measure: "the precision–recall curve".to_owned(),
                reason: "`truth` has no positive sample",
            });
        }
        let counts = ranking.true_positives.iter().zip(&ranking.false_positives);
        let mut precision: Array1<f64> = counts.map(|(&tp, &fp)| ratio(tp, tp + fp)).collect();
        precision[0] = 1.0;
        let recalled = ranking.true_positives.iter();
        Ok(Self {
            precision,
            recall: recalled.map(|&tp| ratio(tp, ranking.positives)).collect(),
            thresholds: ranking.thresholds.into(),
        })
    }

    /// The area under the curve as steps: Σ (Rᵢ − Rᵢ₋₁) Pᵢ. No standard interval.
    ///
    /// Manning, Raghavan & Schütze, "Introduction to Information Retrieval", § 8.4. The trapezoid
    /// rule would be too kind here: between two points precision does not run
    /// straight (Davis & Goadrich 2006, § 4).
    pub fn average_precision(&self) -> f64 {
        let steps = self
            .recall
            .windows(2)
            .into_iter()
            .zip(self.precision.iter().skip(1));
        steps
            .map(|(recall, precision)| (recall[1] - recall[0]) * precision)
            .sum()
    }
}

instantiate! {
    fn curve<F: Scalar>(
        truth: &ArrayRef1<bool>,
        scores: &ArrayRef1<F>,
    ) -> Result<PrecisionRecallCurve, MetricError> {
        PrecisionRecallCurve::compute(truth, scores)
    }
}

/// [`PrecisionRecallCurve::average_precision`] in one call.
///
/// # Errors
/// As [`PrecisionRecallCurve::new`].
pub fn average_precision<F: Scalar>(
    truth: &ArrayRef1<bool>,
    scores: &ArrayRef1<F>,
) -> Result<f64, MetricError> {
    Ok(PrecisionRecallCurve::new(truth, scores)?.average_precision())
}
