//! Dropout.

use dl_core::rand::RngCore;
use dl_core::{Scalar, instantiate, random::Generator};

use crate::activation::Activation;
use crate::error::{ConfigError, LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode};
use crate::model::LayerSpec;

/// Dropout (Srivastava et al. 2014), inverted: in training each element is zero with
/// probability `rate` and otherwise divided by `1 − rate`, so that its expectation does not change; in
/// evaluation it is the identity.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// The probability that an element is dropped.
    pub rate: f64,
}

impl Dropout {
    /// Drops with probability `rate`, in `[0, 1)`.
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }
}

impl<F: Scalar> LayerSpec<F> for Dropout {
    const KIND: &'static str = "dropout";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(&self, _: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        ConfigError::require(
            (0.0..1.0).contains(&self.rate),
            "Dropout rate",
            self.rate,
            "in [0, 1)",
        )?;
        Ok(boxed(DropoutLayer { rate: self.rate }))
    }
}

#[derive(Debug, Clone, Copy)]
struct DropoutLayer {
    rate: f64,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: DropoutLayer) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for DropoutLayer {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    /// Y = X ⊙ M with Mᵢ = 0 with probability `rate`, otherwise 1 / (1 − `rate`).
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, mode: Mode) {
        cache.values.resize(x.slice().len(), F::one());
        match mode.generator() {
            None => cache.values.fill(F::one()),
            Some(mut generator) => {
                let keep = F::cast(1.0 / (1.0 - self.rate));
                let threshold = (self.rate * 2f64.powi(32)) as u64;
                for mask in &mut cache.values {
                    let dropped = u64::from(generator.next_u32()) < threshold;
                    *mask = if dropped { F::zero() } else { keep };
                }
            }
        }
        let elements = y.slice_mut().iter_mut().zip(x.slice());
        for ((y, &x), &mask) in elements.zip(&cache.values) {
            *y = x * mask;
        }
    }

    /// ∂L/∂X = ∂L/∂Y ⊙ M.
    fn backward(&self, pass: Backward<F>) {
        let Backward { dy, dx, cache, .. } = pass;
        let Some(mut dx) = dx else { return };
        let elements = dx.slice_mut().iter_mut().zip(dy.slice());
        for ((dx, &dy), &mask) in elements.zip(&cache.values) {
            *dx = dy * mask;
        }
    }

    fn cached(&self, outputs: usize) -> usize {
        outputs
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        None
    }
}
