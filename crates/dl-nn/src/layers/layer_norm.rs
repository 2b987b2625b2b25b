//! Layer normalisation.

use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::{Array1, ArrayD};

use crate::config::LayerConfig;
use crate::error::{ConfigError, LayerError, ShapeError};
use crate::layer::{Batching, Cache, Layer, LayerSpec, Mode, Param, ParamMut, View, ViewMut};
use crate::layers::{slice, slice_mut};

/// Layer normalisation (Ba, Kiros, Hinton 2016) over the last axis: each row of features is
/// normalised by its own mean and variance, the same in training and evaluation.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNorm {
    epsilon: f64,
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

    /// What is added to the variance before the root is taken, positive.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for LayerNorm {
    fn kind(&self) -> &'static str {
        "layer_norm"
    }

    fn config(&self) -> Option<LayerConfig> {
        LayerConfig::new("layer_norm", self)
    }

    fn numbers(&self, input: &[usize]) -> usize {
        input
            .last()
            .map_or(0, |features| features.saturating_mul(2))
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        ConfigError::require(
            self.epsilon > 0.0 && self.epsilon.is_finite(),
            "LayerNorm epsilon",
            self.epsilon,
            "positive and finite",
        )?;
        ShapeError::require(!input.is_empty(), input, "at least one axis")?;
        let features = input[input.len() - 1];
        Ok(boxed(LayerNormLayer {
            gamma: Array1::ones(features),
            beta: Array1::zeros(features),
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

fn mean<F: Scalar>(values: impl ExactSizeIterator<Item = F>) -> F {
    let count = F::of(values.len() as f64);
    values.sum::<F>() / count
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: LayerNormLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for LayerNormLayer<F> {
    fn kind(&self) -> &'static str {
        "layer_norm"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let features = self.gamma.len();
        let takes = format!("a last axis of {features} features");
        ShapeError::require(input.last() == Some(&features), input, takes)?;
        Ok(input.to_vec())
    }

    /// x̂ = (x − μ) / √(σ² + ε), y = γ x̂ + β, with μ and σ² of each row. The cache keeps x̂ and,
    /// per row, 1/√(σ² + ε).
    fn forward(&self, x: View<F>, mut y: ViewMut<F>, cache: &mut Cache<F>, _: Mode) {
        let features = self.gamma.len();
        let (x, y) = (slice(&x), slice_mut(&mut y));
        cache.values.resize(x.len(), F::zero());
        cache.statistics.clear();
        let rows = x.chunks_exact(features).zip(y.chunks_exact_mut(features));
        for ((x, y), x_hat) in rows.zip(cache.values.chunks_exact_mut(features)) {
            let mu = mean(x.iter().copied());
            let variance = mean(x.iter().map(|&x| (x - mu) * (x - mu)));
            let inverse_deviation = F::one() / (variance + F::of(self.epsilon)).sqrt();
            for i in 0..features {
                x_hat[i] = (x[i] - mu) * inverse_deviation;
                y[i] = self.gamma[i] * x_hat[i] + self.beta[i];
            }
            cache.statistics.push(inverse_deviation);
        }
    }

    /// ∂L/∂β = Σ δ, ∂L/∂γ = Σ δ x̂; with g = γδ:
    /// ∂L/∂x = 1/√(σ² + ε) · (g − mean(g) − x̂ · mean(g x̂)), the means over a row.
    fn backward(
        &self,
        _: View<F>,
        _: View<F>,
        mut dy: ViewMut<F>,
        dx: Option<ViewMut<F>>,
        cache: &mut Cache<F>,
        grads: &mut [ArrayD<F>],
    ) {
        let features = self.gamma.len();
        let dy = slice_mut(&mut dy);
        let rows = dy.chunks_exact_mut(features);
        for (dy, x_hat) in rows.zip(cache.values.chunks_exact(features)) {
            for i in 0..features {
                grads[0][i] += dy[i] * x_hat[i];
                grads[1][i] += dy[i];
                dy[i] *= self.gamma[i];
            }
        }
        let Some(mut dx) = dx else { return };
        let dx = slice_mut(&mut dx);
        let rows = dx.chunks_exact_mut(features).zip(dy.chunks_exact(features));
        let rows = rows.zip(cache.values.chunks_exact(features));
        for (((dx, g), x_hat), &inverse_deviation) in rows.zip(&cache.statistics) {
            let mean_g = mean(g.iter().copied());
            let mean_g_x_hat = mean(g.iter().zip(x_hat).map(|(&g, &x)| g * x));
            for i in 0..features {
                dx[i] = inverse_deviation * (g[i] - mean_g - x_hat[i] * mean_g_x_hat);
            }
        }
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        vec![
            Param::new("gamma", &self.gamma),
            Param::new("beta", &self.beta),
        ]
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        vec![
            ParamMut::new("gamma", &mut self.gamma),
            ParamMut::new("beta", &mut self.beta),
        ]
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}
