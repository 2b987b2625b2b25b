use crate::rand::Rng;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1};

use super::Normal;
use crate::error::{entries, finite, non_empty, shape};
use crate::{MathError, Scalar};
use dl_core::{
    memory::{filled, room},
    sum::sum_terms,
};

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
    /// If there is none, their lengths differ, a mean is not finite, or a standard deviation
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
    /// If `d` is 0, or there is not enough memory.
    pub fn standard(d: usize) -> Result<Self, MathError> {
        let components = filled(d, Normal::standard)?;
        if components.is_empty() {
            return Err(MathError::Empty { what: "mean" });
        }
        Ok(Self { components })
    }

    /// The maximum-likelihood estimate of each component from its column of `samples` `[n, d]`.
    ///
    /// # Errors
    /// If there is no row or no column, an entry is not finite, or a column is constant.
    pub fn fit(samples: &ArrayRef2<F>) -> Result<Self, MathError> {
        non_empty("samples", samples)?;
        finite("samples", samples)?;
        let component = |(j, column): (usize, ArrayView1<'_, F>)| {
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
    /// If x does not have d entries.
    pub fn log_prob(&self, x: &ArrayRef1<F>) -> Result<F, MathError> {
        shape("x", x.shape(), &[self.dimensions()])?;
        let components = self.components.iter().zip(x);
        Ok(sum_terms(components.map(|(normal, &x)| normal.log_prob(x))))
    }

    /// N(x; μ, diag σ²) for x `[d]`.
    ///
    /// # Errors
    /// If x does not have d entries.
    pub fn prob(&self, x: &ArrayRef1<F>) -> Result<F, MathError> {
        Ok(self.log_prob(x)?.exp())
    }

    /// H = Σⱼ (ln σⱼ + ½ ln 2πe).
    pub fn entropy(&self) -> F {
        sum_terms(self.components.iter().map(Normal::entropy))
    }

    /// KL(self ‖ other), the sum over the components. To N(0, I) it is
    /// ½ Σⱼ (σⱼ² + μⱼ² − 1 − ln σⱼ²) (Kingma, Welling 2014, appendix B).
    ///
    /// # Errors
    /// If the dimensions differ.
    pub fn kl(&self, other: &Self) -> Result<F, MathError> {
        shape("other", &[other.dimensions()], &[self.dimensions()])?;
        let pairs = self.components.iter().zip(&other.components);
        Ok(sum_terms(pairs.map(|(p, q)| p.kl(q))))
    }

    /// −Σᵢ ln N(xᵢ; μ, diag σ²) for the rows of `samples` `[n, d]`.
    ///
    /// # Errors
    /// If a row does not have d entries.
    pub fn negative_log_likelihood(&self, samples: &ArrayRef2<F>) -> Result<F, MathError> {
        shape(
            "a row of samples",
            &samples.shape()[1..],
            &[self.dimensions()],
        )?;
        let rows = samples.rows().into_iter();
        let log_prob = |x: ArrayView1<'_, F>| {
            let components = self.components.iter().zip(x);
            sum_terms(components.map(|(normal, &x)| normal.log_prob(x)))
        };
        Ok(sum_terms(rows.map(|x| -log_prob(x))))
    }

    /// One draw, `[d]`.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Array1<F> {
        self.components
            .iter()
            .map(|normal| normal.sample(rng))
            .collect()
    }

    /// n independent draws, `[n, d]`.
    ///
    /// # Errors
    /// [`MathError::Memory`] if there is not enough memory.
    pub fn sample_n<R: Rng + ?Sized>(&self, n: usize, rng: &mut R) -> Result<Array2<F>, MathError> {
        let d = self.dimensions();
        let mut draws = room(n.saturating_mul(d))?;
        for _ in 0..n {
            draws.extend(self.components.iter().map(|normal| normal.sample(rng)));
        }
        Ok(Array2::from_shape_vec((n, d), draws).expect("n rows of d numbers"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use crate::testing::{close, integral};
    use ndarray::array;
    use proptest::array::uniform2;
    use proptest::prelude::*;

    fn in_two_dimensions() -> impl Strategy<Value = DiagonalNormal<f64>> {
        (uniform2(-2.0f64..2.0), uniform2(0.5f64..2.0)).prop_map(|(mean, std_dev)| {
            DiagonalNormal::new(&Array1::from_iter(mean), &Array1::from_iter(std_dev)).unwrap()
        })
    }

    proptest! {
        #[test]
        fn the_density_is_the_formula_with_the_covariance_matrix(
            p in in_two_dimensions(),
            x in uniform2(-4.0f64..4.0),
        ) {
            // (2π)^(−d/2) |Σ|^(−½) exp(−½ (x − μ)ᵀ Σ⁻¹ (x − μ)) (Goodfellow et al. 2016, eq. 3.23)
            let x = Array1::from_iter(x);
            let d = &x - &p.mean();
            let exponent = -0.5 * (&d * &d / p.variance()).sum();
            let density = exponent.exp() / (2.0 * std::f64::consts::PI * p.variance().product().sqrt());
            prop_assert!(close(p.prob(&x).unwrap(), density, 1e-14));
            prop_assert!(close(p.log_prob(&x).unwrap(), density.ln(), 1e-12));
        }

        #[test]
        fn divergence_to_the_standard_normal_is_that_of_the_variational_autoencoder(
            p in in_two_dimensions(),
        ) {
            let (mean, variance) = (p.mean(), p.variance());
            let terms = &variance + &mean * &mean - 1.0 - variance.mapv(f64::ln);
            let kl = p.kl(&DiagonalNormal::standard(2).unwrap()).unwrap();
            prop_assert!(close(kl, 0.5 * terms.sum(), 1e-13));
        }

        #[test]
        fn no_other_has_a_lower_negative_log_likelihood(
            rows in prop::collection::vec(uniform2(-5.0f64..5.0), 2..20),
            shift in uniform2(-0.5f64..0.5),
            factor in uniform2(0.5f64..2.0),
        ) {
            let samples = Array2::from(rows);
            let best = DiagonalNormal::fit(&samples).unwrap();
            let mean = best.mean() + Array1::from_iter(shift);
            let std_dev = best.variance().mapv(f64::sqrt) * Array1::from_iter(factor);
            let other = DiagonalNormal::new(&mean, &std_dev).unwrap();
            let [best, other] = [best, other].map(|p| p.negative_log_likelihood(&samples).unwrap());
            prop_assert!(best <= other + 1e-10);
        }
    }

    #[test]
    fn entropy_and_divergence_are_means_over_samples() {
        let n = 20_000;
        let p = DiagonalNormal::new(&array![1.0, -1.0, 0.0], &array![0.5, 1.0, 2.0]).unwrap();
        let q = DiagonalNormal::new(&array![0.0, 0.0, 0.0], &array![1.0, 1.5, 1.5]).unwrap();
        let samples = p.sample_n(n, &mut generator(1)).unwrap();
        let mean = |f: &dyn Fn(&ArrayRef1<f64>) -> f64| -> f64 {
            samples.rows().into_iter().map(|x| f(&x)).sum::<f64>() / n as f64
        };
        let entropy: f64 = mean(&|x| -p.log_prob(x).unwrap());
        let kl = mean(&|x| p.log_prob(x).unwrap() - q.log_prob(x).unwrap());
        // 4 standard errors: the logarithms' standard deviations are about 1.2 and 1.3
        assert!((entropy - p.entropy()).abs() <= 0.04);
        assert!((kl - p.kl(&q).unwrap()).abs() <= 0.04);
        let found = DiagonalNormal::fit(&samples).unwrap();
        for (found, p) in found.components().iter().zip(p.components()) {
            assert!((found.mean() - p.mean()).abs() <= 4.0 * p.std_dev() / (n as f64).sqrt());
        }
    }

    #[test]
    fn the_density_integrates_to_one() {
        let p = DiagonalNormal::new(&array![0.5], &array![0.7]).unwrap();
        assert!(close(
            integral(-8.0, 9.0, |x| p.prob(&array![x]).unwrap()),
            1.0,
            1e-10
        ));
    }

    #[test]
    fn one_draw_is_a_row_of_many() {
        let p = DiagonalNormal::<f32>::standard(3).unwrap();
        let many = p.sample_n(2, &mut generator(5)).unwrap();
        assert_eq!(p.sample(&mut generator(5)), many.row(0));
    }

    #[test]
    fn errors_name_the_component() {
        fn message<T: std::fmt::Debug>(result: Result<T, MathError>) -> String {
            result.unwrap_err().to_string()
        }
        let (zero, one) = (array![0.0, 0.0], array![1.0, 1.0]);
        assert_eq!(
            message(DiagonalNormal::new(&zero, &array![1.0, -1.0])),
            "std_dev[1] is -1, but must be positive and finite"
        );
        assert_eq!(
            message(DiagonalNormal::new(&zero, &array![1.0])),
            "std_dev has shape [1], but must have shape [2]"
        );
        assert_eq!(
            message(DiagonalNormal::<f64>::standard(0)),
            "mean is empty, but must have at least one entry"
        );
        assert_eq!(
            message(DiagonalNormal::fit(&array![[1.0, 2.0], [3.0, 2.0]])),
            "column 1 of samples does not vary: the maximum-likelihood variance is 0, \
             for which there is no density"
        );
        let p = DiagonalNormal::new(&zero, &one).unwrap();
        assert_eq!(
            message(p.log_prob(&array![1.0, 2.0, 3.0])),
            "x has shape [3], but must have shape [2]"
        );
        assert_eq!(
            message(p.kl(&DiagonalNormal::standard(3).unwrap())),
            "other has shape [3], but must have shape [2]"
        );
    }
}
