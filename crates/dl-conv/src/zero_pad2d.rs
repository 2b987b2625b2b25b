//! Zeros around an image.

use dl_core::{Scalar, instantiate, random::Generator};
use dl_nn::{
    Activation, Backward, Batch, BatchMut, Batching, Cache, Layer, LayerError, LayerSpec, Mode,
    ShapeError,
};
use serde::{Deserialize, Serialize};

use crate::geometry::{Padding, Window};
use crate::shape::{Image, image_of, require_result};

/// Zeros around an image: `[h, w, c]` → `[top + h + bottom, left + w + right, c]`.
///
/// ```
/// use dl_conv::ZeroPad2d;
/// use dl_nn::prelude::*;
///
/// let pad = ZeroPad2d::sides(2, 1, 0, 3);
/// let model: Model<f32> = Sequential::input([28, 28, 1]).push(pad).build(0)?;
/// assert_eq!(model.output_shape(), [31, 31, 1]);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroPad2d {
    /// Where the zeros are; [`Padding::Valid`] and [`Padding::Same`] add none.
    pub padding: Padding,
}

impl ZeroPad2d {
    /// `zeros` zeros on each side.
    pub fn new(zeros: usize) -> Self {
        Self {
            padding: Padding::all(zeros),
        }
    }

    /// `top` and `bottom` rows of zeros, `left` and `right` columns of zeros.
    pub fn sides(top: usize, bottom: usize, left: usize, right: usize) -> Self {
        Self {
            padding: Padding::Explicit {
                top,
                bottom,
                left,
                right,
            },
        }
    }
}

impl<F: Scalar> LayerSpec<F> for ZeroPad2d {
    const KIND: &'static str = "zero_pad2d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        // a window of one pixel stands on every pixel of the padded image
        let window = Window {
            padding: self.padding,
            ..Window::new(1)
        };
        window.validate("ZeroPad2d")?;
        let image = image_of(input)?;
        let geometry = window.over(image.size)?;
        let padded = Image {
            size: geometry.output,
            channels: image.channels,
        };
        require_result(input, padded.shape())?;
        Ok(boxed(ZeroPadLayer {
            image,
            padded,
            top: geometry.top,
            left: geometry.left,
        }))
    }
}

#[derive(Debug, Clone)]
struct ZeroPadLayer {
    image: Image,
    padded: Image,
    top: usize,
    left: usize,
}

impl ZeroPadLayer {
    /// Where row `y` of the image is in the padded one.
    fn row(&self, y: usize) -> std::ops::Range<usize> {
        let channels = self.image.channels;
        let first = ((self.top + y) * self.padded.size.width + self.left) * channels;
        first..first + self.image.size.width * channels
    }
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: ZeroPadLayer) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for ZeroPadLayer {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        self.image.require(input)?;
        Ok(self.padded.shape().to_vec())
    }

    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        for (image, padded) in x.iter().zip(y.iter_mut()) {
            padded.fill(F::zero());
            let rows = image.chunks_exact(self.image.elements() / self.image.size.height);
            for (y, row) in rows.enumerate() {
                padded[self.row(y)].copy_from_slice(row);
            }
        }
    }

    /// Gradients of the padding are discarded.
    fn backward(&self, pass: Backward<F>) {
        let Backward { dy, dx, .. } = pass;
        let Some(mut dx) = dx else { return };
        for (image, padded) in dx.iter_mut().zip(&dy.view()) {
            let rows = image.chunks_exact_mut(self.image.elements() / self.image.size.height);
            for (y, row) in rows.enumerate() {
                row.copy_from_slice(&padded[self.row(y)]);
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
