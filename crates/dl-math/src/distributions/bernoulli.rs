use ndarray::{Array1, ArrayRef1};
use ndarray_rand::rand::Rng;

use crate::error::{non_empty, parameter};
use crate::information::kl;
use crate::special::{log_sigmoid, sigmoid, weighted};
use crate::{MathError, Scalar};

/// A coin: P(true) = p, P(false) = 1 − p (Goodfellow et al. 2016, section 3.9.1).
///
/// ```
/// use dl_math::{Bernoulli, random::generator};
/// let rain = Bernoulli::new(0.25)?;
/// assert_eq!(rain.log_prob(true), 0.25f64.ln());
/// assert_eq!(rain.variance(), 0.1875);
/// let days = rain.sample_n(1000, &mut generator(0));
/// assert!((Bernoulli::<f64>::fit(&days)?.p() - 0.25).abs() <= 0.05);
/// # Ok::<(), dl_math::MathError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bernoulli<F> {
    /// Of `false` and of `true`.
    p: [F; 2],
    ln_p: [F; 2],
}

impl<F: Scalar> Bernoulli<F> {
    /// From p = P(true).
    ///
    /// # Errors
    /// Where p is not in `[0, 1]`.
    pub fn new(p: F) -> Result<Self, MathError> {
        parameter("p", p, "in [0, 1]", p >= F::zero() && p <= F::one())?;
        Ok(Self {
            p: [F::one() - p, p],
            ln_p: [(-p).ln_1p(), p.ln()],
        })
    }

    /// From the logit ln (p / (1 − p)), as the output unit of a network gives it: p = σ(logit).
    /// Logarithms are exact where p itself rounds to 0 or 1.
    ///
    /// # Errors
    /// Where the logit is NaN; ±∞ is certainty.
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
    /// Where there are no samples.
    pub fn fit(samples: &ArrayRef1<bool>) -> Result<Self, MathError> {
        non_empty("samples", samples)?;
        let successes = samples.iter().filter(|&&x| x).count();
        Self::new(F::of(successes as f64 / samples.len() as f64))
    }

    /// P(true), also the mean of the outcome as a number 0 or 1.
    pub fn p(&self) -> F {
        self.p[1]
    }

    /// ln (p / (1 − p)).
    pub fn logit(&self) -> F {
        self.ln_p[1] - self.ln_p[0]
    }

    /// ln P(x).
    pub fn log_prob(&self, x: bool) -> F {
        self.ln_p[usize::from(x)]
    }

    /// P(x).
    pub fn prob(&self, x: bool) -> F {
        self.p[usize::from(x)]
    }

    /// E[x] = p.
    pub fn mean(&self) -> F {
        self.p[1]
    }

    /// Var[x] = p(1 − p).
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
            .map(|x| (self.p[x], self.ln_p[x], other.ln_p[x])))
    }

    /// −Σᵢ ln P(xᵢ) for independent samples.
    pub fn negative_log_likelihood(&self, samples: &ArrayRef1<bool>) -> F {
        samples.iter().map(|&x| -self.log_prob(x)).sum()
    }

    /// One outcome.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> bool {
        F::uniform(rng) < self.p[1]
    }

    /// n independent outcomes.
    pub fn sample_n<R: Rng + ?Sized>(&self, n: usize, rng: &mut R) -> Array1<bool> {
        Array1::from_shape_simple_fn(n, || self.sample(rng))
    }
}
