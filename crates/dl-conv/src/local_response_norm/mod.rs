//! Local response normalisation.

mod passes;

use dl_core::{Scalar, instantiate, random::Generator};
use dl_nn::{
    Backward, Batch, BatchMut, Batching, Cache, ConfigError, Cost, Layer, LayerError, LayerSpec,
    Mode, ShapeError,
};
use serde::{Deserialize, Serialize};

/// Local response normalisation across channels (Krizhevsky, Sutskever, Hinton 2012, section 3.3):
/// every channel a of a pixel is divided by a power of the squares of itself and its neighbours,
///
/// ```text
/// b = a / s^β,   s = k + α · Σ a²,
/// ```
///
/// summed over the `size` channels around it, fewer at both ends. Takes samples of any shape with
/// the channels as last axis.
///
/// PyTorch and the Caffe reference network divide α by the number of channels summed: their α is
/// `size` times ours. TensorFlow counts the neighbours on one side: its depth radius is
/// `(size − 1) / 2`.
///
/// ```
/// use dl_conv::LocalResponseNorm;
/// use dl_nn::prelude::*;
///
/// let norm = LocalResponseNorm::new().alpha(0.5);
/// let model: Model<f64> = Sequential::input([1]).push(norm).build(0)?;
/// let y = model.predict(&dl_nn::ndarray::array![[2.0]])?;
/// assert!((y[[0, 0]] - 2.0 / 4_f64.powf(0.75)).abs() < 1e-15); // s = 2 + 0.5 · 2²
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalResponseNorm {
    /// How many channels are summed.
    pub size: usize,
    /// What the sum starts from.
    pub k: f64,
    /// The weight of the squares.
    pub alpha: f64,
    /// The power the sum is raised to.
    pub beta: f64,
}

impl Default for LocalResponseNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalResponseNorm {
    /// The constants of AlexNet: 5 channels, k 2, α 1e-4, β 0.75.
    pub fn new() -> Self {
        Self {
            size: 5,
            k: 2.0,
            alpha: 1e-4,
            beta: 0.75,
        }
    }

    /// How many channels are summed, odd: the one normalised in their middle.
    pub fn size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// What the sum starts from, positive.
    pub fn k(mut self, k: f64) -> Self {
        self.k = k;
        self
    }

    /// The weight of the squares, not negative.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// The power the sum is raised to, not negative.
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let odd = self.size % 2 == 1;
        ConfigError::require(odd, "LocalResponseNorm size", self.size, "odd")?;
        let positive = self.k > 0.0 && self.k.is_finite();
        ConfigError::require(
            positive,
            "LocalResponseNorm k",
            self.k,
            "positive and finite",
        )?;
        let not_negative = |x: f64| x >= 0.0 && x.is_finite();
        let allowed = "not negative and finite";
        let (alpha, beta) = (self.alpha, self.beta);
        ConfigError::require(
            not_negative(alpha),
            "LocalResponseNorm alpha",
            alpha,
            allowed,
        )?;
        ConfigError::require(not_negative(beta), "LocalResponseNorm beta", beta, allowed)
    }
}

impl<F: Scalar> LayerSpec<F> for LocalResponseNorm {
    const KIND: &'static str = "local_response_norm";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn cost(&self, input: &[usize]) -> Cost {
        let channels = input.last().copied().unwrap_or(0);
        let summed = self.size.min(channels.saturating_mul(2));
        let operations = input.iter().copied().fold(summed, usize::saturating_mul);
        Cost {
            operations,
            ..Cost::default()
        }
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        self.validate()?;
        let channels = input.last().copied().unwrap_or(0);
        ShapeError::require(channels > 0, input, "a last axis of at least one channel")?;
        Ok(boxed(LocalResponseNormLayer {
            channels,
            reach: self.size / 2,
            k: F::cast(self.k),
            alpha: F::cast(self.alpha),
            beta: F::cast(self.beta),
        }))
    }
}

#[derive(Debug, Clone)]
struct LocalResponseNormLayer<F> {
    channels: usize,
    /// Neighbours on one side.
    reach: usize,
    k: F,
    alpha: F,
    beta: F,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: LocalResponseNormLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for LocalResponseNormLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let takes = format!("a last axis of {} channels", self.channels);
        ShapeError::require(input.last() == Some(&self.channels), input, takes)?;
        Ok(input.to_vec())
    }

    /// b = a s^−β.
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, _: Mode) {
        passes::forward(self, x.slice(), y.slice_mut(), cache);
    }

    /// With r = ∂L/∂b · a s^−β−1, summed over the neighbours, whose windows hold this channel:
    /// ∂L/∂a = ∂L/∂b · s^−β − 2αβ a Σ r.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x, dy, dx, cache, ..
        } = pass;
        if let Some(mut dx) = dx {
            passes::backward(self, x.slice(), dy.slice(), dx.slice_mut(), cache);
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}
