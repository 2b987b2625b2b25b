//! Pooling of one kind or another as a layer.

use dl_core::Scalar;
use dl_nn::{Activation, Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, ShapeError};

use super::passes::{self, Reduce};
use super::plan::WindowPlan;

/// A pooling whose windows are planned for one shape of images. Nothing is cached for the backward
/// pass, which needs x and y alone.
#[derive(Debug, Clone)]
pub(super) struct PoolLayer<R> {
    pub(super) plan: WindowPlan,
    pub(super) reduce: R,
    /// Whether the output is one element per channel, `[c]` instead of `[1, 1, c]`.
    pub(super) global: bool,
}

impl<F: Scalar, R: Reduce<F> + std::fmt::Debug + 'static> Layer<F> for PoolLayer<R> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let WindowPlan {
            rows,
            columns,
            image,
            ..
        } = &self.plan;
        image.require(input)?;
        Ok(match self.global {
            true => vec![image.channels],
            false => vec![rows.len(), columns.len(), image.channels],
        })
    }

    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        passes::forward(self.reduce, &self.plan, x.slice(), y.slice_mut());
    }

    fn backward(&self, pass: Backward<F>) {
        let Backward { x, y, dy, dx, .. } = pass;
        if let Some(mut dx) = dx {
            let read = [x.slice(), y.slice(), dy.slice()];
            passes::backward(self.reduce, &self.plan, read, dx.slice_mut());
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        None
    }
}
