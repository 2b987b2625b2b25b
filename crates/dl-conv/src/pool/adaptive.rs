//! Pooling to a size that is given.

use dl_core::{Scalar, random::Generator};
use dl_nn::{Cost, Layer, LayerError, LayerSpec};
use serde::{Deserialize, Serialize};

use super::average::{self, Average};
use super::layer::PoolLayer;
use super::plan::{Span, WindowPlan};
use crate::geometry::Size;
use crate::shape::{image_of, require_result};

/// The means of windows that divide an image as evenly as whole pixels allow, so that images of any size become
/// `[height, width, c]`, as PyTorch's layer of this name: window i of n on m pixels sees those from ⌊i m/n⌋ to
/// ⌈(i + 1) m/n⌉ (He, Zhang, Ren, Sun 2014, "Spatial pyramid pooling", section 2.3).
///
/// ```
/// use dl_conv::AdaptiveAveragePool2d;
/// use dl_nn::prelude::*;
///
/// let pool = AdaptiveAveragePool2d::new([3, 2]);
/// let model: Model<f32> = Sequential::input([7, 5, 64]).push(pool).build(0)?;
/// assert_eq!(model.output_shape(), [3, 2, 64]);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveAveragePool2d {
    /// Rows and columns that come out.
    pub output: Size,
}

impl AdaptiveAveragePool2d {
    /// Images of this size come out.
    pub fn new(output: impl Into<Size>) -> Self {
        Self {
            output: output.into(),
        }
    }
}

impl<F: Scalar> LayerSpec<F> for AdaptiveAveragePool2d {
    const KIND: &'static str = "adaptive_average_pool2d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn cost(&self, input: &[usize]) -> Cost {
        let Size { height, width } = self.output;
        let spans = height.saturating_add(width);
        Cost {
            plan: spans.saturating_mul(size_of::<Span>()),
            scratch: 0,
            // windows overlap by less than one pixel on each side
            operations: input
                .iter()
                .fold(4, |n: usize, &size| n.saturating_mul(size)),
        }
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        self.output.require(1, "AdaptiveAveragePool2d output")?;
        let image = image_of(input)?;
        let Size { height, width } = self.output;
        require_result(input, [height, width, image.channels])?;
        Ok(average::boxed(PoolLayer {
            plan: WindowPlan::adaptive(self.output, image),
            reduce: Average { count: None },
            global: false,
        }))
    }
}
