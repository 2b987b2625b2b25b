//! Linear regression as maximum likelihood.

use nalgebra::{DMatrix, DVector};
use ndarray::{Array1, ArrayRef1, ArrayRef2};

use crate::error::{finite, parameter, shape};
use crate::likelihood::gaussian_nll;
use crate::{MathError, Normal, Scalar};

/// The conditional distribution p(y|x) = N(y; w·x + b, σ²) (Goodfellow et al. 2016,
/// section 5.5.1; Bishop 2006, section 3.1.1).
///
/// ```
/// use dl_math::{LinearGaussian, ndarray::array};
/// let x = array![[-1.0], [0.0], [1.0], [2.0]];
/// let y = array![-1.1, 1.1, 3.1, 4.9];                          // 2x + 1 and noise of ±0.1
/// let model = LinearGaussian::fit(&x, &y)?;
/// assert!((model.weights()[0] - 2.0f64).abs() <= 0.1);
/// assert!((model.bias() - 1.0).abs() <= 0.1);
/// let at_three = model.at(&array![3.0])?;                       // p(y | x = 3), a Normal
/// assert!((at_three.mean() - 7.0).abs() <= 0.2);
/// # Ok::<(), dl_math::MathError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearGaussian<F> {
    weights: Array1<F>,
    bias: F,
    variance: F,
}

impl<F: Scalar> LinearGaussian<F> {
    /// From weights w `[d]`, bias b and noise variance σ².
    ///
    /// # Errors
    /// Where a weight or the bias is not finite, or the variance not positive and finite.
    pub fn new(weights: Array1<F>, bias: F, variance: F) -> Result<Self, MathError> {
        finite("weights", &weights)?;
        parameter("bias", bias, "finite", bias.is_finite())?;
        let ok = variance > F::zero() && variance.is_finite();
        parameter("variance", variance, "positive and finite", ok)?;
        Ok(Self {
            weights,
            bias,
            variance,
        })
    }

    /// The maximum-likelihood estimate from x `[n, d]` and y `[n]`: the weights and bias of
    /// [`least_squares`], and the mean of the squared residuals as variance (Bishop 2006,
    /// eq. 3.15 and 3.21).
    ///
    /// # Errors
    /// As [`least_squares`], and where the line goes through every point, so that no noise is
    /// left. (Residuals that are zero but for rounding give a tiny variance.)
    pub fn fit(x: &ArrayRef2<F>, y: &ArrayRef1<F>) -> Result<Self, MathError> {
        let (weights, bias) = least_squares(x, y)?;
        let residuals = x.dot(&weights) + bias - y;
        let variance = residuals.mapv(|r| r * r).mean().unwrap_or(F::zero());
        if variance == F::zero() {
            let what = "y around the line".to_owned();
            return Err(MathError::NoVariance { what });
        }
        Self::new(weights, bias, variance)
    }

    /// w, `[d]`.
    pub fn weights(&self) -> &Array1<F> {
        &self.weights
    }

    /// b.
    pub fn bias(&self) -> F {
        self.bias
    }

    /// σ².
    pub fn variance(&self) -> F {
        self.variance
    }

    /// p(y|x) for one x `[d]`.
    ///
    /// # Errors
    /// Where x does not have d entries, or gives a mean that is not finite.
    pub fn at(&self, x: &ArrayRef1<F>) -> Result<Normal<F>, MathError> {
        shape("x", x.shape(), self.weights.shape())?;
        Normal::new(self.weights.dot(x) + self.bias, self.variance.sqrt())
    }

    /// E[y|x] = w·x + b for the rows of x `[n, d]`.
    ///
    /// # Errors
    /// Where a row does not have d entries.
    pub fn mean(&self, x: &ArrayRef2<F>) -> Result<Array1<F>, MathError> {
        shape("x", x.shape(), &[x.nrows(), self.weights.len()])?;
        Ok(x.dot(&self.weights) + self.bias)
    }

    /// −Σᵢ ln p(yᵢ|xᵢ) for x `[n, d]` and y `[n]`.
    ///
    /// # Errors
    /// Where the shapes do not fit.
    pub fn negative_log_likelihood(
        &self,
        x: &ArrayRef2<F>,
        y: &ArrayRef1<F>,
    ) -> Result<F, MathError> {
        shape("y", y.shape(), &[x.nrows()])?;
        gaussian_nll(y, &self.mean(x)?, self.variance)
    }
}

/// The weights w `[d]` and bias b that minimise Σᵢ (yᵢ − w·xᵢ − b)², for x `[n, d]` and y `[n]`.
///
/// With A = \[1 x\] = QR, the minimum of ‖y − Aθ‖ is where Rθ = Qᵀy (Golub, Van Loan 2013,
/// section 5.3.3). Computed in `f64`.
///
/// # Errors
/// Where the numbers of rows differ, an entry is not finite, there are fewer than d + 1 rows, or
/// a column of x is a linear combination of the constant and the columns before it.
pub fn least_squares<F: Scalar>(
    x: &ArrayRef2<F>,
    y: &ArrayRef1<F>,
) -> Result<(Array1<F>, F), MathError> {
    let (n, unknowns) = (x.nrows(), x.ncols() + 1);
    shape("y", y.shape(), &[n])?;
    finite("x", x)?;
    finite("y", y)?;
    if n < unknowns {
        return Err(MathError::TooFewRows {
            what: "x",
            rows: n,
            needed: unknowns,
        });
    }
    let a = DMatrix::from_fn(n, unknowns, |i, j| {
        if j == 0 { 1.0 } else { x[[i, j - 1]].as_f64() }
    });
    let qr = a.qr();
    let r = qr.r();
    // |R_jj| is the length of what column j has beyond the columns before it
    let tolerance = n as f64 * f64::EPSILON;
    let dependent = |&j: &usize| !(r[(j, j)].abs() > tolerance * r.column(j).norm());
    if let Some(j) = (1..unknowns).find(dependent) {
        return Err(MathError::DependentColumn { column: j - 1 });
    }
    let mut q_y = DVector::from_iterator(n, y.iter().map(|y| y.as_f64()));
    qr.q_tr_mul(&mut q_y);
    // no R_jj is 0: the first is √n, the others were just checked
    let theta = r.solve_upper_triangular_unchecked(&q_y.rows(0, unknowns));
    Ok((
        theta.iter().skip(1).map(|&w| F::of(w)).collect(),
        F::of(theta[0]),
    ))
}
