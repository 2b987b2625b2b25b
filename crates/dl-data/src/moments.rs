//! Means and variances of columns, accurate also for long columns far from 0.

use dl_core::Scalar;
use ndarray::{Array1, ArrayRef1, ArrayRef2, Zip};

/// Moments of each column, in `f64` whatever the type of the data.
pub(crate) struct Moments {
    pub(crate) mean: Array1<f64>,
    /// The mean squared deviation (divisor n): 0 if rounding alone explains it, by scikit-learn's bound σ² ≤ n·ε·σ²
    /// + (n·ε·μ)², or if it underflows.
    pub(crate) variance: Array1<f64>,
    /// Its square root, accurate also where the variance underflows: 0 only for a column that is constant up to
    /// rounding.
    pub(crate) deviation: Array1<f64>,
}

impl Moments {
    /// The moments of at least one row; not finite where they overflow.
    pub(crate) fn new<F: Scalar>(x: &ArrayRef2<F>) -> Self {
        let n = x.nrows() as f64;
        let mut sum = Array1::<f64>::zeros(x.ncols());
        for row in x.rows() {
            Zip::from(&mut sum)
                .and(row)
                .for_each(|sum, x| *sum += x.as_f64());
        }
        let rough = sum / n;
        // The rounding error of the mean is still in the sum of the deviations (Chan, Golub, LeVeque
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
        // sums so small that some of the squares may be subnormal
        let tiny = squares.mapv(|squares| squares < 1e-280);
        left /= n;
        let mean = &rough + &left;
        let mut variance = squares / n - &left * &left;
        Zip::from(&mut variance)
            .and(&mean)
            .for_each(|variance, mean| {
                if is_rounding(*variance, *mean, n) {
                    *variance = 0.0;
                }
            });
        let mut deviation = variance.mapv(f64::sqrt);
        for (column, _) in tiny.iter().enumerate().filter(|&(_, &tiny)| tiny) {
            deviation[column] = tiny_deviation(&x.column(column), rough[column]);
        }
        Self {
            mean,
            variance,
            deviation,
        }
    }
}

/// Whether the variance of n values is no more than rounding gives equal ones.
fn is_rounding(variance: f64, mean: f64, n: f64) -> bool {
    let rounding = n * f64::EPSILON * variance + (n * f64::EPSILON * mean).powi(2);
    variance.is_finite() && variance <= rounding
}

/// The standard deviation of a column whose squared deviations underflow: scaled by the largest deviation. `rough`
/// is the mean, up to rounding.
fn tiny_deviation<F: Scalar>(column: &ArrayRef1<F>, rough: f64) -> f64 {
    let deviations = column.mapv(|x| x.as_f64() - rough);
    let largest = deviations.fold(0.0, |largest: f64, d| largest.max(d.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let n = column.len() as f64;
    let deviations = deviations / largest;
    let left = deviations.sum() / n;
    let variance = deviations.fold(0.0, |sum, d| sum + d * d) / n - left * left;
    match is_rounding(variance, rough / largest, n) {
        true => 0.0,
        false => variance.sqrt() * largest,
    }
}
