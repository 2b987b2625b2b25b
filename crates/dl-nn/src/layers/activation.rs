//! An activation as a layer of its own.

use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::ArrayD;

use crate::activation::Activation;
use crate::config::LayerConfig;
use crate::error::{LayerError, ShapeError};
use crate::layer::{Batching, Cache, Layer, LayerSpec, Mode, View, ViewMut};
use crate::layers::{slice, slice_mut};

/// Applies an [`Activation`] to samples of any shape (softmax: over the last axis).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Activate(pub Activation);

impl<F: Scalar> LayerSpec<F> for Activate {
    fn kind(&self) -> &'static str {
        "activation"
    }

    fn config(&self) -> Option<LayerConfig> {
        LayerConfig::new("activation", self)
    }

    fn build(&self, _: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        self.0.validate()?;
        Ok(boxed(*self))
    }
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: Activate) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for Activate {
    fn kind(&self) -> &'static str {
        "activation"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    /// Y = g(X).
    fn forward(&self, x: View<F>, mut y: ViewMut<F>, _: &mut Cache<F>, _: Mode) {
        let width = x.shape().last().copied().unwrap_or(1);
        y.assign(&x);
        self.0.forward(slice_mut(&mut y), width);
    }

    /// ∂L/∂X = ∂L/∂Y ⊙ g′(X).
    fn backward(
        &self,
        x: View<F>,
        y: View<F>,
        dy: ViewMut<F>,
        dx: Option<ViewMut<F>>,
        _: &mut Cache<F>,
        _: &mut [ArrayD<F>],
    ) {
        if let Some(mut dx) = dx {
            let width = x.shape().last().copied().unwrap_or(1);
            dx.assign(&dy);
            self.0
                .backward(slice(&x), slice(&y), slice_mut(&mut dx), width);
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        Some(self.0)
    }
}
