//! Negative log-likelihoods of *conditional* distributions p(y|x), where a network or a linear
//! model gives the parameters: the losses of deep learning (Goodfellow et al. 2016, section 5.5).
//!
//! | p(y\|x) | output unit | −ln p(y\|x) is, but for constants |
//! |---|---|---|
//! | [`Normal`](crate::Normal) | linear (mean) | squared error |
//! | [`Bernoulli`](crate::Bernoulli) | sigmoid (logit) | binary cross-entropy |
//! | [`Categorical`](crate::Categorical) | softmax (logits) | cross-entropy |
//!
//! Each is the sum over the samples, as the likelihood is their product; losses usually are the
//! mean. Closed-form maximum-likelihood estimates are the `fit` of each distribution and of
//! [`LinearGaussian`](crate::LinearGaussian).

use ndarray::{ArrayRef, ArrayRef1, ArrayRef2, Axis, Dimension};

use crate::distributions::LN_2PI;
use crate::error::{labels as check_labels, parameter, shape};
use crate::softmax::log_sum_exp;
use crate::special::softplus;
use crate::{MathError, Scalar};

/// −Σᵢ ln N(yᵢ; μᵢ, σ²) = Σᵢ (yᵢ − μᵢ)² / (2σ²) + (n/2) ln 2πσ² (Goodfellow et al. 2016,
/// eq. 5.65), for targets y and means μ of one shape.
///
/// ```
/// use dl_math::{likelihood::gaussian_nll, ndarray::array};
/// let nll = gaussian_nll(&array![1.0, 2.0], &array![1.0, 4.0], 1.0)?;
/// assert!((nll - (2.0 + (2.0 * std::f64::consts::PI).ln())).abs() <= 1e-12);
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// Where the shapes differ, or the variance is not positive and finite.
pub fn gaussian_nll<F: Scalar, D: Dimension>(
    targets: &ArrayRef<F, D>,
    means: &ArrayRef<F, D>,
    variance: F,
) -> Result<F, MathError> {
    shape("means", means.shape(), targets.shape())?;
    let ok = variance > F::zero() && variance.is_finite();
    parameter("variance", variance, "positive and finite", ok)?;
    let squares: F = targets
        .iter()
        .zip(means)
        .map(|(&y, &mean)| (y - mean) * (y - mean))
        .sum();
    let n = F::of(targets.len() as f64);
    let half = F::of(0.5);
    Ok(half * squares / variance + half * n * (F::of(LN_2PI) + variance.ln()))
}

/// −Σᵢ ln P(yᵢ) with P(true) = σ(zᵢ), for targets y and logits z of one shape: Σᵢ ζ(−zᵢ) where y
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
/// Where the shapes differ.
pub fn bernoulli_nll<F: Scalar, D: Dimension>(
    targets: &ArrayRef<bool, D>,
    logits: &ArrayRef<F, D>,
) -> Result<F, MathError> {
    shape("logits", logits.shape(), targets.shape())?;
    Ok(targets
        .iter()
        .zip(logits)
        .map(|(&y, &z)| softplus(if y { -z } else { z }))
        .sum())
}

/// −Σᵢ ln softmax(zᵢ)[yᵢ] = Σᵢ (ln Σₖ e^zᵢₖ − zᵢ[yᵢ]) (Goodfellow et al. 2016, eq. 6.30), for
/// labels y `[n]` in 0 … K − 1 and logits z `[n, K]`.
///
/// ```
/// use dl_math::{likelihood::categorical_nll, ndarray::array};
/// assert_eq!(categorical_nll(&array![1], &array![[0.0, 0.0, 0.0, 0.0]])?, 4f64.ln());
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// Where the numbers of rows differ, or a label is K or more.
pub fn categorical_nll<F: Scalar>(
    labels: &ArrayRef1<usize>,
    logits: &ArrayRef2<F>,
) -> Result<F, MathError> {
    let classes = logits.ncols();
    shape("logits", logits.shape(), &[labels.len(), classes])?;
    check_labels("labels", labels, classes)?;
    let log_sums = logits.map_axis(Axis(1), |z| log_sum_exp(&z.to_vec()));
    Ok(log_sums
        .iter()
        .zip(labels)
        .enumerate()
        .map(|(i, (&log_sum, &y))| log_sum - logits[[i, y]])
        .sum())
}
