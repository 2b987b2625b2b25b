//! The confusion matrix and the measures read off it.

use std::fmt;

use ndarray::{Array1, Array2, ArrayRef1, ArrayView2, Axis};

use super::estimate::ratio;
use super::{Estimate, MetricError, check};

/// How often each class was taken for each: `counts[[truth, predicted]]`.
///
/// Divided by n, the counts estimate the joint distribution of truth and prediction, and the
/// measures its conditionals: precision is P(truth = c | predicted = c), recall
/// P(predicted = c | truth = c). Sokolova & Lapalme, "A systematic analysis of performance measures
/// for classification tasks", Information Processing & Management 45 (2009), Table 3.
///
/// A ratio whose denominator is zero is 0, as scikit-learn's default: the precision of a class
/// never predicted, the recall of a class that never occurs, the F1 of one with neither.
///
/// ```
/// use dl_nn::metrics::{Average, ConfusionMatrix};
/// use dl_nn::ndarray::array;
///
/// let matrix = ConfusionMatrix::new(&array![0, 0, 0, 1, 1], &array![0, 0, 1, 1, 1], 2)?;
/// assert_eq!(matrix.counts(), array![[2, 1], [0, 2]]);
/// assert_eq!(matrix.accuracy().value, 0.8);
/// assert_eq!(matrix.precision()[1].value, 2.0 / 3.0);
/// assert_eq!(matrix.recall()[1].value, 1.0);
/// assert_eq!(matrix.average(Average::Macro).f1, 0.8);
/// # Ok::<(), dl_nn::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    counts: Array2<usize>,
}

/// How the measures of the classes become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// From the counts of all classes together. Where every sample has one class, precision,
    /// recall and F1 are then all the accuracy.
    Micro,
    /// The mean over all classes of the matrix: each counts the same, and one that occurs neither in truth
    /// nor in predictions counts as 0. scikit-learn does so where it is given all `labels`; by default
    /// it knows no other classes than those that occur.
    Macro,
    /// The mean over the classes, weighted by support: each sample counts the same.
    Weighted,
}

/// Precision, recall and F1 averaged over the classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Averages {
    /// Averaged precision.
    pub precision: f64,
    /// Averaged recall.
    pub recall: f64,
    /// Averaged F1 (of the classes' F1, not of the averaged precision and recall).
    pub f1: f64,
}

impl ConfusionMatrix {
    /// The most classes there may be. The counts are dense: so many take 2 GiB.
    pub const MAX_CLASSES: usize = 16_384;

    /// Counts `truth` and `predicted`, both `[n]`, with labels below `classes`.
    ///
    /// # Errors
    /// The arrays are empty or of different length; a label is not below `classes`; `classes` is
    /// above [`MAX_CLASSES`](Self::MAX_CLASSES).
    pub fn new(
        truth: &ArrayRef1<usize>,
        predicted: &ArrayRef1<usize>,
        classes: usize,
    ) -> Result<Self, MetricError> {
        check::not_empty("truth", truth)?;
        check::same_length(truth, "predicted", predicted)?;
        check::labels("truth", truth, classes)?;
        check::labels("predicted", predicted, classes)?;
        if classes > Self::MAX_CLASSES {
            return Err(MetricError::Classes {
                found: classes,
                limit: Self::MAX_CLASSES,
            });
        }
        let mut counts = Array2::zeros((classes, classes));
        for (&truth, &predicted) in truth.iter().zip(predicted) {
            counts[[truth, predicted]] += 1;
        }
        Ok(Self { counts })
    }

    /// The counts, `[truth, predicted]`.
    pub fn counts(&self) -> ArrayView2<'_, usize> {
        self.counts.view()
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.counts.nrows()
    }

    /// Number of samples of each class: the sums of the rows.
    pub fn support(&self) -> Array1<usize> {
        self.counts.sum_axis(Axis(1))
    }

    /// The share of right predictions, with Wilson's interval.
    pub fn accuracy(&self) -> Estimate {
        Estimate::proportion(self.counts.diag().sum(), self.counts.sum())
    }

    /// Precision of each class: of the samples predicted to be of the class, the share that are.
    /// With Wilson's interval.
    pub fn precision(&self) -> Vec<Estimate> {
        self.share_right(&self.counts.sum_axis(Axis(0)))
    }

    /// Recall of each class: of the samples of the class, the share predicted to be. With Wilson's
    /// interval.
    pub fn recall(&self) -> Vec<Estimate> {
        self.share_right(&self.support())
    }

    /// F1 of each class, the harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).
    pub fn f1(&self) -> Array1<f64> {
        let predicted_and_true = self.counts.sum_axis(Axis(0)) + self.support();
        self.counts
            .diag()
            .iter()
            .zip(&predicted_and_true)
            .map(|(&right, &both)| ratio(2 * right, both))
            .collect()
    }

    /// Precision, recall and F1 averaged over the classes.
    pub fn average(&self, average: Average) -> Averages {
        let accuracy = self.accuracy();
        let weights = match average {
            Average::Micro => {
                let micro = accuracy.value;
                return Averages {
                    precision: micro,
                    recall: micro,
                    f1: micro,
                };
            }
            Average::Macro => Array1::from_elem(self.classes(), 1.0 / self.classes() as f64),
            Average::Weighted => self.support().mapv(|support| ratio(support, accuracy.n)),
        };
        let values = |estimates: Vec<Estimate>| estimates.iter().map(|e| e.value).collect();
        let precision: Array1<f64> = values(self.precision());
        let recall: Array1<f64> = values(self.recall());
        Averages {
            precision: weights.dot(&precision),
            recall: weights.dot(&recall),
            f1: weights.dot(&self.f1()),
        }
    }

    /// The diagonal as a share of `totals`.
    fn share_right(&self, totals: &Array1<usize>) -> Vec<Estimate> {
        self.counts
            .diag()
            .iter()
            .zip(totals)
            .map(|(&right, &total)| Estimate::proportion(right, total))
            .collect()
    }
}

/// A line per true class, a column per predicted class.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self
            .counts
            .iter()
            .max()
            .map_or(0, |max| max.to_string().len());
        let lines: Vec<String> = self
            .counts
            .rows()
            .into_iter()
            .map(|row| {
                let cells = row.iter().map(|count| format!("{count:>widest$}"));
                cells.collect::<Vec<_>>().join(" ")
            })
            .collect();
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_a_line_per_true_class() {
        let truth = Array1::from_iter([0; 12].into_iter().chain([1, 1, 2]));
        let predicted = Array1::from_iter([0; 12].into_iter().chain([1, 0, 1]));
        let matrix = ConfusionMatrix::new(&truth, &predicted, 3).unwrap();
        assert_eq!(matrix.to_string(), "12  0  0\n 1  1  0\n 0  1  0");
    }
}
