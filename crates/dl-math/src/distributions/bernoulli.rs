use dl_core::rand::{Rng, distr::Distribution};
use ndarray::{Array1, ArrayRef1};

use crate::error::{non_empty, parameter};
use crate::information::kl;
use crate::special::{log_sigmoid, sigmoid, weighted};
use crate::{MathError, Scalar};
use dl_core::{memory::filled, sum::sum_terms};

/// A coin: P(true) = p, P(false) = 1 − p (Goodfellow et al. 2016, section 3.9.1).
///
/// ```
/// use dl_math::{Bernoulli, random::generator};
/// let rain = Bernoulli::new(0.25)?;
/// assert_eq!(rain.log_prob(true), 0.25f64.ln());
/// assert_eq!(rain.variance(), 0.1875);
/// let days = rain.sample_n(1000, &mut generator(0))?;
/// assert!((Bernoulli::<f64>::fit(&days)?.p() - 0.25).abs() <= 0.05);
/// # Ok::<(), dl_math::MathError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bernoulli<F> {
    /// Logarithms of the probabilities of `false` and `true`.
    p: [F; 2],
    ln_p: [F; 2],
}

impl<F: Scalar> Bernoulli<F> {
    /// From p = P(true).
    ///
    /// # Errors
    /// If p is not in `[0, 1]`.
    pub fn new(p: F) -> Result<Self, MathError> {
        parameter("p", p, "in [0, 1]", p >= F::zero() && p <= F::one())?;
        Ok(Self {
            p: [F::one() - p, p],
            ln_p: [(-p).ln_1p(), p.ln()],
        })
    }

    /// From the logit ln (p / (1 − p)), as output by a network: p = σ(logit). Logarithms stay accurate where p
    /// itself rounds to 0 or 1.
    ///
    /// # Errors
    /// If the logit is NaN; ±∞ means certainty.
    pub fn from_logit(logit: F) -> Result<Self, MathError> {
        parameter("logit", logit, "a number", !logit.is_nan())?;
        Ok(Self {
            p: [sigmoid(-logit), sigmoid(logit)],
            ln_p: [log_sigmoid(-logit), log_sigmoid(logit)],
        })
    }

    /// The maximum-likelihood estimate p = (number of `true`) / n (Bishop 2006, eq. 2.7).
    ///
    /// # Errors
    /// If there are no samples.
    pub fn fit(samples: &ArrayRef1<bool>) -> Result<Self, MathError> {
        non_empty("samples", samples)?;
        let successes = samples.iter().filter(|&&x| x).count();
        Self::new(F::cast(successes as f64 / samples.len() as f64))
    }

    /// P(true), which is also the mean of the outcome as 0 or 1.
    pub fn p(&self) -> F {
        self.p[1]
    }

    /// ln (p / (1 − p)).
    pub fn logit(&self) -> F {
        self.ln_p[1] - self.ln_p[0]
    }

    /// ln P(x), ln p or ln (1 − p).
    pub fn log_prob(&self, x: bool) -> F {
        self.ln_p[usize::from(x)]
    }

    /// P(x), p or 1 − p.
    pub fn prob(&self, x: bool) -> F {
        self.p[usize::from(x)]
    }

    /// E\[x\] = p.
    pub fn mean(&self) -> F {
        self.p[1]
    }

    /// Var\[x\] = p(1 − p).
    pub fn variance(&self) -> F {
        self.p[1] * self.p[0]
    }

    /// H = −p ln p − (1 − p) ln (1 − p).
    pub fn entropy(&self) -> F {
        F::zero() - weighted(self.p[1], self.ln_p[1]) - weighted(self.p[0], self.ln_p[0])
    }

    /// KL(self ‖ other) = p ln (p/q) + (1 − p) ln ((1 − p)/(1 − q)).
    pub fn kl(&self, other: &Self) -> F {
        kl([0, 1]
            .into_iter()
            .map(|x| (self.p[x], self.ln_p[x] - other.ln_p[x])))
    }

    /// −Σᵢ ln P(xᵢ) for independent samples.
    pub fn negative_log_likelihood(&self, samples: &ArrayRef1<bool>) -> F {
        sum_terms(samples.iter().map(|&x| -self.log_prob(x)))
    }

    /// One outcome.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> bool {
        F::uniform(rng) < self.p[1]
    }

    /// n independent outcomes.
    ///
    /// # Errors
    /// [`MathError::Memory`] if there is not enough memory.
    pub fn sample_n<R: Rng + ?Sized>(
        &self,
        n: usize,
        rng: &mut R,
    ) -> Result<Array1<bool>, MathError> {
        Ok(filled(n, || self.sample(rng))?.into())
    }
}

/// For `rng.sample(…)` and ndarray-rand's `Array::random_using`.
impl<F: Scalar> Distribution<bool> for Bernoulli<F> {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> bool {
        self.sample(rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use crate::testing::close;
    use ndarray::array;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn moments_entropy_and_divergence_are_expectations(p in 0.0f64..=1.0, q in 0.01f64..0.99) {
            let (p, q) = (Bernoulli::new(p).unwrap(), Bernoulli::new(q).unwrap());
            let expectation = |f: &dyn Fn(bool) -> f64| -> f64 {
                [false, true].into_iter().map(|x| weighted(p.prob(x), f(x))).sum()
            };
            let number = |x| f64::from(u8::from(x));
            prop_assert!(close(expectation(&|_| 1.0), 1.0, 1e-15));
            prop_assert!(close(expectation(&number), p.mean(), 1e-15));
            prop_assert!(close(expectation(&|x| (number(x) - p.mean()).powi(2)), p.variance(), 1e-15));
            prop_assert!(close(expectation(&|x| -p.log_prob(x)), p.entropy(), 1e-14));
            prop_assert!(close(expectation(&|x| p.log_prob(x) - q.log_prob(x)), p.kl(&q), 1e-14));
            prop_assert_eq!(p.kl(&p), 0.0);
        }

        #[test]
        fn a_logit_determines_its_probability(logit in -20.0f64..20.0) {
            let a = Bernoulli::from_logit(logit).unwrap();
            let b = Bernoulli::new(a.p()).unwrap();
            for x in [false, true] {
                prop_assert!(close(a.log_prob(x), b.log_prob(x), 1e-6));
                prop_assert!(close(a.prob(x), a.log_prob(x).exp(), 1e-14));
            }
            prop_assert!(close(a.logit(), logit, 1e-14));
        }

        #[test]
        fn no_other_p_has_a_lower_negative_log_likelihood(
            samples in prop::collection::vec(any::<bool>(), 1..40),
            other in 0.0f64..=1.0,
        ) {
            let samples = Array1::from(samples);
            let best = Bernoulli::<f64>::fit(&samples).unwrap().negative_log_likelihood(&samples);
            let other = Bernoulli::new(other).unwrap().negative_log_likelihood(&samples);
            prop_assert!(best <= other + 1e-12);
        }
    }

    #[test]
    fn certainty_is_exact_and_extreme_logits_keep_their_logarithm() {
        let sure = Bernoulli::new(1.0f64).unwrap();
        assert_eq!(
            (sure.log_prob(true), sure.log_prob(false)),
            (0.0, f64::NEG_INFINITY)
        );
        assert_eq!((sure.entropy(), sure.kl(&sure)), (0.0, 0.0));
        assert_eq!(sure, Bernoulli::from_logit(f64::INFINITY).unwrap());
        assert_eq!(Bernoulli::new(0.5).unwrap().kl(&sure), f64::INFINITY);
        let almost = Bernoulli::from_logit(1e4f32).unwrap();
        assert_eq!((almost.p(), almost.log_prob(false)), (1.0, -1e4));
    }

    #[test]
    fn the_mean_of_samples_is_p() {
        let n = 10_000;
        for p in [0.0, 0.1, 0.5, 1.0f32] {
            let samples = Bernoulli::new(p)
                .unwrap()
                .sample_n(n, &mut generator(1))
                .unwrap();
            let mean = samples.iter().filter(|&&x| x).count() as f32 / n as f32;
            assert!((mean - p).abs() <= 4.0 * (p * (1.0 - p) / n as f32).sqrt());
        }
    }

    #[test]
    fn errors_name_the_parameter() {
        let message = |result: Result<Bernoulli<f64>, MathError>| result.unwrap_err().to_string();
        assert_eq!(
            message(Bernoulli::new(1.5)),
            "p is 1.5, but must be in [0, 1]"
        );
        assert_eq!(
            message(Bernoulli::new(f64::NAN)),
            "p is NaN, but must be in [0, 1]"
        );
        assert_eq!(
            message(Bernoulli::from_logit(f64::NAN)),
            "logit is NaN, but must be a number"
        );
        assert_eq!(
            message(Bernoulli::fit(&array![])),
            "samples is empty, but must have at least one entry"
        );
    }
}
