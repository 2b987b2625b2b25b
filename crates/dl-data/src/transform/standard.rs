//! Mean 0, standard deviation 1.

use dl_math::Scalar;
use ndarray::{Array1, Array2, ArrayRef2};

use super::{Transform, check_parameter, check_rows, means};
use crate::{DataError, check};

/// Standardises each column: z = (x − mean) / scale, where scale is the standard deviation with
/// divisor n, as in scikit-learn.
///
/// A column that is constant, up to rounding, has scale 1. Computed in double precision whatever
/// F is.
#[derive(Debug, Clone, PartialEq)]
pub struct StandardScaler<F> {
    mean: Array1<F>,
    scale: Array1<F>,
}

impl<F: Scalar> StandardScaler<F> {
    /// Mean and standard deviation of the columns of `x` `[n, d]`.
    ///
    /// # Errors
    /// [`DataError`] where n or d is 0, a number is NaN or infinite, or a variance overflows.
    pub fn fit(x: &ArrayRef2<F>) -> Result<Self, DataError> {
        check::table("x", x)?;
        let n = x.nrows() as f64;
        let mean = means(x);
        let mut scale = Array1::ones(x.ncols());
        for (column, values) in x.columns().into_iter().enumerate() {
            let mean = mean[column];
            let variance = values
                .iter()
                .map(|x| (x.as_f64() - mean).powi(2))
                .sum::<f64>()
                / n;
            let deviation = F::of(variance.sqrt());
            if !deviation.is_finite() {
                let statistic = "variance";
                return Err(DataError::Overflow {
                    what: "x",
                    column,
                    statistic,
                });
            }
            if !is_constant(variance, mean, n) && deviation > F::zero() {
                scale[column] = deviation;
            }
        }
        Ok(Self {
            mean: mean.mapv(F::of),
            scale,
        })
    }

    /// A scaler with these parameters, such as those of a file: `mean` `[d]`, `scale` `[d]`.
    ///
    /// # Errors
    /// [`DataError`] where their lengths differ or are 0, a mean is not finite or a scale not
    /// finite and positive.
    pub fn new(mean: Array1<F>, scale: Array1<F>) -> Result<Self, DataError> {
        check::length("scale", scale.len(), mean.len(), "means")?;
        check_parameter("mean", &mean, "finite", F::is_finite)?;
        check_parameter("scale", &scale, "finite and positive", |s| {
            s.is_finite() && s > F::zero()
        })?;
        Ok(Self { mean, scale })
    }

    /// What is subtracted from each column.
    pub fn mean(&self) -> &Array1<F> {
        &self.mean
    }

    /// What each column is divided by.
    pub fn scale(&self) -> &Array1<F> {
        &self.scale
    }
}

impl<F: Scalar> Transform<F> for StandardScaler<F> {
    fn inputs(&self) -> usize {
        self.mean.len()
    }

    fn outputs(&self) -> usize {
        self.mean.len()
    }

    fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_rows("the standard scaler", x, self.inputs())?;
        Ok((x - &self.mean) / &self.scale)
    }

    fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_rows("the standard scaler's inverse", z, self.outputs())?;
        Ok(z * &self.scale + &self.mean)
    }
}

/// Whether a variance is within the rounding error of the two-pass algorithm for a constant
/// column: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance:
/// analysis and recommendations", The American Statistician 37 (1983), 242–247.
fn is_constant(variance: f64, mean: f64, n: f64) -> bool {
    variance <= n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2)
}
