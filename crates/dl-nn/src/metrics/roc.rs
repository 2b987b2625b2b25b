//! The receiver operating characteristic and the area under it.

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, ArrayRef1, ArrayRef2, ArrayView1};

use super::estimate::ratio;
use super::ranking::Ranking;
use super::{Estimate, MetricError, check};

/// The ROC curve: what share of the positives is found, at the price of what share of the
/// negatives, as the threshold falls.
///
/// Has a point for each distinct score, as scikit-learn's `roc_curve(drop_intermediate=False)`,
/// and begins at (0, 0) with threshold ∞. Fawcett, "An introduction to ROC analysis", Pattern
/// Recognition Letters 27 (2006), Algorithm 1.
///
/// ```
/// use dl_nn::metrics::RocCurve;
/// use dl_nn::ndarray::array;
///
/// let labels = array![0, 0, 1, 1];
/// let curve = RocCurve::new(&labels.mapv(|label| label == 1), &array![0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(curve.false_positive_rate, array![0.0, 0.0, 0.5, 0.5, 1.0]);
/// assert_eq!(curve.true_positive_rate, array![0.0, 0.5, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.auc().value, 0.75);
/// # Ok::<(), dl_nn::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RocCurve {
    /// Share of the negatives with a score of at least the threshold, increasing from 0 to 1.
    pub false_positive_rate: Array1<f64>,
    /// Share of the positives with a score of at least the threshold, increasing from 0 to 1.
    pub true_positive_rate: Array1<f64>,
    /// ∞, then the distinct scores in decreasing order.
    pub thresholds: Array1<f64>,
    positives: usize,
    negatives: usize,
}

impl RocCurve {
    /// The curve of `scores` `[n]`, larger for what looks more positive, against `truth` `[n]`,
    /// true for the positives.
    ///
    /// # Errors
    /// The arrays are empty or of different length; `scores` is not finite; `truth` is all
    /// positive or all negative.
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
        let undefined = |reason| MetricError::Undefined {
            measure: "the ROC curve".to_owned(),
            reason,
        };
        if ranking.positives == 0 {
            return Err(undefined("`truth` has no positive sample"));
        }
        if ranking.negatives == 0 {
            return Err(undefined("`truth` has no negative sample"));
        }
        let rate = |counts: &[usize], total| counts.iter().map(|&c| ratio(c, total)).collect();
        Ok(Self {
            false_positive_rate: rate(&ranking.false_positives, ranking.negatives),
            true_positive_rate: rate(&ranking.true_positives, ranking.positives),
            thresholds: ranking.thresholds.into(),
            positives: ranking.positives,
            negatives: ranking.negatives,
        })
    }

    /// The area under the curve by the trapezoid rule, with its [interval](Estimate::interval).
    ///
    /// It is the probability that a random positive scores higher than a random negative, ties
    /// counted half (Fawcett 2006, § 7 and Algorithm 2).
    pub fn auc(&self) -> Estimate {
        let area = trapezoid(&self.false_positive_rate, &self.true_positive_rate);
        Estimate::auc(area, self.positives, self.negatives)
    }
}

instantiate! {
    fn curve<F: Scalar>(
        truth: &ArrayRef1<bool>,
        scores: &ArrayRef1<F>,
    ) -> Result<RocCurve, MetricError> {
        RocCurve::compute(truth, scores)
    }
}

/// Σ (xᵢ − xᵢ₋₁) (yᵢ + yᵢ₋₁) / 2.
fn trapezoid(x: &Array1<f64>, y: &Array1<f64>) -> f64 {
    let panel = |x: ArrayView1<f64>, y: ArrayView1<f64>| (x[1] - x[0]) * (y[1] + y[0]) / 2.0;
    let panels = x.windows(2).into_iter().zip(y.windows(2));
    panels.map(|(x, y)| panel(x, y)).sum()
}

/// [`RocCurve::auc`] in one call.
///
/// # Errors
/// As [`RocCurve::new`].
pub fn roc_auc<F: Scalar>(
    truth: &ArrayRef1<bool>,
    scores: &ArrayRef1<F>,
) -> Result<Estimate, MetricError> {
    Ok(RocCurve::new(truth, scores)?.auc())
}

instantiate! {
    /// The mean over the classes of the AUC of each class against the rest: scikit-learn's
    /// `roc_auc_score(multi_class="ovr", average="macro")`. No standard interval.
    ///
    /// `truth` is `[n]`, `scores` `[n, classes]`. Each column is ranked by itself, down the
    /// samples, so pass probabilities: logits of different samples have no common zero.
    ///
    /// # Errors
    /// The arrays are empty or of different length; a label is not below the number of columns;
    /// `scores` is not finite; a class has no sample, or all of them.
    pub fn macro_roc_auc<F: Scalar>(
        truth: &ArrayRef1<usize>,
        scores: &ArrayRef2<F>,
    ) -> Result<f64, MetricError> {
        mean_against_rest(truth, scores)
    }
}

fn mean_against_rest<F: Scalar>(
    truth: &ArrayRef1<usize>,
    scores: &ArrayRef2<F>,
) -> Result<f64, MetricError> {
    check::not_empty("truth", truth)?;
    check::same_length(truth, "scores", scores)?;
    check::labels("truth", truth, scores.ncols())?;
    check::finite("scores", scores)?;
    let classes = scores.ncols();
    let mut sum = 0.0;
    for class in 0..classes {
        let of_class = truth.mapv(|label| label == class);
        let auc = roc_auc(&of_class, &scores.column(class)).map_err(|error| match error {
            MetricError::Undefined { reason, .. } => MetricError::Undefined {
                measure: format!("the ROC curve of class {class} against the rest"),
                reason,
            },
            other => other,
        })?;
        sum += auc.value;
    }
    Ok(sum / classes as f64)
}
