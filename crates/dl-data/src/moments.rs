//! Means and variances of columns, to the last digits also of long columns far from 0.

use dl_core::Scalar;
use ndarray::{Array1, ArrayRef2, Zip};

/// Of each column, in `f64`, whatever the type of the data.
pub(crate) struct Moments {
    pub(crate) mean: Array1<f64>,
    /// The mean squared deviation (divisor n): 0 where it is rounding alone, by the bound of
    /// scikit-learn, σ² ≤ n·ε·σ² + (n·ε·μ)².
    pub(crate) variance: Array1<f64>,
}

impl Moments {
    /// Of at least one row. Values that are too large give what is not finite.
    pub(crate) fn new<F: Scalar>(x: &ArrayRef2<F>) -> Self {
        let n = x.nrows() as f64;
        let mut sum = Array1::<f64>::zeros(x.ncols());
        for row in x.rows() {
            Zip::from(&mut sum)
                .and(row)
                .for_each(|sum, x| *sum += x.as_f64());
        }
        let rough = sum / n;
        // What rounding of a long sum has taken from the mean is left in the deviations (Chan, Golub, LeVeque
        // 1983, "Algorithms for computing the sample variance", equation 1.7).
        let mut left = Array1::<f64>::zeros(x.ncols());
        let mut squares = Array1::<f64>::zeros(x.ncols());
        for row in x.rows() {
            Zip::from(&mut left)
                .and(&mut squares)
                .and(&rough)
                .and(row)
                .for_each(|left, squares, mean, x| {
                    let deviation = x.as_f64() - mean;
                    *left += deviation;
                    *squares += deviation * deviation;
                });
        }
        left /= n;
        let mean = &rough + &left;
        let mut variance = squares / n - &left * &left;
        Zip::from(&mut variance)
            .and(&mean)
            .for_each(|variance, mean| {
                let rounding = n * f64::EPSILON * *variance + (n * f64::EPSILON * mean).powi(2);
                if variance.is_finite() && *variance <= rounding {
                    *variance = 0.0;
                }
            });
        Self { mean, variance }
    }
}
