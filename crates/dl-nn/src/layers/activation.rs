//! An activation as a layer of its own.

use dl_core::{Scalar, instantiate, random::Generator};

use crate::activation::Activation;
use crate::error::{LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode};
use crate::model::LayerSpec;

/// Applies an [`Activation`] to samples of any shape (softmax: over the last axis).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Activate(pub Activation);

impl<F: Scalar> LayerSpec<F> for Activate {
    const KIND: &'static str = "activation";

    fn element_count(&self, _: &[usize]) -> usize {
        0
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
        <Self as LayerSpec<F>>::KIND
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    /// Y = g(X).
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        y.slice_mut().copy_from_slice(x.slice());
        self.0.forward(y.slice_mut(), x.width());
    }

    /// ∂L/∂X = ∂L/∂Y ⊙ g′(X).
    fn backward(&self, pass: Backward<F>) {
        let Backward { x, y, dy, dx, .. } = pass;
        if let Some(mut dx) = dx {
            dx.slice_mut().copy_from_slice(dy.slice());
            self.0
                .backward(x.slice(), y.slice(), dx.slice_mut(), x.width());
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        Some(self.0)
    }
}
