use dl_core::rand::{Rng, distr::Distribution};
use ndarray::{Array1, ArrayRef1};

use crate::error::{finite, non_empty, parameter};
use crate::special::{log_ratio, minus_ln_1p, normal_cdf, normal_pdf};
use crate::{MathError, Scalar};
use dl_core::{memory::filled, sum::sum_terms};

/// The normal distribution N(μ, σ²) (Goodfellow et al. 2016, section 3.9.3).
///
/// ```
/// use dl_math::{Normal, ndarray::array};
/// let heights = Normal::fit(&array![1.6, 1.7, 1.8])?;
/// assert!((heights.mean() - 1.7f64).abs() <= 1e-12);
/// assert!((heights.variance() - 0.02 / 3.0).abs() <= 1e-12);
/// # Ok::<(), dl_math::MathError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal<F> {
    mean: F,
    std_dev: F,
}

impl<F: Scalar> Normal<F> {
    /// From the mean μ and the standard deviation σ.
    ///
    /// # Errors
    /// If μ is not finite, or σ not positive and finite.
    pub fn new(mean: F, std_dev: F) -> Result<Self, MathError> {
        parameter("mean", mean, "finite", mean.is_finite())?;
        let ok = std_dev > F::zero() && std_dev.is_finite();
        parameter("std_dev", std_dev, "positive and finite", ok)?;
        Ok(Self { mean, std_dev })
    }

    /// The standard normal distribution N(0, 1).
    pub fn standard() -> Self {
        Self {
            mean: F::zero(),
            std_dev: F::one(),
        }
    }

    /// The maximum-likelihood estimate: μ = Σ xᵢ / n and σ² = Σ (xᵢ − μ)² / n (Bishop 2006,
    /// eq. 1.55 and 1.56), which divides by n, not n − 1. Summed in `f64`.
    ///
    /// # Errors
    /// If there are no samples, one is not finite, or all are equal.
    pub fn fit(samples: &ArrayRef1<F>) -> Result<Self, MathError> {
        non_empty("samples", samples)?;
        finite("samples", samples)?;
        if samples.iter().all(|&x| x == samples[0]) {
            let what = "samples".to_owned();
            return Err(MathError::NoVariance { what });
        }
        let n = samples.len() as f64;
        let mean = sum_terms(samples.iter().map(|x| x.as_f64())) / n;
        let squares = samples.iter().map(|x| (x.as_f64() - mean).powi(2));
        let variance = sum_terms(squares) / n;
        Self::new(F::cast(mean), F::cast(variance.sqrt()))
    }

    /// μ.
    pub fn mean(&self) -> F {
        self.mean
    }

    /// σ.
    pub fn std_dev(&self) -> F {
        self.std_dev
    }

    /// σ².
    pub fn variance(&self) -> F {
        self.std_dev * self.std_dev
    }

    /// z = (x − μ) / σ.
    fn standardise(&self, x: F) -> F {
        (x - self.mean) / self.std_dev
    }

    /// ln N(x; μ, σ²) = −z²/2 − ln σ − ½ ln 2π with z = (x − μ)/σ.
    pub fn log_prob(&self, x: F) -> F {
        let z = self.standardise(x);
        -F::cast(0.5) * z * z - self.std_dev.ln() - F::cast(0.5 * LN_2PI)
    }

    /// N(x; μ, σ²) = e^(−z²/2) / (σ√(2π)).
    pub fn prob(&self, x: F) -> F {
        normal_pdf(self.standardise(x)) / self.std_dev
    }

    /// P(X ≤ x) = Φ((x − μ)/σ).
    pub fn cdf(&self, x: F) -> F {
        normal_cdf(self.standardise(x))
    }

    /// H = ln σ + ½ ln 2πe (Cover, Thomas 2006, eq. 8.9). Negative for small σ, since it is a differential entropy.
    pub fn entropy(&self) -> F {
        self.std_dev.ln() + F::cast(0.5 * (LN_2PI + 1.0))
    }

    /// KL(self ‖ other) = ln (σ₂/σ₁) + (σ₁² + (μ₁ − μ₂)²) / (2σ₂²) − ½. With the excess u = σ₁/σ₂ − 1 it is u −
    /// ln(1 + u) + ½u² + ½((μ₁ − μ₂)/σ₂)², of which no term is negative, so that there is no cancellation, whether
    /// σ₁ and σ₂ are close, far apart, or both far from 1.
    pub fn kl(&self, other: &Self) -> F {
        let half = F::cast(0.5);
        let distance = (self.mean - other.mean) / other.std_dev;
        let excess = (self.std_dev - other.std_dev) / other.std_dev;
        let of_deviations = if excess.abs() <= half {
            minus_ln_1p(excess)
        } else {
            excess - log_ratio(self.std_dev, other.std_dev)
        };
        // ∞ − ln ∞ would be NaN
        let of_deviations = if excess.is_finite() {
            of_deviations
        } else {
            excess
        };
        of_deviations + half * (excess * excess + distance * distance)
    }

    /// −Σᵢ ln N(xᵢ; μ, σ²) for independent samples.
    pub fn negative_log_likelihood(&self, samples: &ArrayRef1<F>) -> F {
        sum_terms(samples.iter().map(|&x| -self.log_prob(x)))
    }

    /// One draw, μ + σz with a standard normal z.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> F {
        self.mean + self.std_dev * F::standard_normal(rng)
    }

    /// n independent draws.
    ///
    /// # Errors
    /// [`MathError::Memory`] if there is not enough memory.
    pub fn sample_n<R: Rng + ?Sized>(&self, n: usize, rng: &mut R) -> Result<Array1<F>, MathError> {
        Ok(filled(n, || self.sample(rng))?.into())
    }
}

/// ln 2π.
pub(crate) const LN_2PI: f64 = 1.837_877_066_409_345_3;

/// For `rng.sample(…)` and ndarray-rand's `Array::random_using`.
///
/// ```
/// use dl_math::{Normal, rand::Rng, random::generator};
///
/// let x: f64 = generator(0).sample(Normal::new(3.0, 0.1)?);
/// assert!((x - 3.0).abs() < 1.0);
/// # Ok::<(), dl_math::MathError>(())
/// ```
impl<F: Scalar> Distribution<F> for Normal<F> {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> F {
        self.sample(rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use crate::testing::{close, integral};
    use ndarray::array;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn any_normal() -> impl Strategy<Value = Normal<f64>> {
        (-3.0f64..3.0, 0.3f64..3.0).prop_map(|(mean, std)| Normal::new(mean, std).unwrap())
    }

    /// E[f(X)] by quadrature over ±12σ.
    fn expectation(p: &Normal<f64>, f: impl Fn(f64) -> f64) -> f64 {
        let (low, high) = (p.mean() - 12.0 * p.std_dev(), p.mean() + 12.0 * p.std_dev());
        integral(low, high, |x| p.prob(x) * f(x))
    }

    proptest! {
        #[test]
        fn moments_entropy_and_divergence_are_integrals(p in any_normal(), q in any_normal()) {
            prop_assert!(close(expectation(&p, |_| 1.0), 1.0, 1e-9));
            prop_assert!(close(expectation(&p, |x| x), p.mean(), 1e-9));
            prop_assert!(close(expectation(&p, |x| (x - p.mean()).powi(2)), p.variance(), 1e-9));
            prop_assert!(close(expectation(&p, |x| -p.log_prob(x)), p.entropy(), 1e-9));
            let ratio = |x| p.log_prob(x) - q.log_prob(x);
            prop_assert!(close(expectation(&p, ratio), p.kl(&q), 1e-9));
            prop_assert_eq!(p.kl(&p), 0.0);
        }

        #[test]
        fn the_density_is_the_exponential_and_the_derivative_of_the_cdf(
            p in any_normal(),
            z in -3.0f64..3.0,
        ) {
            let x = p.mean() + z * p.std_dev();
            prop_assert!(close(p.prob(x), p.log_prob(x).exp(), 1e-14));
            let h = 1e-5;
            prop_assert!(close(p.prob(x), (p.cdf(x + h) - p.cdf(x - h)) / (2.0 * h), 1e-8));
        }

        #[test]
        fn no_other_normal_has_a_lower_negative_log_likelihood(
            samples in vec(-5.0f64..5.0, 2..20),
            shift in -0.5f64..0.5,
            factor in 0.5f64..2.0,
        ) {
            let samples = Array1::from(samples);
            let best = Normal::fit(&samples).unwrap();
            let other = Normal::new(best.mean() + shift, best.std_dev() * factor).unwrap();
            let [best, other] = [best, other].map(|p| p.negative_log_likelihood(&samples));
            prop_assert!(best <= other + 1e-10);
        }
    }

    #[test]
    fn samples_have_the_mean_and_the_variance() {
        let n = 10_000;
        let p = Normal::new(2.0f32, 0.5).unwrap();
        let found = Normal::fit(&p.sample_n(n, &mut generator(1)).unwrap()).unwrap();
        let standard_error = p.std_dev() / (n as f32).sqrt();
        assert!((found.mean() - p.mean()).abs() <= 4.0 * standard_error);
        // the standard error of a standard deviation is σ/√(2n)
        assert!((found.std_dev() - p.std_dev()).abs() <= 4.0 * standard_error / 2f32.sqrt());
    }

    #[test]
    fn far_apart_scales_give_an_infinite_divergence_not_nan() {
        let (wide, narrow) = (
            Normal::new(0.0f32, 1e30).unwrap(),
            Normal::new(0.0, 1e-30).unwrap(),
        );
        assert_eq!(wide.kl(&narrow), f32::INFINITY);
        assert!((narrow.kl(&wide) - (60.0 * 10f32.ln() - 0.5)).abs() <= 1e-4);
        assert_eq!(Normal::standard().log_prob(1e30f32), f32::NEG_INFINITY);
    }

    /// Closed forms: KL of equal means is ½(r² − 1) − ln r with r = σ₁/σ₂, which is (r − 1)² near r = 1,
    /// whatever the size of σ.
    #[test]
    fn divergence_keeps_its_digits() {
        for scale in [1.0, 1e-30_f32, 1e30] {
            let [p, q] = [1.001, 1.0].map(|s| Normal::new(0.0, s * scale).unwrap());
            let ratio = f64::from(p.std_dev()) / f64::from(q.std_dev());
            let exact = (ratio - 1.0) - (ratio - 1.0).ln_1p() + 0.5 * (ratio - 1.0).powi(2);
            assert!((f64::from(p.kl(&q)) / exact - 1.0).abs() <= 1e-3, "{scale}");
        }
        for ratio in [1e-6, 0.3, 0.49, 0.51, 0.8, 1.2, 1.6, 1e6_f32] {
            let p = Normal::new(0.0, ratio).unwrap();
            let r = f64::from(ratio);
            let exact = 0.5 * (r * r - 1.0) - r.ln();
            assert!(
                (f64::from(p.kl(&Normal::standard())) / exact - 1.0).abs() <= 1e-6,
                "{ratio}"
            );
        }
    }

    #[test]
    fn more_draws_than_memory_are_an_error() {
        let draws = Normal::<f64>::standard().sample_n(usize::MAX, &mut generator(0));
        assert!(matches!(draws, Err(MathError::Memory(_))));
    }

    #[test]
    fn errors_name_the_parameter() {
        let message = |result: Result<Normal<f64>, MathError>| result.unwrap_err().to_string();
        assert_eq!(
            message(Normal::new(f64::NAN, 1.0)),
            "mean is NaN, but must be finite"
        );
        assert_eq!(
            message(Normal::new(0.0, 0.0)),
            "std_dev is 0, but must be positive and finite"
        );
        assert_eq!(
            message(Normal::fit(&array![0.1, 0.1, 0.1])),
            "samples does not vary: the maximum-likelihood variance is 0, for which there is no density"
        );
        assert_eq!(
            message(Normal::fit(&array![0.0, f64::INFINITY])),
            "samples[1] is inf, but must be finite"
        );
        assert_eq!(
            message(Normal::fit(&array![])),
            "samples is empty, but must have at least one entry"
        );
    }
}
