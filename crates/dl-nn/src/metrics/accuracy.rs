//! Classes from scores, and how often they are right.

use std::cmp::Ordering;

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1};

use super::{Estimate, MetricError, check};

instantiate! {
    /// The class of the largest score in each row of `scores` `[n, classes]`; the first of them if
    /// several are equal.
    ///
    /// # Errors
    /// `scores` is empty or not finite.
    pub fn argmax<F: Scalar>(scores: &ArrayRef2<F>) -> Result<Array1<usize>, MetricError> {
        check::not_empty("scores", scores)?;
        check::finite("scores", scores)?;
        let classes = scores.ncols();
        Ok(scores
            .rows()
            .into_iter()
            .map(|row| (1..classes).fold(0, |best, c| if row[c] > row[best] { c } else { best }))
            .collect())
    }

    /// The classes of the `k` largest scores in each row of `scores` `[n, classes]`, best first:
    /// `[n, k]`. Of equal scores the lower class comes first.
    ///
    /// # Errors
    /// `scores` is empty or not finite; `k` is not in `1..=classes`.
    ///
    /// ```
    /// use dl_nn::metrics::top_k;
    /// use dl_nn::ndarray::array;
    ///
    /// let scores = array![[0.1, 0.6, 0.3], [0.4, 0.2, 0.4]];
    /// assert_eq!(top_k(&scores, 2)?, array![[1, 2], [0, 2]]);
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    pub fn top_k<F: Scalar>(scores: &ArrayRef2<F>, k: usize) -> Result<Array2<usize>, MetricError> {
        best_classes(scores, k)
    }
}

fn best_classes<F: Scalar>(scores: &ArrayRef2<F>, k: usize) -> Result<Array2<usize>, MetricError> {
    check::not_empty("scores", scores)?;
    check::finite("scores", scores)?;
    let (n, classes) = scores.dim();
    if k == 0 || k > classes {
        return Err(MetricError::TopK { k, classes });
    }
    let mut best = Array2::zeros((n, k));
    for (row, mut best) in scores.rows().into_iter().zip(best.rows_mut()) {
        let mut order: Vec<usize> = (0..classes).collect();
        // Stable, so that equal scores stay in the order of their classes.
        order.sort_by(|&a, &b| row[b].partial_cmp(&row[a]).unwrap_or(Ordering::Equal));
        best.assign(&ArrayView1::from(&order[..k]));
    }
    Ok(best)
}

/// The share of samples whose predicted class is the true one.
///
/// `truth` and `predicted` are `[n]`. The interval is Wilson's.
///
/// # Errors
/// The arrays are empty or of different length.
pub fn accuracy(
    truth: &ArrayRef1<usize>,
    predicted: &ArrayRef1<usize>,
) -> Result<Estimate, MetricError> {
    check::not_empty("truth", truth)?;
    check::same_length(truth, "predicted", predicted)?;
    let right = truth.iter().zip(predicted).filter(|(t, p)| t == p).count();
    Ok(Estimate::proportion(right, truth.len()))
}

instantiate! {
    /// The share of samples whose true class is among the `k` largest scores of their row.
    ///
    /// `truth` is `[n]`, `scores` `[n, classes]`. Ties are broken as in [`top_k`], so that `k` = 1
    /// is the accuracy of [`argmax`] (scikit-learn prefers the higher class instead). The interval
    /// is Wilson's.
    ///
    /// # Errors
    /// The arrays are empty or of different length; a label is not below the number of columns;
    /// `scores` is not finite; `k` is not in `1..=classes`.
    pub fn top_k_accuracy<F: Scalar>(
        truth: &ArrayRef1<usize>,
        scores: &ArrayRef2<F>,
        k: usize,
    ) -> Result<Estimate, MetricError> {
        check::not_empty("truth", truth)?;
        check::same_length(truth, "scores", scores)?;
        check::labels("truth", truth, scores.ncols())?;
        let best = top_k(scores, k)?;
        let right = truth
            .iter()
            .zip(best.rows())
            .filter(|(class, best)| best.iter().any(|b| b == *class))
            .count();
        Ok(Estimate::proportion(right, truth.len()))
    }
}
