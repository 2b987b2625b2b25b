//! Linear regression by maximum likelihood.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

use crate::error::{finite, parameter, shape};
use crate::likelihood::gaussian_nll;
use crate::{MathError, Normal, Scalar};
use dl_core::linalg::{Qr, solve_upper_triangular};
use dl_core::sum::sum_terms;

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
    /// If a weight or the bias is not finite, or the variance not positive and finite.
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
    /// Same as [`least_squares`], and if the line goes through every point, so that no noise is left. (Residuals
    /// that are zero up to rounding give a tiny variance.)
    pub fn fit(x: &ArrayRef2<F>, y: &ArrayRef1<F>) -> Result<Self, MathError> {
        let (weights, bias) = least_squares(x, y)?;
        let squares = x.rows().into_iter().zip(y).map(|(x, y)| {
            let terms = x.iter().zip(&weights).map(|(x, w)| x.as_f64() * w.as_f64());
            (sum_terms(terms) + bias.as_f64() - y.as_f64()).powi(2)
        });
        let variance = F::cast(sum_terms(squares) / y.len() as f64);
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
    /// If x does not have d entries, or gives a mean that is not finite.
    pub fn at(&self, x: &ArrayRef1<F>) -> Result<Normal<F>, MathError> {
        shape("x", x.shape(), self.weights.shape())?;
        Normal::new(self.weights.dot(x) + self.bias, self.variance.sqrt())
    }

    /// E[y|x] = w·x + b for the rows of x `[n, d]`.
    ///
    /// # Errors
    /// If a row does not have d entries.
    pub fn mean(&self, x: &ArrayRef2<F>) -> Result<Array1<F>, MathError> {
        shape("x", x.shape(), &[x.nrows(), self.weights.len()])?;
        Ok(x.dot(&self.weights) + self.bias)
    }

    /// −Σᵢ ln p(yᵢ|xᵢ) for x `[n, d]` and y `[n]`.
    ///
    /// # Errors
    /// If the shapes do not match.
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
/// If the numbers of rows differ, an entry is not finite, there are fewer than d + 1 rows, or a
/// column of x is, up to rounding, a linear combination of the constant and the columns before it.
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
    // each column is divided by its largest entry, so that no square overflows or underflows
    let scales = x.map_axis(Axis(0), |column| {
        let largest = column.fold(0.0, |m: f64, x| m.max(x.as_f64().abs()));
        if largest == 0.0 { 1.0 } else { largest }
    });
    let a = Array2::from_shape_fn((n, unknowns), |(i, j)| match j {
        0 => 1.0,
        _ => x[[i, j - 1]].as_f64() / scales[j - 1],
    });
    let qr = Qr::new(&a);
    let r = qr.r();
    // R_jj is the length of the part of column j orthogonal to the columns before it
    let tolerance = n as f64 * f64::EPSILON;
    let length = |j: usize| r.column(j).dot(&r.column(j)).sqrt();
    let dependent = |&j: &usize| r[[j, j]] <= tolerance * length(j);
    if let Some(j) = (1..unknowns).find(dependent) {
        return Err(MathError::DependentColumn { column: j - 1 });
    }
    // no R_jj is 0: the first is √n, the others were just checked
    let theta = solve_upper_triangular(r, &qr.q_transposed_dot(&y.mapv(F::as_f64)));
    let (bias, weights) = theta.view().split_at(Axis(0), 1);
    Ok(((&weights / &scales).mapv(F::cast), F::cast(bias[0])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use crate::testing::close;
    use ndarray::{Array2, ArrayView1, Axis, array};
    use proptest::array::uniform2;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_perturbation_has_a_lower_negative_log_likelihood(
            rows in vec((uniform2(-5.0f64..5.0), -5.0f64..5.0), 6..30),
            shift in uniform2(-0.3f64..0.3),
            shift_bias in -0.3f64..0.3,
            factor in 0.7f64..1.4,
        ) {
            let x = Array2::from(rows.iter().map(|(x, _)| *x).collect::<Vec<_>>());
            let y: Array1<f64> = rows.iter().map(|(_, y)| *y).collect();
            let best = LinearGaussian::fit(&x, &y).unwrap();
            let other = LinearGaussian::new(
                best.weights() + &Array1::from_iter(shift),
                best.bias() + shift_bias,
                best.variance() * factor,
            ).unwrap();
            let [best, other] = [best, other].map(|p| p.negative_log_likelihood(&x, &y).unwrap());
            prop_assert!(best <= other + 1e-9);
        }

        #[test]
        fn the_negative_log_likelihood_is_that_of_each_normal(
            rows in vec((-5.0f64..5.0, -5.0f64..5.0), 1..20),
            w in -3.0f64..3.0,
            b in -3.0f64..3.0,
            variance in 0.1f64..4.0,
        ) {
            let (x, y): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            let x = Array1::from(x).insert_axis(Axis(1));
            let model = LinearGaussian::new(array![w], b, variance).unwrap();
            let each = x.rows().into_iter().zip(&y).map(|(x, &y)| -model.at(&x).unwrap().log_prob(y));
            let nll = model.negative_log_likelihood(&x, &Array1::from_iter(y.clone())).unwrap();
            prop_assert!(close(nll, each.sum(), 1e-12));
        }

        #[test]
        fn weights_without_noise_are_found_at_any_scale_of_a_feature(
            w in uniform2(-3.0f64..3.0),
            b in -3.0f64..3.0,
            scale in prop_oneof![Just(1e-300), Just(1e-9), Just(1.0), Just(1e9), Just(1e300)],
        ) {
            let x = array![[0.0, 1.0], [1.0, -1.0], [2.0, 0.5], [-1.0, 2.0]];
            let y = x.dot(&Array1::from_iter(w)) + b;
            let (found, bias) = least_squares(&(x * array![1.0, scale]), &y).unwrap();
            prop_assert!(close(found[0], w[0], 1e-13) && close(bias, b, 1e-13));
            prop_assert!(close(found[1] * scale, w[1], 1e-13));
        }
    }

    /// The course's y = 2x + 1 + 0.4·N(0, 1).
    #[test]
    fn noise_is_distinguished_from_signal() {
        let rng = &mut generator(42);
        let n = 1000;
        let x = Array1::linspace(-1.0f32, 1.0, n).insert_axis(Axis(1));
        let truth = LinearGaussian::new(array![2.0f32], 1.0, 0.16).unwrap();
        let draw = |x: ArrayView1<'_, f32>| truth.at(&x).unwrap().sample(rng);
        let y: Array1<f32> = x.rows().into_iter().map(draw).collect();
        let found = LinearGaussian::fit(&x, &y).unwrap();
        // 4 standard errors: σ/√(n Var x) with Var x = 1/3, σ/√n, σ²√(2/n)
        assert!((found.weights()[0] - 2.0).abs() <= 4.0 * 0.4 / (n as f32 / 3.0).sqrt());
        assert!((found.bias() - 1.0).abs() <= 4.0 * 0.4 / (n as f32).sqrt());
        assert!((found.variance() - 0.16).abs() <= 4.0 * 0.16 * (2.0 / n as f32).sqrt());
    }

    #[test]
    fn without_features_the_bias_is_the_mean() {
        let (weights, bias) =
            least_squares(&Array2::zeros((3, 0)), &array![1.0, 2.0, 6.0]).unwrap();
        assert_eq!(weights.len(), 0);
        assert!(close(bias, 3.0, 1e-15));
    }

    #[test]
    fn errors_name_the_mismatch() {
        fn message<T: std::fmt::Debug>(result: Result<T, MathError>) -> String {
            result.unwrap_err().to_string()
        }
        let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [1.0, 1.0]];
        let y = array![0.0, 1.0, 2.0, 4.0];
        assert_eq!(
            message(least_squares(&x, &array![1.0])),
            "y has shape [1], but must have shape [4]"
        );
        assert_eq!(
            message(least_squares(
                &array![[0.0, 1.0], [1.0, 0.0]],
                &array![1.0, 2.0]
            )),
            "x has 2 rows, but at least 3 are needed"
        );
        let mut hole = x.clone();
        hole[[2, 1]] = f64::NAN;
        assert_eq!(
            message(least_squares(&hole, &y)),
            "x[2, 1] is NaN, but must be finite"
        );
        let infinite = array![0.0, f64::INFINITY, 2.0, 4.0];
        assert_eq!(
            message(LinearGaussian::fit(&x, &infinite)),
            "y[1] is inf, but must be finite"
        );
        for value in [0.1, 1e-9, 0.3e9] {
            let mut constant = x.clone();
            constant.column_mut(0).fill(value);
            assert_eq!(
                message(least_squares(&constant, &y)),
                "column 0 of x is a linear combination of the constant and the columns before it, \
                 so the weights are not unique"
            );
        }
        let mut sum = x.clone();
        sum.column_mut(1).assign(&(&x.column(0) * 0.3 - 0.7));
        assert!(matches!(
            least_squares(&sum, &y),
            Err(MathError::DependentColumn { column: 1 })
        ));
        let mut zero = x.clone();
        zero.column_mut(1).fill(0.0);
        assert!(matches!(
            least_squares(&zero, &y),
            Err(MathError::DependentColumn { column: 1 })
        ));
        assert_eq!(
            message(LinearGaussian::fit(&x, &array![0.0, 0.0, 0.0, 0.0])),
            "y around the line does not vary: the maximum-likelihood variance is 0, \
             for which there is no density"
        );
        let model = LinearGaussian::fit(&x, &y).unwrap();
        assert_eq!(
            message(model.at(&array![1.0])),
            "x has shape [1], but must have shape [2]"
        );
        assert_eq!(
            message(model.mean(&array![[1.0], [2.0]])),
            "x has shape [2, 1], but must have shape [2, 2]"
        );
        assert_eq!(
            message(model.negative_log_likelihood(&x, &array![1.0])),
            "y has shape [1], but must have shape [4]"
        );
        assert_eq!(
            message(LinearGaussian::new(array![1.0], 0.0, -1.0)),
            "variance is -1, but must be positive and finite"
        );
    }
}
