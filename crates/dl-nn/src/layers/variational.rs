//! The layers between the encoder and the decoder of a variational autoencoder (Kingma, Welling
//! 2014, "Auto-encoding variational Bayes"): a draw from N(μ, diag σ²), and its KL divergence from the prior.
//!
//! Both layers read the means μ, then the logarithms s = ln σ² of the variances, side by side on the
//! last axis, as [`GaussianNll`](crate::losses::GaussianNll) does: any real number is a valid s.

use dl_core::special::{exp, exp_m1, exp_m1_minus};
use dl_core::sum::sum_terms;
use dl_core::{Scalar, instantiate, random::Generator};

use crate::error::{LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode};
use crate::model::LayerSpec;

/// Draws z = μ + σ ⊙ ε with ε from N(0, I): `[…, 2·d]`, μ then ln σ², → `[…, d]`. In evaluation
/// ε = 0, so z = μ.
///
/// The draw is *reparameterised* (Kingma, Welling 2014, section 2.4): the random part has no
/// parameters, so that the derivatives with respect to μ and σ are those of a sum and a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reparameterize;

/// KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σⱼ (σⱼ² + μⱼ² − 1 − ln σⱼ²) of each sample: `[…, 2·d]`, μ then
/// ln σ², → `[…, 1]` (Kingma, Welling 2014, appendix B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StandardNormalKl;

/// The shape with another last axis, if that axis is even.
fn with_last_axis(
    input: &[usize],
    last: impl Fn(usize) -> usize,
) -> Result<Vec<usize>, ShapeError> {
    let mut shape = input.to_vec();
    match shape.last_mut() {
        Some(width) if *width > 0 && width.is_multiple_of(2) => *width = last(*width),
        _ => {
            let takes = "an even last axis, a mean and a log variance for each dimension";
            ShapeError::require(false, input, takes)?;
        }
    }
    Ok(shape)
}

/// d, for an input of 2·d elements per sample.
fn dimensions<F>(x: &Batch<F>) -> usize {
    x.width() / 2
}

/// e^(s/2)
fn std_dev<F: Scalar>(log_variance: F) -> F {
    exp(F::cast(0.5) * log_variance)
}

impl<F: Scalar> Layer<F> for Reparameterize {
    fn kind(&self) -> &'static str {
        <Self as LayerSpec<F>>::KIND
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        with_last_axis(input, |width| width / 2)
    }

    /// zⱼ = μⱼ + e^(sⱼ/2) εⱼ.
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, mode: Mode) {
        let d = dimensions(&x);
        cache.values.resize(y.slice().len(), F::zero());
        match mode.generator() {
            None => cache.values.fill(F::zero()),
            Some(mut generator) => {
                let epsilon = cache.values.iter_mut();
                epsilon.for_each(|epsilon| *epsilon = F::standard_normal(&mut generator));
            }
        }
        let rows = x.rows().zip(y.rows_mut());
        for ((x, y), epsilon) in rows.zip(cache.values.chunks_exact(d)) {
            let (mean, log_variance) = x.split_at(d);
            for j in 0..d {
                y[j] = mean[j] + std_dev(log_variance[j]) * epsilon[j];
            }
        }
    }

    /// ∂L/∂μⱼ = ∂L/∂zⱼ and ∂L/∂sⱼ = ∂L/∂zⱼ · ½ e^(sⱼ/2) εⱼ.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x, dy, dx, cache, ..
        } = pass;
        let Some(mut dx) = dx else { return };
        let d = dimensions(&x);
        let rows = x.rows().zip(dx.rows_mut()).zip(dy.view().rows());
        for (((x, dx), dz), epsilon) in rows.zip(cache.values.chunks_exact(d)) {
            for j in 0..d {
                dx[j] = dz[j];
                dx[d + j] = dz[j] * F::cast(0.5) * std_dev(x[d + j]) * epsilon[j];
            }
        }
    }

    fn cached(&self, outputs: usize) -> usize {
        outputs
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}

impl<F: Scalar> Layer<F> for StandardNormalKl {
    fn kind(&self) -> &'static str {
        <Self as LayerSpec<F>>::KIND
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        with_last_axis(input, |_| 1)
    }

    /// y = ½ Σⱼ (σⱼ² − 1 − ln σⱼ² + μⱼ²); infinite if μ or σ is NaN.
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        let d = dimensions(&x);
        let component = |(&mean, &log_variance): (&F, &F)| {
            let kl = F::cast(0.5) * (exp_m1_minus(log_variance) + mean * mean);
            if kl.is_nan() { F::infinity() } else { kl }
        };
        for (y, x) in y.slice_mut().iter_mut().zip(x.rows()) {
            let (mean, log_variance) = x.split_at(d);
            *y = sum_terms(mean.iter().zip(log_variance).map(component));
        }
    }

    /// ∂KL/∂μⱼ = μⱼ and ∂KL/∂sⱼ = ½ (e^sⱼ − 1).
    fn backward(&self, pass: Backward<F>) {
        let Backward { x, dy, dx, .. } = pass;
        let Some(mut dx) = dx else { return };
        let d = dimensions(&x);
        for ((x, dx), &dy) in x.rows().zip(dx.rows_mut()).zip(dy.slice()) {
            for j in 0..d {
                dx[j] = dy * x[j];
                dx[d + j] = dy * F::cast(0.5) * exp_m1(x[d + j]);
            }
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}

macro_rules! impl_spec_for_stateless {
    ($($layer:ident: $kind:literal),*) => {$(
        impl<F: Scalar> LayerSpec<F> for $layer {
            const KIND: &'static str = $kind;

            fn element_count(&self, _: &[usize]) -> usize {
                0
            }

            fn build(
                &self,
                _: &[usize],
                _: &mut Generator,
            ) -> Result<Box<dyn Layer<F>>, LayerError> {
                instantiate! {
                    /// Boxed here, so that the passes are compiled here.
                    fn boxed<F: Scalar>(layer: $layer) -> Box<dyn Layer<F>> {
                        Box::new(layer)
                    }
                }
                Ok(boxed(*self))
            }
        }
    )*};
}

impl_spec_for_stateless!(Reparameterize: "reparameterize", StandardNormalKl: "standard_normal_kl");
