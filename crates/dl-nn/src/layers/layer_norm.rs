//! Layer normalisation.

use dl_core::simd::arch;
use dl_core::sum::{sum_of, sum_of_pairs};
use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::Array1;

use crate::error::{LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut};
use crate::layers::scale_shift::{self, constant};
use crate::model::LayerSpec;

/// Layer normalisation (Ba, Kiros, Hinton 2016) over the last axis: each row of features is
/// normalised by its own mean and variance, the same in training and evaluation.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNorm {
    /// ε, which is added to the variance.
    pub epsilon: f64,
}

impl Default for LayerNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl LayerNorm {
    /// ε 1e-5.
    pub fn new() -> Self {
        Self { epsilon: 1e-5 }
    }

    /// Sets ε, which is added to the variance before the root is taken; positive.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for LayerNorm {
    const KIND: &'static str = "layer_norm";

    fn element_count(&self, input: &[usize]) -> usize {
        input
            .last()
            .map_or(0, |features| features.saturating_mul(2))
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        let features = scale_shift::width_for(self.epsilon, "LayerNorm epsilon", input)?;
        Ok(boxed(LayerNormLayer {
            gamma: constant(features, F::one())?,
            beta: constant(features, F::zero())?,
            epsilon: self.epsilon,
        }))
    }
}

/// Layer normalisation with its parameters, as [`LayerNorm`] builds it.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNormLayer<F> {
    /// γ, the scale, `[features]`.
    pub gamma: Array1<F>,
    /// β, the shift, `[features]`.
    pub beta: Array1<F>,
    epsilon: f64,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: LayerNormLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for LayerNormLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        scale_shift::output_shape(&self.gamma, input, "features")
    }

    /// x̂ = (x − μ) / √(σ² + ε), y = γ x̂ + β, with μ and σ² of each row. The cache keeps x̂ and,
    /// per row, 1/√(σ² + ε).
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, _: Mode) {
        let features = self.gamma.len();
        cache.values.resize(x.slice().len(), F::zero());
        cache.statistics.clear();
        arch().dispatch(
            #[inline(always)]
            || {
                let rows = x.rows().zip(y.rows_mut());
                for ((x, y), x_hat) in rows.zip(cache.values.chunks_exact_mut(features)) {
                    let mean = sum_of(x, F::as_f64) / features as f64;
                    let mu = F::cast(mean);
                    let squares = sum_of(
                        x,
                        #[inline(always)]
                        |x| ((x - mu) * (x - mu)).as_f64(),
                    );
                    let variance = squares / features as f64;
                    let inverse_deviation = F::cast(variance + self.epsilon).sqrt().recip();
                    for i in 0..features {
                        x_hat[i] = (x[i] - mu) * inverse_deviation;
                        y[i] = self.gamma[i] * x_hat[i] + self.beta[i];
                    }
                    cache.statistics.push(inverse_deviation);
                }
            },
        );
    }

    /// ∂L/∂β = Σ δ, ∂L/∂γ = Σ δ x̂; with g = γδ:
    /// ∂L/∂x = 1/√(σ² + ε) · (g − mean(g) − x̂ · mean(g x̂)), the means over a row.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            mut dy,
            dx,
            cache,
            mut grads,
            ..
        } = pass;
        let features = self.gamma.len();
        scale_shift::gradients(dy.slice(), &cache.values, &mut grads);
        let Some(mut dx) = dx else { return };
        let mean = |sum: f64| F::cast(sum / features as f64);
        arch().dispatch(
            #[inline(always)]
            || {
                let rows = dx.rows_mut().zip(dy.rows_mut());
                let rows = rows.zip(cache.values.chunks_exact(features));
                for (((dx, g), x_hat), &inverse_deviation) in rows.zip(&cache.statistics) {
                    for (g, &gamma) in g.iter_mut().zip(&self.gamma) {
                        *g *= gamma;
                    }
                    let mean_g = mean(sum_of(g, F::as_f64));
                    let mean_g_x_hat = mean(sum_of_pairs(
                        g,
                        x_hat,
                        #[inline(always)]
                        |g, x_hat| (g * x_hat).as_f64(),
                    ));
                    for i in 0..features {
                        dx[i] = inverse_deviation * (g[i] - mean_g - x_hat[i] * mean_g_x_hat);
                    }
                }
            },
        );
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        scale_shift::params(&self.gamma, &self.beta)
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        scale_shift::params_mut(&mut self.gamma, &mut self.beta)
    }

    fn cached(&self, outputs: usize) -> usize {
        outputs
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}
