//! Negative log-likelihoods of *conditional* distributions p(y|x), whose parameters are given by a network or a
//! linear model: the losses of deep learning (Goodfellow et al. 2016, section 5.5).
//! | p(y\|x) | output unit | −ln p(y\|x), up to constants |
//! |---|---|---|
//! | [`Normal`](crate::Normal) | linear (mean) | squared error |
//! | [`Bernoulli`](crate::Bernoulli) | sigmoid (logit) | binary cross-entropy |
//! | [`Categorical`](crate::Categorical) | softmax (logits) | cross-entropy |
//!
//! Each is the sum over the samples, since the likelihood is their product; losses are usually the mean. A NaN
//! parameter makes them NaN, which reveals diverged training. Closed-form maximum-likelihood estimates are the
//! `fit` of each distribution and of [`LinearGaussian`](crate::LinearGaussian).

use ndarray::{ArrayRef, ArrayRef1, ArrayRef2, Dimension};

use crate::distributions::LN_2PI;
use crate::error::{labels as check_labels, parameter, shape};
use crate::softmax::log_sum_exp_parts;
use crate::special::softplus;
use crate::{MathError, Scalar};
use dl_core::sum::sum_terms;

/// −Σᵢ ln N(yᵢ; μᵢ, σ²) = Σᵢ (yᵢ − μᵢ)² / (2σ²) + (n/2) ln 2πσ² (Goodfellow et al. 2016, eq.
/// 5.65), for targets y and means μ of the same shape.
///
/// ```
/// use dl_math::{likelihood::gaussian_nll, ndarray::array};
/// let nll = gaussian_nll(&array![1.0, 2.0], &array![1.0, 4.0], 1.0)?;
/// assert!((nll - (2.0 + (2.0 * std::f64::consts::PI).ln())).abs() <= 1e-12);
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// If the shapes differ, or the variance is not positive and finite.
pub fn gaussian_nll<F: Scalar, D: Dimension>(
    targets: &ArrayRef<F, D>,
    means: &ArrayRef<F, D>,
    variance: F,
) -> Result<F, MathError> {
    shape("means", means.shape(), targets.shape())?;
    let ok = variance > F::zero() && variance.is_finite();
    parameter("variance", variance, "positive and finite", ok)?;
    let pairs = targets.iter().zip(means);
    let squares = sum_terms(pairs.map(|(&y, &mean)| (y - mean).as_f64().powi(2)));
    let (n, variance) = (targets.len() as f64, variance.as_f64());
    Ok(F::cast(
        0.5 * squares / variance + 0.5 * n * (LN_2PI + variance.ln()),
    ))
}

/// −Σᵢ ln P(yᵢ) with P(true) = σ(zᵢ), for targets y and logits z of the same shape: Σᵢ ζ(−zᵢ) where y
/// is true, ζ(zᵢ) where it is false, ζ the softplus function (Goodfellow et al. 2016, eq. 6.26).
///
/// ```
/// use dl_math::{likelihood::bernoulli_nll, ndarray::array};
/// let nll = bernoulli_nll(&array![true, false], &array![0.0, 1e4_f32])?;
/// assert_eq!(nll, 1e4 + 2f32.ln());
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// If the shapes differ.
pub fn bernoulli_nll<F: Scalar, D: Dimension>(
    targets: &ArrayRef<bool, D>,
    logits: &ArrayRef<F, D>,
) -> Result<F, MathError> {
    shape("logits", logits.shape(), targets.shape())?;
    let pairs = targets.iter().zip(logits);
    Ok(sum_terms(
        pairs.map(|(&y, &z)| softplus(if y { -z } else { z })),
    ))
}

/// −Σᵢ ln softmax(zᵢ)ₖ = Σᵢ (ln Σⱼ e^zᵢⱼ − zᵢₖ) at k = yᵢ (Goodfellow et al. 2016, eq. 6.30), for
/// labels y `[n]` in 0 … K − 1 and logits z `[n, K]`.
///
/// ```
/// use dl_math::{likelihood::categorical_nll, ndarray::array};
/// assert_eq!(categorical_nll(&array![1], &array![[0.0, 0.0, 0.0, 0.0]])?, 4f64.ln());
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// If the numbers of rows differ, or a label is K or more.
pub fn categorical_nll<F: Scalar>(
    labels: &ArrayRef1<usize>,
    logits: &ArrayRef2<F>,
) -> Result<F, MathError> {
    let classes = logits.ncols();
    shape("logits", logits.shape(), &[labels.len(), classes])?;
    check_labels("labels", labels, classes)?;
    let rows = logits.rows().into_iter().zip(labels);
    Ok(sum_terms(rows.map(|(z, &y)| {
        let (m, log_sum) = match z.as_slice() {
            Some(z) => log_sum_exp_parts(z),
            None => log_sum_exp_parts(&z.to_vec()),
        };
        // in this order: added to a large m, the logarithm would lose its digits
        (m - z[y]) + log_sum
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::information::cross_entropy;
    use crate::softmax::softmax;
    use crate::special::{sigmoid, weighted};
    use crate::testing::close;
    use crate::{Bernoulli, Categorical, Normal};
    use ndarray::{Array1, Array2, Axis, array};
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn mean_squared_error_is_the_gaussian_one_up_to_scale_and_constant(
            pairs in vec((-5.0f64..5.0, -5.0f64..5.0), 1..20),
            variance in 0.1f64..5.0,
        ) {
            let (y, mean): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let (y, mean) = (Array1::from(y), Array1::from(mean));
            let n = y.len() as f64;
            let mse = (&y - &mean).mapv(|d| d * d).sum() / n;
            let constant = 0.5 * (2.0 * std::f64::consts::PI * variance).ln();
            let nll = gaussian_nll(&y, &mean, variance).unwrap();
            prop_assert!(close(nll / n, mse / (2.0 * variance) + constant, 1e-13));
            let each = y.iter().zip(&mean).map(|(&y, &mean)| {
                -Normal::new(mean, variance.sqrt()).unwrap().log_prob(y)
            });
            prop_assert!(close(nll, each.sum(), 1e-12));
        }

        #[test]
        fn binary_cross_entropy_is_the_bernoulli_one(
            pairs in vec((any::<bool>(), -20.0f64..20.0), 1..20),
        ) {
            let (y, z): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let (y, z) = (Array1::from(y), Array1::from(z));
            let loss = |(&y, &z): (&bool, &f64)| {
                let (y, p) = (f64::from(u8::from(y)), sigmoid(z));
                -(weighted(y, p.ln()) + weighted(1.0 - y, (1.0 - p).ln()))
            };
            let nll = bernoulli_nll(&y, &z).unwrap();
            prop_assert!(close(nll, y.iter().zip(&z).map(loss).sum(), 1e-6));
            let each = y.iter().zip(&z).map(|(&y, &z)| {
                -Bernoulli::from_logit(z).unwrap().log_prob(y)
            });
            prop_assert!(close(nll, each.sum(), 1e-13));
        }

        #[test]
        fn cross_entropy_to_the_one_hot_labels_is_the_categorical_one(
            rows in vec((0usize..4, vec(-20.0f64..20.0, 4)), 1..20),
        ) {
            let labels: Array1<usize> = rows.iter().map(|(y, _)| *y).collect();
            let logits = Array2::from_shape_fn((rows.len(), 4), |(i, k)| rows[i].1[k]);
            let p = softmax(&logits, Axis(1));
            let loss = |(&y, p): (&usize, ndarray::ArrayView1<'_, f64>)| {
                let one_hot = Array1::from_shape_fn(4, |k| f64::from(u8::from(k == y)));
                cross_entropy(&one_hot, &p.to_owned()).unwrap()
            };
            let nll = categorical_nll(&labels, &logits).unwrap();
            prop_assert!(close(nll, labels.iter().zip(p.rows()).map(loss).sum(), 1e-12));
            let each = labels.iter().zip(logits.rows()).map(|(&y, z)| {
                -Categorical::from_logits(&z).unwrap().log_prob(y)
            });
            prop_assert!(close(nll, each.sum(), 1e-13));
        }

        #[test]
        fn two_logits_are_one_difference(pairs in vec((any::<bool>(), -20.0f64..20.0), 1..20)) {
            let (y, z): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let labels: Array1<usize> = y.iter().map(|&y| usize::from(y)).collect();
            let logits = Array2::from_shape_fn((z.len(), 2), |(i, k)| if k == 1 { z[i] } else { 0.0 });
            let nll = bernoulli_nll(&Array1::from(y), &Array1::from(z)).unwrap();
            prop_assert!(close(nll, categorical_nll(&labels, &logits).unwrap(), 1e-13));
        }
    }

    #[test]
    fn logits_of_any_size_are_stable_in_single_precision() {
        let logits = array![1e4f32, -1e4];
        assert_eq!(bernoulli_nll(&array![true, false], &logits).unwrap(), 0.0);
        assert_eq!(bernoulli_nll(&array![false, true], &logits).unwrap(), 2e4);
        let logits = array![[1e4f32, -1e4]];
        assert_eq!(categorical_nll(&array![0], &logits).unwrap(), 0.0);
        assert_eq!(categorical_nll(&array![1], &logits).unwrap(), 2e4);
    }

    #[test]
    fn errors_name_the_argument() {
        let message = |result: Result<f64, MathError>| result.unwrap_err().to_string();
        let y = array![1.0, 2.0];
        assert_eq!(
            message(gaussian_nll(&y, &array![1.0], 1.0)),
            "means has shape [1], but must have shape [2]"
        );
        assert_eq!(
            message(gaussian_nll(&y, &y, 0.0)),
            "variance is 0, but must be positive and finite"
        );
        assert_eq!(
            message(bernoulli_nll(&array![true], &y)),
            "logits has shape [2], but must have shape [1]"
        );
        let logits = array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]];
        assert_eq!(
            message(categorical_nll(&array![2, 3], &logits)),
            "labels[1] is 3, but must be less than 3"
        );
        assert_eq!(
            message(categorical_nll(&array![2], &logits)),
            "logits has shape [2, 3], but must have shape [1, 3]"
        );
    }

    /// Closed form: ln(1 + e^±½) per sample, and ln K for K equal logits.
    #[test]
    fn large_logits_and_many_samples_keep_their_digits() {
        let n = 100_000;
        let logits = Array2::from_shape_fn((n, 2), |(_, k)| 1e6 + 0.5 * k as f32);
        let nll = categorical_nll(&Array1::zeros(n), &logits).unwrap();
        let exact = n as f64 * 0.5_f64.exp().ln_1p();
        assert!((f64::from(nll) / exact - 1.0).abs() <= 2e-7);
        let nll = bernoulli_nll(&Array1::from_elem(n, true), &Array1::from_elem(n, 3.0_f32));
        let exact = n as f64 * (-3_f64).exp().ln_1p();
        assert!((f64::from(nll.unwrap()) / exact - 1.0).abs() <= 2e-7);
        let y = Array1::from_elem(n, 0.1_f32);
        let nll = gaussian_nll(&y, &Array1::zeros(n), 1.0).unwrap();
        let square = f64::from(0.1_f32).powi(2);
        let exact = 0.5 * n as f64 * (square + LN_2PI);
        assert!((f64::from(nll) / exact - 1.0).abs() <= 2e-7);
    }
}
