use ndarray::{Array1, ArrayRef1};
use ndarray_rand::rand::Rng;

use crate::error::{entries, labels, non_empty, probabilities};
use crate::information::kl;
use crate::softmax::{log_softmax_in_place, softmax_in_place};
use crate::special::weighted;
use crate::{MathError, Scalar};

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
    /// Where there is none, one is negative or not finite, or they do not sum to 1 (within the
    /// square root of the machine epsilon).
    pub fn new(p: Array1<F>) -> Result<Self, MathError> {
        probabilities("p", &p)?;
        let ln_p = p.mapv(F::ln);
        Ok(Self { p, ln_p })
    }

    /// From logits, as the output units of a network give them: p = softmax(logits). Logarithms
    /// are exact where p itself rounds to 0. A logit of −∞ is a probability of 0.
    ///
    /// # Errors
    /// Where there is none, one is NaN or +∞, or all are −∞.
    pub fn from_logits(logits: &ArrayRef1<F>) -> Result<Self, MathError> {
        non_empty("logits", logits)?;
        entries("logits", logits, "finite or -inf", |x| x < F::infinity())?;
        if logits.iter().all(|x| x.is_infinite()) {
            let event = "the categories: every logit is -inf".to_owned();
            return Err(MathError::ZeroProbability { event });
        }
        let (mut p, mut ln_p) = (logits.to_vec(), logits.to_vec());
        softmax_in_place(&mut p);
        log_softmax_in_place(&mut ln_p);
        Ok(Self {
            p: p.into(),
            ln_p: ln_p.into(),
        })
    }

    /// The maximum-likelihood estimate p_k = n_k / n (Bishop 2006, eq. 2.33) for samples in
    /// 0 … `categories` − 1.
    ///
    /// # Errors
    /// Where there are no samples, or one is not a category.
    pub fn fit(samples: &ArrayRef1<usize>, categories: usize) -> Result<Self, MathError> {
        non_empty("samples", samples)?;
        labels("samples", samples, categories)?;
        let mut counts = vec![0usize; categories];
        for &k in samples {
            counts[k] += 1;
        }
        let n = samples.len() as f64;
        Self::new(
            counts
                .iter()
                .map(|&count| F::of(count as f64 / n))
                .collect(),
        )
    }

    /// p_k, `[K]`.
    pub fn probabilities(&self) -> &Array1<F> {
        &self.p
    }

    /// ln p_k, `[K]`.
    pub fn log_probabilities(&self) -> &Array1<F> {
        &self.ln_p
    }

    /// ln p_k; −∞ for what is not a category.
    pub fn log_prob(&self, k: usize) -> F {
        self.ln_p.get(k).copied().unwrap_or(F::neg_infinity())
    }

    /// p_k; 0 for what is not a category.
    pub fn prob(&self, k: usize) -> F {
        self.p.get(k).copied().unwrap_or(F::zero())
    }

    /// The mean of the outcome as a one-hot vector, which is p, `[K]`. (Categories have no order,
    /// so their numbers have no mean.)
    pub fn mean(&self) -> &Array1<F> {
        &self.p
    }

    /// The variance of each entry of the one-hot vector, p_k(1 − p_k), `[K]`.
    pub fn variance(&self) -> Array1<F> {
        self.p.mapv(|p| p * (F::one() - p))
    }

    /// H = −Σ p_k ln p_k.
    pub fn entropy(&self) -> F {
        let terms = self.p.iter().zip(&self.ln_p);
        F::zero() - terms.map(|(&p, &ln_p)| weighted(p, ln_p)).sum::<F>()
    }

    /// KL(self ‖ other) = Σ p_k ln (p_k/q_k). A category only one of them has counts as one of
    /// probability 0 for the other.
    pub fn kl(&self, other: &Self) -> F {
        kl((0..self.p.len()).map(|k| (self.p[k], self.ln_p[k], other.log_prob(k))))
    }

    /// −Σᵢ ln p(kᵢ) for independent samples; ∞ where one is not a category.
    pub fn negative_log_likelihood(&self, samples: &ArrayRef1<usize>) -> F {
        samples.iter().map(|&k| -self.log_prob(k)).sum()
    }

    /// One category, by inversion: the first k with p₀ + … + p_k > u for a uniform u.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> usize {
        let mut left = F::uniform(rng);
        let mut last = 0;
        for (k, &p) in self.p.iter().enumerate().filter(|&(_, &p)| p > F::zero()) {
            if left < p {
                return k;
            }
            left -= p;
            last = k;
        }
        // the sum was rounded below u
        last
    }

    /// n independent categories.
    pub fn sample_n<R: Rng + ?Sized>(&self, n: usize, rng: &mut R) -> Array1<usize> {
        Array1::from_shape_simple_fn(n, || self.sample(rng))
    }
}
