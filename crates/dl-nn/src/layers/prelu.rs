//! The ReLU with a trained slope.

use dl_core::sum::column_sums;
use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::Array1;

use crate::error::{ConfigError, LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut};
use crate::layers::scale_shift::{self, constant};
use crate::model::LayerSpec;

/// y = x for x > 0, otherwise a·x with a trained slope a for each channel (last axis), the parametric ReLU (He, Zhang, Ren, Sun 2015,
/// "Delving deep into rectifiers", eq. 1). No weight decay applies to a (section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PRelu {
    /// The initial slope.
    pub slope: f64,
}

impl Default for PRelu {
    fn default() -> Self {
        Self::new()
    }
}

impl PRelu {
    /// An initial slope of 0.25, as in the paper.
    pub fn new() -> Self {
        Self { slope: 0.25 }
    }

    /// Sets the initial slope, finite.
    pub fn slope(mut self, slope: f64) -> Self {
        self.slope = slope;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for PRelu {
    const KIND: &'static str = "prelu";

    fn element_count(&self, input: &[usize]) -> usize {
        input.last().copied().unwrap_or(0)
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        ConfigError::require(self.slope.is_finite(), "PRelu slope", self.slope, "finite")?;
        ShapeError::require(!input.is_empty(), input, "at least one axis")?;
        let slope = constant(input[input.len() - 1], F::cast(self.slope))?;
        Ok(boxed(PReluLayer { slope }))
    }
}

/// A parametric ReLU with its slopes, as [`PRelu`] builds it.
#[derive(Debug, Clone, PartialEq)]
pub struct PReluLayer<F> {
    /// a, `[channels]`.
    pub slope: Array1<F>,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: PReluLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for PReluLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        scale_shift::output_shape(&self.slope, input, "channels")
    }

    /// y = x or a·x.
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        for (x, y) in x.rows().zip(y.rows_mut()) {
            for ((y, &x), &a) in y.iter_mut().zip(x).zip(&self.slope) {
                *y = if x > F::zero() { x } else { a * x };
            }
        }
    }

    /// ∂L/∂x = δ or a·δ; ∂L/∂a = Σ δ x over the x that are not positive (eq. 3).
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            mut dy,
            dx,
            mut grads,
            ..
        } = pass;
        if let Some(mut dx) = dx {
            let rows = dx.rows_mut().zip(dy.view().rows()).zip(x.rows());
            for ((dx, dy), x) in rows {
                let elements = dx.iter_mut().zip(dy).zip(x).zip(&self.slope);
                for (((dx, &dy), &x), &a) in elements {
                    *dx = if x > F::zero() { dy } else { a * dy };
                }
            }
        }
        for (dy, &x) in dy.slice_mut().iter_mut().zip(x.slice()) {
            *dy = if x > F::zero() { F::zero() } else { *dy * x };
        }
        column_sums(dy.slice(), grads.slice(0));
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        vec![Param::new("slope", &self.slope)]
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        vec![ParamMut::new("slope", &mut self.slope)]
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}
