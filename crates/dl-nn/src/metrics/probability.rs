//! How good predicted probabilities are.

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use super::{Estimate, MetricError, check};

instantiate! {
    /// The mean over the samples of −ln p(true class), in nats: the cross-entropy of the labels and
    /// the predictions (Goodfellow, Bengio & Courville § 3.13).
    ///
    /// `truth` is `[n]`, `probabilities` `[n, classes]` with rows that sum to 1 (within the square
    /// root of the type's precision). As in scikit-learn, probabilities are first moved into
    /// `[ε, 1 − ε]`, ε the precision of `F`, so that one certain and wrong prediction does not make
    /// the mean infinite. The interval is Student's.
    ///
    /// For the output of a single sigmoid, see [`binary_probabilities`].
    ///
    /// # Errors
    /// The arrays are empty or of different length; a label is not below the number of columns; an
    /// entry is not in `[0, 1]`; a row does not sum to 1.
    ///
    /// ```
    /// use dl_nn::metrics::log_loss;
    /// use dl_nn::ndarray::array;
    ///
    /// let loss = log_loss(&array![0, 1], &array![[0.5, 0.5], [0.75, 0.25]])?;
    /// assert!((loss.value - (2f64.ln() + 4f64.ln()) / 2.0).abs() <= 1e-15);
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    pub fn log_loss<F: Scalar>(
        truth: &ArrayRef1<usize>,
        probabilities: &ArrayRef2<F>,
    ) -> Result<Estimate, MetricError> {
        check_input(truth, probabilities)?;
        let epsilon = F::epsilon().as_f64();
        let losses: Array1<f64> = truth
            .iter()
            .zip(probabilities.rows())
            .map(|(&class, p)| -p[class].as_f64().clamp(epsilon, 1.0 - epsilon).ln())
            .collect();
        Ok(Estimate::mean(&losses))
    }

    /// The mean over the samples of the squared distance between the predicted probabilities p and
    /// the truth y, one-hot: Σ (p − y)² over the classes; half of it for two classes, which is (p₁
    /// − y₁)².
    ///
    /// `truth` is `[n]`, `probabilities` `[n, classes]` with rows that sum to 1. The interval is
    /// Student's. Brier, "Verification of forecasts expressed in terms of probability", Monthly
    /// Weather Review 78 (1950), has the sum; the halved form for two classes is the custom, and
    /// scikit-learn's `brier_score_loss`.
    ///
    /// For the output of a single sigmoid, see [`binary_probabilities`].
    ///
    /// # Errors
    /// As [`log_loss`].
    pub fn brier_score<F: Scalar>(
        truth: &ArrayRef1<usize>,
        probabilities: &ArrayRef2<F>,
    ) -> Result<Estimate, MetricError> {
        check_input(truth, probabilities)?;
        let scale = if probabilities.ncols() == 2 { 0.5 } else { 1.0 };
        let scores: Array1<f64> = truth
            .iter()
            .zip(probabilities.rows())
            .map(|(&class, p)| {
                let squared = p.indexed_iter().map(|(c, p)| {
                    let target = if c == class { 1.0 } else { 0.0 };
                    (p.as_f64() - target).powi(2)
                });
                scale * squared.sum::<f64>()
            })
            .collect();
        Ok(Estimate::mean(&scores))
    }

    /// The probabilities of both classes, `[n, 2]`, from those of class 1, `[n]`: 1 − p and p.
    ///
    /// # Errors
    /// `positive` is empty, or an entry is not in `[0, 1]`.
    ///
    /// ```
    /// use dl_nn::metrics::{binary_probabilities, brier_score};
    /// use dl_nn::ndarray::array;
    ///
    /// let sigmoids = array![[0.75], [0.5]]; // a model's output, [n, 1]
    /// let probabilities = binary_probabilities(&sigmoids.column(0))?;
    /// let score = brier_score(&array![1, 0], &probabilities)?;
    /// assert_eq!(score.value, (0.0625 + 0.25) / 2.0);
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    pub fn binary_probabilities<F: Scalar>(positive: &ArrayRef1<F>) -> Result<Array2<F>, MetricError> {
        check::not_empty("positive", positive)?;
        check::probabilities("positive", positive)?;
        Ok(Array2::from_shape_fn(
            (positive.len(), 2),
            |(row, class)| match class {
                0 => F::one() - positive[row],
                _ => positive[row],
            },
        ))
    }
}

/// Classes and distributions over them, as many of one as of the other.
pub(super) fn check_input<F: Scalar>(
    truth: &ArrayRef1<usize>,
    probabilities: &ArrayRef2<F>,
) -> Result<(), MetricError> {
    check::not_empty("truth", truth)?;
    check::same_length(truth, "probabilities", probabilities)?;
    check::labels("truth", truth, probabilities.ncols())?;
    check::distributions("probabilities", probabilities)
}
