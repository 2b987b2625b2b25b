//! Group normalisation.

use dl_core::sum::{
    add_column_squared_deviations, add_column_sums_and_deviation_products, add_column_totals,
};
use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::Array1;

use crate::error::{ConfigError, LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut};
use crate::layers::per_channel;
use crate::layers::scale_shift::{self, constant};
use crate::model::LayerSpec;

/// Group normalisation (Wu, He 2018, eq. 1 to 7): the channels (last axis) of a sample are divided into groups, and
/// each is normalised by the mean and variance of all its elements. It is the same in training and evaluation, for
/// batches of any size.
///
/// One group normalises whole samples; as many groups as channels are instance normalisation.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupNorm {
    /// Number of groups, a divisor of the number of channels.
    pub groups: usize,
    /// ε, which is added to the variance.
    pub epsilon: f64,
}

impl GroupNorm {
    /// So many groups of channels, ε 1e-5. (The paper has 32 groups.)
    pub fn new(groups: usize) -> Self {
        Self {
            groups,
            epsilon: 1e-5,
        }
    }

    /// Sets ε, which is added to the variance before the root is taken; positive.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for GroupNorm {
    const KIND: &'static str = "group_norm";

    fn element_count(&self, input: &[usize]) -> usize {
        input
            .last()
            .map_or(0, |channels| channels.saturating_mul(2))
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        let channels = scale_shift::width_for(self.epsilon, "GroupNorm epsilon", input)?;
        ConfigError::require(
            self.groups > 0 && channels.is_multiple_of(self.groups),
            "GroupNorm groups",
            format!("{} for {channels} channels", self.groups),
            "a divisor of the number of channels",
        )?;
        Ok(boxed(GroupNormLayer {
            gamma: constant(channels, F::one())?,
            beta: constant(channels, F::zero())?,
            config: *self,
        }))
    }
}

/// Group normalisation with its parameters, as [`GroupNorm`] builds it.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupNormLayer<F> {
    /// γ, the scale, `[channels]`.
    pub gamma: Array1<F>,
    /// β, the shift, `[channels]`.
    pub beta: Array1<F>,
    config: GroupNorm,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: GroupNormLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

/// Each group's sum of `numbers` times `factor`, for every channel of the group.
fn per_group(numbers: &mut [f64], groups: usize, factor: f64) {
    let size = numbers.len() / groups;
    for group in numbers.chunks_exact_mut(size) {
        let sum: f64 = group.iter().sum();
        group.fill(sum * factor);
    }
}

impl<F: Scalar> GroupNormLayer<F> {
    /// 1 / (elements of a group of a sample).
    fn share(&self, sample: usize) -> f64 {
        self.config.groups as f64 / sample as f64
    }
}

impl<F: Scalar> Layer<F> for GroupNormLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        scale_shift::output_shape(&self.gamma, input, "channels")
    }

    /// y = (x − μ) γ/√(σ² + ε) + β, with μ and σ² of a sample's group. The cache keeps μ and 1/√(σ² + ε) of each
    /// sample and channel.
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, _: Mode) {
        let (channels, groups) = (self.gamma.len(), self.config.groups);
        let beta = self.beta.as_slice().expect("a vector");
        let mut totals = vec![0.0; channels];
        cache.statistics.clear();
        for (x, y) in x.iter().zip(y.iter_mut()) {
            let share = self.share(x.len());
            totals.fill(0.0);
            add_column_totals(x, &mut totals);
            per_group(&mut totals, groups, share);
            let mean: Vec<F> = totals.iter().map(|&mean| F::cast(mean)).collect();
            totals.fill(0.0);
            add_column_squared_deviations(x, &mean, &mut totals);
            per_group(&mut totals, groups, share);
            let inverse = |&v: &f64| F::cast((v + self.config.epsilon).sqrt().recip());
            let inverse: Vec<F> = totals.iter().map(inverse).collect();
            let scale: Vec<F> = self
                .gamma
                .iter()
                .zip(&inverse)
                .map(|(&g, &i)| g * i)
                .collect();
            per_channel::standardize(x, y, [&mean, &scale, beta], false);
            cache.statistics.extend(mean);
            cache.statistics.extend(inverse);
        }
    }

    /// With x̂ = (x − μ) / √(σ² + ε) and g = γδ: ∂L/∂β = Σ δ, ∂L/∂γ = Σ δ x̂,
    /// ∂L/∂x = 1/√(σ² + ε) · (g − mean(g) − x̂ · mean(g x̂)), the means over a sample's group.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            dy,
            dx,
            cache,
            mut grads,
            ..
        } = pass;
        let (channels, groups) = (self.gamma.len(), self.config.groups);
        let mut dx = dx;
        let mut totals = [vec![0.0; channels], vec![0.0; channels]];
        let mut sums = totals.clone();
        let statistics = cache.statistics.chunks_exact(2 * channels);
        for (i, (x, statistics)) in x.iter().zip(statistics).enumerate() {
            let delta = &dy.slice()[i * x.len()..][..x.len()];
            let (mean, inverse) = statistics.split_at(channels);
            let [sum, product] = &mut sums;
            sum.fill(0.0);
            product.fill(0.0);
            add_column_sums_and_deviation_products(delta, x, mean, sum, product);
            for c in 0..channels {
                product[c] *= inverse[c].as_f64();
                totals[0][c] += sum[c];
                totals[1][c] += product[c];
                sum[c] *= self.gamma[c].as_f64();
                product[c] *= self.gamma[c].as_f64();
            }
            let Some(dx) = &mut dx else { continue };
            let dx = &mut dx.slice_mut()[i * x.len()..][..x.len()];
            let share = self.share(x.len());
            per_group(sum, groups, share);
            per_group(product, groups, share);
            let scale = |c: usize| self.gamma[c] * inverse[c];
            let slope = |c: usize| inverse[c] * inverse[c] * F::cast(product[c]);
            let shift = |c: usize| inverse[c] * F::cast(sum[c]);
            let scale: Vec<F> = (0..channels).map(scale).collect();
            let slope: Vec<F> = (0..channels).map(slope).collect();
            let shift: Vec<F> = (0..channels).map(shift).collect();
            per_channel::input_gradient([x, delta], dx, [mean, &scale, &slope, &shift], false);
        }
        let [gamma, beta] = grads.slices();
        for c in 0..channels {
            beta[c] = F::cast(totals[0][c]);
            gamma[c] = F::cast(totals[1][c]);
        }
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        scale_shift::params(&self.gamma, &self.beta)
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        scale_shift::params_mut(&mut self.gamma, &mut self.beta)
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}
