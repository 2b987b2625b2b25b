//! Layers that change the shape of a sample, not its elements.

use dl_core::{Scalar, instantiate, random::Generator};

use crate::activation::Activation;
use crate::error::{LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode};
use crate::model::LayerSpec;

/// Flattens each sample to a vector, in row-major order: `[h, w, c]` → `[h·w·c]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Flatten;

impl<F: Scalar> LayerSpec<F> for Flatten {
    const KIND: &'static str = "flatten";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        Ok(boxed(ReshapeLayer {
            shape: vec![input.iter().product()],
        }))
    }
}

/// Gives each sample another shape with the same number of elements, in row-major order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reshape {
    /// The shape of one output sample.
    pub shape: Vec<usize>,
}

impl Reshape {
    /// Sets the shape of an output sample.
    pub fn new(shape: impl Into<Vec<usize>>) -> Self {
        Self {
            shape: shape.into(),
        }
    }
}

impl<F: Scalar> LayerSpec<F> for Reshape {
    const KIND: &'static str = "reshape";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(&self, _: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        Ok(boxed(ReshapeLayer {
            shape: self.shape.clone(),
        }))
    }
}

#[derive(Debug, Clone)]
struct ReshapeLayer {
    shape: Vec<usize>,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: ReshapeLayer) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for ReshapeLayer {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let elements = |shape: &[usize]| shape.iter().try_fold(1, |n: usize, &d| n.checked_mul(d));
        let size = elements(&self.shape);
        let takes = match size {
            Some(size) => format!("{size} elements, for {:?}", self.shape),
            None => format!("too many elements to count, for {:?}", self.shape),
        };
        let fits = size.is_some() && size == elements(input);
        ShapeError::require(fits, input, takes)?;
        Ok(self.shape.clone())
    }

    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        y.slice_mut().copy_from_slice(x.slice());
    }

    fn backward(&self, pass: Backward<F>) {
        let Backward { dy, dx, .. } = pass;
        if let Some(mut dx) = dx {
            dx.slice_mut().copy_from_slice(dy.slice());
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        None
    }
}
