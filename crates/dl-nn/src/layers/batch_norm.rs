//! Batch normalisation.

use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::Array1;

use crate::error::{ConfigError, LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Cache, Layer, Mode, Param, ParamMut};
use crate::layers::per_channel;
use crate::layers::scale_shift::{self, constant};
use crate::model::LayerSpec;

/// Batch normalisation (Ioffe, Szegedy 2015, algorithm 1) of each channel (last axis): means and variances are taken
/// over all other axes, samples and pixels alike.
///
/// In training it normalises by the batch's mean and biased variance. The running statistics
/// move by `running ← (1 − momentum)·running + momentum·batch`, the variance in its unbiased
/// form m/(m−1), as in PyTorch; evaluation normalises by them. A single row has no variance: it
/// comes out as β in training, and leaves the running statistics alone.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNorm {
    /// The weight of the newest batch in the running statistics.
    pub momentum: f64,
    /// ε, which is added to the variance.
    pub epsilon: f64,
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl BatchNorm {
    /// Momentum 0.1, ε 1e-5.
    pub fn new() -> Self {
        Self {
            momentum: 0.1,
            epsilon: 1e-5,
        }
    }

    /// Sets the weight of the newest batch in the running statistics, in `(0, 1]`.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Sets ε, which is added to the variance before the root is taken; positive.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for BatchNorm {
    const KIND: &'static str = "batch_norm";

    fn element_count(&self, input: &[usize]) -> usize {
        input
            .last()
            .map_or(0, |channels| channels.saturating_mul(4))
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        ConfigError::require(
            self.momentum > 0.0 && self.momentum <= 1.0,
            "BatchNorm momentum",
            self.momentum,
            "in (0, 1]",
        )?;
        let channels = scale_shift::width_for(self.epsilon, "BatchNorm epsilon", input)?;
        Ok(boxed(BatchNormLayer {
            gamma: constant(channels, F::one())?,
            beta: constant(channels, F::zero())?,
            running_mean: constant(channels, F::zero())?,
            running_variance: constant(channels, F::one())?,
            config: *self,
        }))
    }
}

/// Batch normalisation with its parameters and running statistics, as [`BatchNorm`] builds it.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNormLayer<F> {
    /// γ, the scale, `[channels]`.
    pub gamma: Array1<F>,
    /// β, the shift, `[channels]`.
    pub beta: Array1<F>,
    /// Mean used in evaluation, `[channels]`.
    pub running_mean: Array1<F>,
    /// Variance used in evaluation, `[channels]`.
    pub running_variance: Array1<F>,
    config: BatchNorm,
}

impl<F: Scalar> BatchNormLayer<F> {
    /// 1 / √(variance + ε)
    fn inverse_deviation(&self, variance: F) -> F {
        F::one() / (variance + F::cast(self.config.epsilon)).sqrt()
    }

    /// γ / √(σ² + ε), given the second factor.
    fn scale(&self, inverse_deviation: &[F]) -> Vec<F> {
        let pairs = self.gamma.iter().zip(inverse_deviation);
        pairs.map(|(&gamma, &inverse)| gamma * inverse).collect()
    }
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: BatchNormLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for BatchNormLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        scale_shift::output_shape(&self.gamma, input, "channels")
    }

    /// y = (x − μ) γ/√(σ² + ε) + β. The cache keeps, per channel, 1/√(σ² + ε), μ and σ².
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, mode: Mode) {
        let channels = self.gamma.len();
        let [mean, variance] = match mode {
            Mode::Train { .. } => per_channel::moments(x.slice(), channels),
            Mode::Eval => [self.running_mean.to_vec(), self.running_variance.to_vec()],
        };
        let inverse = variance.iter().map(|&v| self.inverse_deviation(v));
        let inverse: Vec<F> = inverse.collect();
        let beta = self.beta.as_slice().expect("a vector");
        let numbers = [&mean, &self.scale(&inverse), beta];
        per_channel::standardize(x.slice(), y.slice_mut(), numbers, true);
        cache.statistics.clear();
        cache.statistics.extend(inverse);
        cache.statistics.extend(mean);
        cache.statistics.extend(variance);
        // the rows averaged over; none in evaluation, whose statistics do not depend on x
        cache.indices.clear();
        if mode != Mode::Eval {
            cache.indices.push(x.rows().len() as u32);
        }
    }

    /// With x̂ = (x − μ) / √(σ² + ε): ∂L/∂β = Σ δ, ∂L/∂γ = Σ δ x̂,
    /// ∂L/∂x = γ/√(σ² + ε) · (δ − mean(δ) − x̂ · mean(δ x̂)) (Ioffe, Szegedy 2015, section 3).
    /// The means come from μ and σ² being functions of x; after a pass in evaluation, where they
    /// are constants, ∂L/∂x = γ/√(σ² + ε) · δ.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            dy,
            dx,
            cache,
            mut grads,
            ..
        } = pass;
        let channels = self.gamma.len();
        let (inverse, rest) = cache.statistics.split_at(channels);
        let mean = &rest[..channels];
        let [sums, products] = per_channel::gradient_sums(dy.slice(), x.slice(), mean);
        let [gamma, beta] = grads.slices();
        for c in 0..channels {
            beta[c] = F::cast(sums[c]);
            gamma[c] = F::cast(products[c] * inverse[c].as_f64());
        }
        let Some(mut dx) = dx else { return };
        let scale = self.scale(inverse);
        // the rows averaged over
        let rows = cache.indices.first().map(|&rows| f64::from(rows));
        let part = |sum: f64| F::cast(rows.map_or(0.0, |rows| sum / rows));
        let shift = |c: usize| scale[c] * part(sums[c]);
        // x̂ · mean(δ x̂) = (x − μ) · mean(δ (x − μ)) / (σ² + ε)
        let slope = |c: usize| scale[c] * inverse[c] * inverse[c] * part(products[c]);
        let shift: Vec<F> = (0..channels).map(shift).collect();
        let slope: Vec<F> = (0..channels).map(slope).collect();
        let numbers = [mean, &scale, &slope, &shift];
        per_channel::input_gradient([x.slice(), dy.slice()], dx.slice_mut(), numbers, true);
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        scale_shift::params(&self.gamma, &self.beta)
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        scale_shift::params_mut(&mut self.gamma, &mut self.beta)
    }

    fn state(&self) -> Vec<Param<'_, F>> {
        vec![
            Param::new("running_mean", &self.running_mean),
            Param::new("running_variance", &self.running_variance),
        ]
    }

    fn state_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        vec![
            ParamMut::new("running_mean", &mut self.running_mean),
            ParamMut::new("running_variance", &mut self.running_variance),
        ]
    }

    fn commit(&mut self, cache: &Cache<F>) {
        let Some(&rows) = cache.indices.first().filter(|&&rows| rows > 1) else {
            return;
        };
        let channels = self.gamma.len();
        let mean = &cache.statistics[channels..2 * channels];
        let variance = &cache.statistics[2 * channels..];
        let count = f64::from(rows);
        let unbiased = F::cast(count / (count - 1.0));
        let momentum = F::cast(self.config.momentum);
        let average =
            |running: &mut F, batch: F| *running = *running + momentum * (batch - *running);
        for c in 0..channels {
            average(&mut self.running_mean[c], mean[c]);
            average(&mut self.running_variance[c], variance[c] * unbiased);
        }
    }
}
