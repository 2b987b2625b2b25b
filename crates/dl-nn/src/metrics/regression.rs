//! How far predicted numbers are from the true ones.
//!
//! All take `truth` and `predicted` `[n]`; for several outputs, a column at a time.

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, ArrayRef1};

use super::{Estimate, MetricError, check};

instantiate! {
    /// MAE, the mean of |y − ŷ|, in the unit of y. The interval is Student's.
    ///
    /// # Errors
    /// The arrays are empty, of different length or not finite.
    ///
    /// ```
    /// use dl_nn::metrics::mean_absolute_error;
    /// use dl_nn::ndarray::array;
    ///
    /// let error = mean_absolute_error(&array![3.0, -0.5, 2.0, 7.0], &array![2.5, 0.0, 2.0, 8.0])?;
    /// assert_eq!(error.value, 0.5);
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    pub fn mean_absolute_error<F: Scalar>(
        truth: &ArrayRef1<F>,
        predicted: &ArrayRef1<F>,
    ) -> Result<Estimate, MetricError> {
        Ok(Estimate::mean(&residuals(truth, predicted)?.mapv(f64::abs)))
    }

    /// MSE, the mean of (y − ŷ)², in the squared unit of y. The interval is Student's.
    ///
    /// # Errors
    /// The arrays are empty, of different length or not finite.
    pub fn mean_squared_error<F: Scalar>(
        truth: &ArrayRef1<F>,
        predicted: &ArrayRef1<F>,
    ) -> Result<Estimate, MetricError> {
        Ok(Estimate::mean(&squares(&residuals(truth, predicted)?)))
    }

    /// RMSE, the square root of the MSE, in the unit of y. The interval is the square root of the
    /// MSE's.
    ///
    /// # Errors
    /// The arrays are empty, of different length or not finite.
    pub fn root_mean_squared_error<F: Scalar>(
        truth: &ArrayRef1<F>,
        predicted: &ArrayRef1<F>,
    ) -> Result<Estimate, MetricError> {
        Ok(Estimate::root_of_mean(&squares(&residuals(
            truth, predicted,
        )?)))
    }

    /// R², the share of the variance of y that the predictions explain: 1 − Σ(y − ŷ)² / Σ(y − ȳ)².
    ///
    /// 1 is perfect, 0 as good as always predicting the mean; there is no lower limit. No standard
    /// interval.
    ///
    /// # Errors
    /// The arrays are empty, of different length or not finite; there is only one sample, or
    /// `truth` is constant, so that there is no variance to explain.
    pub fn r2_score<F: Scalar>(
        truth: &ArrayRef1<F>,
        predicted: &ArrayRef1<F>,
    ) -> Result<f64, MetricError> {
        let residuals = residuals(truth, predicted)?;
        let undefined = |reason| MetricError::Undefined {
            measure: "R²".to_owned(),
            reason,
        };
        if truth.len() < 2 {
            return Err(undefined("a single sample has no variance"));
        }
        if truth.iter().all(|&y| y == truth[0]) {
            return Err(undefined(
                "`truth` is constant, so it has no variance to explain",
            ));
        }
        let y = truth.mapv(Scalar::as_f64);
        let deviations = &y - y.sum() / y.len() as f64;
        Ok(1.0 - squares(&residuals).sum() / squares(&deviations).sum())
    }
}

/// y − ŷ.
fn residuals<F: Scalar>(
    truth: &ArrayRef1<F>,
    predicted: &ArrayRef1<F>,
) -> Result<Array1<f64>, MetricError> {
    check::not_empty("truth", truth)?;
    check::same_length(truth, "predicted", predicted)?;
    check::finite("truth", truth)?;
    check::finite("predicted", predicted)?;
    Ok(truth.mapv(Scalar::as_f64) - predicted.mapv(Scalar::as_f64))
}

fn squares(x: &Array1<f64>) -> Array1<f64> {
    x.mapv(|x| x * x)
}
