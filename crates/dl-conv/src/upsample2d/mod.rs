//! Larger images: nearest and bilinear interpolation.

mod bilinear;
mod nearest;

use dl_core::{Scalar, instantiate, random::Generator};
use dl_nn::{
    Activation, Backward, Batch, BatchMut, Batching, Cache, Layer, LayerError, LayerSpec, Mode,
    ShapeError,
};
use serde::{Deserialize, Serialize};

use crate::geometry::Size;
use crate::shape::{Image, image_of, require_result};

/// How a pixel between pixels gets its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Interpolation {
    /// From the pixel it lies in.
    #[default]
    Nearest,
    /// From the four pixels around it, by distance. Pixel p of the larger image lies at
    /// `(p + ½) / factor − ½` of the smaller one, or on its border where that is outside: pixels
    /// are areas, whose centres are halfway between whole numbers (PyTorch's
    /// `align_corners=False`, TensorFlow's half-pixel centres).
    Bilinear,
}

/// Up to this many gradients of the large image's pixels are summed in their own type; more of them in `f64`.
const FEW: usize = 64;

/// Makes images larger by whole factors: `[h, w, c]` → `[h·f, w·f, c]`.
///
/// ```
/// use dl_conv::{Interpolation, UpSample2d};
/// use dl_nn::prelude::*;
///
/// let up = UpSample2d::new([2, 3]).interpolation(Interpolation::Bilinear);
/// let model: Model<f32> = Sequential::input([7, 7, 16]).push(up).build(0)?;
/// assert_eq!(model.output_shape(), [14, 21, 16]);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpSample2d {
    /// How many times as high and as wide images become.
    pub factor: Size,
    /// Where the values come from.
    pub interpolation: Interpolation,
}

impl UpSample2d {
    /// Repeats every pixel `factor` times along both axes.
    pub fn new(factor: impl Into<Size>) -> Self {
        Self {
            factor: factor.into(),
            interpolation: Interpolation::Nearest,
        }
    }

    /// Chooses where the values come from.
    pub fn interpolation(mut self, interpolation: Interpolation) -> Self {
        self.interpolation = interpolation;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for UpSample2d {
    const KIND: &'static str = "up_sample2d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        self.factor.require(1, "UpSample2d factor")?;
        let small = image_of(input)?;
        let Size { height, width } = self.factor;
        let rows = small.size.height.saturating_mul(height);
        let columns = small.size.width.saturating_mul(width);
        require_result(input, [rows, columns, small.channels])?;
        Ok(boxed(UpSampleLayer {
            small,
            large: Image {
                size: [rows, columns].into(),
                channels: small.channels,
            },
            factor: self.factor,
            interpolation: self.interpolation,
        }))
    }
}

#[derive(Debug, Clone)]
struct UpSampleLayer {
    small: Image,
    large: Image,
    factor: Size,
    interpolation: Interpolation,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: UpSampleLayer) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for UpSampleLayer {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        self.small.require(input)?;
        Ok(self.large.shape().to_vec())
    }

    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        for (x, y) in x.iter().zip(y.iter_mut()) {
            match self.interpolation {
                Interpolation::Nearest => nearest::forward(self, x, y),
                Interpolation::Bilinear => bilinear::forward(self, x, y),
            }
        }
    }

    /// Each pixel gets back the gradients of the pixels it had a part in, by the same weights.
    fn backward(&self, pass: Backward<F>) {
        let Backward { dy, dx, .. } = pass;
        let Some(mut dx) = dx else { return };
        for (dx, dy) in dx.iter_mut().zip(&dy.view()) {
            dx.fill(F::zero());
            match self.interpolation {
                Interpolation::Nearest => nearest::backward(self, dy, dx),
                Interpolation::Bilinear => bilinear::backward(self, dy, dx),
            }
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        None
    }
}
