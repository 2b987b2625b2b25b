use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};
use ndarray_rand::rand::Rng;

use super::Normal;
use crate::error::{entries, finite, non_empty, shape};
use crate::{MathError, Scalar};

/// The multivariate normal distribution with a diagonal covariance: independent normal
/// components, N(x; μ, diag σ²) = Πⱼ N(xⱼ; μⱼ, σⱼ²) (Goodfellow et al. 2016, section 3.9.3). So
/// log-density, entropy and divergence are sums over the components.
///
/// ```
/// use dl_math::{DiagonalNormal, ndarray::array};
/// let latent = DiagonalNormal::new(&array![1.0, 0.0], &array![1.0, 1.0])?;
/// let prior = DiagonalNormal::standard(2)?;
/// assert_eq!(latent.kl(&prior)?, 0.5);
/// # Ok::<(), dl_math::MathError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DiagonalNormal<F> {
    components: Vec<Normal<F>>,
}

impl<F: Scalar> DiagonalNormal<F> {
    /// From the means and the standard deviations, each `[d]`.
    ///
    /// # Errors
    /// Where there is none, their lengths differ, a mean is not finite, or a standard deviation
    /// not positive and finite.
    pub fn new(mean: &ArrayRef1<F>, std_dev: &ArrayRef1<F>) -> Result<Self, MathError> {
        non_empty("mean", mean)?;
        shape("std_dev", std_dev.shape(), mean.shape())?;
        finite("mean", mean)?;
        let positive = |s: F| s > F::zero() && s.is_finite();
        entries("std_dev", std_dev, "positive and finite", positive)?;
        let components = mean.iter().zip(std_dev).map(|(&m, &s)| Normal::new(m, s));
        Ok(Self {
            components: components.collect::<Result<_, _>>()?,
        })
    }

    /// N(0, I) in `d` dimensions.
    ///
    /// # Errors
    /// Where `d` is 0.
    pub fn standard(d: usize) -> Result<Self, MathError> {
        Self::new(&Array1::zeros(d), &Array1::ones(d))
    }

    /// The maximum-likelihood estimate of each component from its column of `samples` `[n, d]`.
    ///
    /// # Errors
    /// Where there is no row or no column, an entry is not finite, or a column is constant.
    pub fn fit(samples: &ArrayRef2<F>) -> Result<Self, MathError> {
        non_empty("samples", samples)?;
        finite("samples", samples)?;
        let component = |(j, column): (usize, ndarray::ArrayView1<'_, F>)| {
            Normal::fit(&column).map_err(|error| match error {
                MathError::NoVariance { what } => MathError::NoVariance {
                    what: format!("column {j} of {what}"),
                },
                other => other,
            })
        };
        let columns = samples.columns().into_iter().enumerate();
        Ok(Self {
            components: columns.map(component).collect::<Result<_, _>>()?,
        })
    }

    /// The normal distribution of each component.
    pub fn components(&self) -> &[Normal<F>] {
        &self.components
    }

    /// d.
    pub fn dimensions(&self) -> usize {
        self.components.len()
    }

    /// μ, `[d]`.
    pub fn mean(&self) -> Array1<F> {
        self.components.iter().map(Normal::mean).collect()
    }

    /// σ², the diagonal of the covariance matrix, `[d]`.
    pub fn variance(&self) -> Array1<F> {
        self.components.iter().map(Normal::variance).collect()
    }

    /// ln N(x; μ, diag σ²) = Σⱼ ln N(xⱼ; μⱼ, σⱼ²) for x `[d]`.
    ///
    /// # Errors
    /// Where x does not have d entries.
    pub fn log_prob(&self, x: &ArrayRef1<F>) -> Result<F, MathError> {
        shape("x", x.shape(), &[self.dimensions()])?;
        Ok(self
            .components
            .iter()
            .zip(x)
            .map(|(normal, &x)| normal.log_prob(x))
            .sum())
    }

    /// N(x; μ, diag σ²) for x `[d]`.
    ///
    /// # Errors
    /// Where x does not have d entries.
    pub fn prob(&self, x: &ArrayRef1<F>) -> Result<F, MathError> {
        Ok(self.log_prob(x)?.exp())
    }

    /// H = Σⱼ (ln σⱼ + ½ ln 2πe).
    pub fn entropy(&self) -> F {
        self.components.iter().map(Normal::entropy).sum()
    }

    /// KL(self ‖ other), the sum over the components. To N(0, I) it is
    /// ½ Σⱼ (σⱼ² + μⱼ² − 1 − ln σⱼ²) (Kingma, Welling 2014, appendix B).
    ///
    /// # Errors
    /// Where the dimensions differ.
    pub fn kl(&self, other: &Self) -> Result<F, MathError> {
        shape("other", &[other.dimensions()], &[self.dimensions()])?;
        Ok(self
            .components
            .iter()
            .zip(&other.components)
            .map(|(p, q)| p.kl(q))
            .sum())
    }

    /// −Σᵢ ln N(xᵢ; μ, diag σ²) for the rows of `samples` `[n, d]`.
    ///
    /// # Errors
    /// Where a row does not have d entries.
    pub fn negative_log_likelihood(&self, samples: &ArrayRef2<F>) -> Result<F, MathError> {
        samples
            .axis_iter(Axis(0))
            .map(|x| Ok(-self.log_prob(&x)?))
            .sum()
    }

    /// One draw, `[d]`.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Array1<F> {
        self.components
            .iter()
            .map(|normal| normal.sample(rng))
            .collect()
    }

    /// n independent draws, `[n, d]`.
    pub fn sample_n<R: Rng + ?Sized>(&self, n: usize, rng: &mut R) -> Array2<F> {
        Array2::from_shape_fn((n, self.dimensions()), |(_, j)| {
            self.components[j].sample(rng)
        })
    }
}
