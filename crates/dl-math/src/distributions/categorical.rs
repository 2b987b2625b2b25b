use dl_core::rand::{Rng, distr::Distribution};
use ndarray::{Array1, ArrayRef1};

use crate::error::{entries, labels, non_empty, probabilities};
use crate::information::kl;
use crate::softmax::{log_softmax_in_place, softmax_in_place};
use crate::special::weighted;
use crate::{MathError, Scalar};
use dl_core::{memory::filled, sum::sum_terms};

/// One of the categories 0 … K − 1, also called multinoulli (Goodfellow et al. 2016,
/// section 3.9.2).
///
/// ```
/// use dl_math::{Categorical, ndarray::array};
/// let logits = array![1e4_f32, 1e4, 0.0];                     // e^logits overflows; this does not
/// let p = Categorical::from_logits(&logits)?;
/// assert_eq!(p.probabilities(), array![0.5, 0.5, 0.0]);
/// assert!((p.log_prob(2) + 1e4).abs() <= 1.0);                 // not ln 0
/// # Ok::<(), dl_math::MathError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Categorical<F> {
    p: Array1<F>,
    ln_p: Array1<F>,
}

impl<F: Scalar> Categorical<F> {
    /// From the probabilities of the categories.
    ///
    /// # Errors
    /// If there is none, one is negative or not finite, or they do not sum to 1 (within the
    /// square root of the machine epsilon).
    pub fn new(p: Array1<F>) -> Result<Self, MathError> {
        probabilities("p", &p)?;
        let ln_p = p.mapv(F::ln);
        Ok(Self { p, ln_p })
    }

    /// From logits, as output by a network: p = softmax(logits). Logarithms stay accurate where p itself rounds to
    /// 0. A logit of −∞ is a probability of 0.
    ///
    /// # Errors
    /// If there is none, one is NaN or +∞, or all are −∞.
    pub fn from_logits(logits: &ArrayRef1<F>) -> Result<Self, MathError> {
        non_empty("logits", logits)?;
        entries("logits", logits, "finite or -inf", |x| x < F::infinity())?;
        if logits.iter().all(|x| x.is_infinite()) {
            return Err(MathError::Impossible { what: "logits" });
        }
        let (mut p, mut ln_p) = (logits.to_vec(), logits.to_vec());
        softmax_in_place(&mut p);
        log_softmax_in_place(&mut ln_p);
        Ok(Self {
            p: p.into(),
            ln_p: ln_p.into(),
        })
    }

    /// The maximum-likelihood estimate pₖ = nₖ / n (Bishop 2006, eq. 2.33) for samples in
    /// 0 … `categories` − 1.
    ///
    /// # Errors
    /// If there are no samples, one is not a category, or there is not enough memory.
    pub fn fit(samples: &ArrayRef1<usize>, categories: usize) -> Result<Self, MathError> {
        non_empty("samples", samples)?;
        labels("samples", samples, categories)?;
        let mut counts = filled(categories, || 0_usize)?;
        for &k in samples {
            counts[k] += 1;
        }
        let n = samples.len() as f64;
        Self::new(
            counts
                .iter()
                .map(|&count| F::cast(count as f64 / n))
                .collect(),
        )
    }

    /// pₖ, `[K]`.
    pub fn probabilities(&self) -> &Array1<F> {
        &self.p
    }

    /// ln pₖ, `[K]`.
    pub fn log_probabilities(&self) -> &Array1<F> {
        &self.ln_p
    }

    /// ln pₖ; −∞ if `k` is not a category.
    pub fn log_prob(&self, k: usize) -> F {
        self.ln_p.get(k).copied().unwrap_or(F::neg_infinity())
    }

    /// pₖ; 0 if `k` is not a category.
    pub fn prob(&self, k: usize) -> F {
        self.p.get(k).copied().unwrap_or(F::zero())
    }

    /// The mean of the outcome as a one-hot vector, which is p, `[K]`. (Categories have no order, so the mean of
    /// their indices is meaningless.)
    pub fn mean(&self) -> &Array1<F> {
        &self.p
    }

    /// The variance of each entry of the one-hot vector, pₖ(1 − pₖ), `[K]`.
    pub fn variance(&self) -> Array1<F> {
        self.p.mapv(|p| p * (F::one() - p))
    }

    /// H = −Σ pₖ ln pₖ.
    pub fn entropy(&self) -> F {
        let terms = self.p.iter().zip(&self.ln_p);
        F::zero() - sum_terms(terms.map(|(&p, &ln_p)| weighted(p, ln_p)))
    }

    /// KL(self ‖ other) = Σ pₖ ln (pₖ/qₖ). A category that only one of them has counts as having probability 0 in
    /// the other.
    pub fn kl(&self, other: &Self) -> F {
        kl((0..self.p.len()).map(|k| (self.p[k], self.ln_p[k] - other.log_prob(k))))
    }

    /// −Σᵢ ln p(kᵢ) for independent samples; ∞ if one is not a category.
    pub fn negative_log_likelihood(&self, samples: &ArrayRef1<usize>) -> F {
        sum_terms(samples.iter().map(|&k| -self.log_prob(k)))
    }

    /// One category, by inversion: the first k with p₀ + … + pₖ > u for a uniform u.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> usize {
        // in `f64`, since there are as many subtractions as categories
        let mut left = F::uniform(rng).as_f64();
        let mut last = 0;
        for (k, &p) in self.p.iter().enumerate().filter(|&(_, &p)| p > F::zero()) {
            if left < p.as_f64() {
                return k;
            }
            left -= p.as_f64();
            last = k;
        }
        // the sum was rounded below u
        last
    }

    /// n independent categories.
    ///
    /// # Errors
    /// [`MathError::Memory`] if there is not enough memory.
    pub fn sample_n<R: Rng + ?Sized>(
        &self,
        n: usize,
        rng: &mut R,
    ) -> Result<Array1<usize>, MathError> {
        Ok(filled(n, || self.sample(rng))?.into())
    }
}

/// For `rng.sample(…)` and ndarray-rand's `Array::random_using`.
impl<F: Scalar> Distribution<usize> for Categorical<F> {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> usize {
        self.sample(rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::information::{entropy, kl_divergence};
    use crate::random::generator;
    use crate::testing::{close, distributions, positive_distribution};
    use ndarray::array;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entropy_and_divergence_are_those_of_the_table((p, q) in distributions()) {
            let (a, b) = (Categorical::new(p.clone()).unwrap(), Categorical::new(q.clone()).unwrap());
            prop_assert_eq!(a.entropy(), entropy(&p).unwrap());
            let kl = kl_divergence(&p, &q).unwrap();
            prop_assert!(a.kl(&b) == kl || close(a.kl(&b), kl, 1e-15));
        }

        #[test]
        fn each_entry_of_the_one_hot_vector_is_a_coin((p, _) in distributions()) {
            let variance = Categorical::new(p.clone()).unwrap().variance();
            for (&p, &variance) in p.iter().zip(&variance) {
                // E[(x − p)²] over x = 1 and x = 0
                let spread = p * (1.0 - p).powi(2) + (1.0 - p) * p.powi(2);
                prop_assert!(close(variance, spread, 1e-15));
            }
        }

        #[test]
        fn logits_are_log_probabilities_up_to_a_constant(
            logits in vec(-20.0f64..20.0, 1..6),
            shift in -100.0f64..100.0,
        ) {
            let a = Categorical::from_logits(&Array1::from(logits)).unwrap();
            let b = Categorical::from_logits(&(a.log_probabilities() + shift)).unwrap();
            prop_assert!(close(a.probabilities().sum(), 1.0, 1e-14));
            for k in 0..a.probabilities().len() {
                prop_assert!(close(a.log_prob(k), b.log_prob(k), 1e-12));
                prop_assert!(close(a.prob(k), a.log_prob(k).exp(), 1e-14));
            }
        }

        #[test]
        fn no_other_p_has_a_lower_negative_log_likelihood(
            samples in vec(0usize..4, 1..40),
            other in positive_distribution(4),
        ) {
            let samples = Array1::from(samples);
            let best = Categorical::<f64>::fit(&samples, 4).unwrap().negative_log_likelihood(&samples);
            let other = Categorical::new(other).unwrap().negative_log_likelihood(&samples);
            prop_assert!(best <= other + 1e-12);
        }
    }

    #[test]
    fn samples_have_the_mean_and_variance_of_the_one_hot_vector() {
        let n = 10_000;
        let p = Categorical::new(array![0.0, 0.2, 0.0, 0.7, 0.1, 0.0f64]).unwrap();
        let samples = p.sample_n(n, &mut generator(1)).unwrap();
        let found = Categorical::<f64>::fit(&samples, 6).unwrap();
        for ((&found, &p), &variance) in found.mean().iter().zip(p.mean()).zip(&p.variance()) {
            assert!((found - p).abs() <= 4.0 * (variance / n as f64).sqrt());
        }
    }

    #[test]
    fn anything_but_a_category_has_probability_zero() {
        let p = Categorical::new(array![0.5, 0.5]).unwrap();
        assert_eq!((p.prob(2), p.log_prob(2)), (0.0, f64::NEG_INFINITY));
        assert_eq!(p.negative_log_likelihood(&array![0, 2]), f64::INFINITY);
        let sure = Categorical::new(array![1.0]).unwrap();
        assert_eq!((sure.kl(&p), p.kl(&sure)), (2f64.ln(), f64::INFINITY));
        let masked = Categorical::from_logits(&array![0.0, f64::NEG_INFINITY]).unwrap();
        assert_eq!(masked, Categorical::new(array![1.0, 0.0]).unwrap());
        assert_eq!(masked.entropy(), 0.0);
    }

    #[test]
    fn errors_name_the_entry() {
        let message = |result: Result<Categorical<f64>, MathError>| result.unwrap_err().to_string();
        assert_eq!(
            message(Categorical::new(array![0.5, 0.6])),
            "p sums to 1.1, but must sum to 1"
        );
        assert_eq!(
            message(Categorical::from_logits(&array![0.0, f64::INFINITY])),
            "logits[1] is inf, but must be finite or -inf"
        );
        assert_eq!(
            message(Categorical::from_logits(&array![f64::NEG_INFINITY])),
            "all logits are -inf, but at least one must be finite"
        );
        assert_eq!(
            message(Categorical::from_logits(&array![])),
            "logits is empty, but must have at least one entry"
        );
        assert_eq!(
            message(Categorical::fit(&array![0, 3], 3)),
            "samples[1] is 3, but must be less than 3"
        );
    }

    /// Closed form: −ln(1 + e^±½), however large the logits are.
    #[test]
    fn large_logits_keep_their_digits() {
        for offset in [0.0, 1e6_f32, -1e6] {
            let p = Categorical::from_logits(&array![offset, offset + 0.5]).unwrap();
            for (k, x) in [0.5_f64, -0.5].into_iter().enumerate() {
                let exact = -x.exp().ln_1p();
                assert!((f64::from(p.log_prob(k)) / exact - 1.0).abs() <= 2e-7);
            }
        }
    }

    #[test]
    fn more_categories_than_memory_are_an_error() {
        let fit = Categorical::<f64>::fit(&array![0, 1], usize::MAX);
        assert!(matches!(fit, Err(MathError::Memory(_))));
    }
}
