//! Shapes of samples, checked where they come in.

use dl_core::Scalar;
use dl_core::memory::{OutOfMemory, filled};
use dl_nn::ShapeError;
use ndarray::{Array, Dimension};

use crate::geometry::Size;

/// The most elements a sample may have, so that a typo in a size does not end in an abort.
const MAX_ELEMENTS: usize = u32::MAX as usize;

/// The shape of one image `[height, width, channels]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) size: Size,
    pub(crate) channels: usize,
}

impl Image {
    /// Elements of one image.
    pub(crate) fn elements(&self) -> usize {
        self.size.height * self.size.width * self.channels
    }

    pub(crate) fn shape(&self) -> [usize; 3] {
        [self.size.height, self.size.width, self.channels]
    }

    /// `Ok` where a sample is such an image.
    pub(crate) fn require(&self, sample: &[usize]) -> Result<(), ShapeError> {
        let takes = format!("an image {:?}", self.shape());
        ShapeError::require(sample == self.shape(), sample, takes)
    }
}

/// A sample's shape as an image.
pub(crate) fn image_of(sample: &[usize]) -> Result<Image, ShapeError> {
    let takes = "an image [height, width, channels] of at least 1 × 1 × 1";
    let &[height, width, channels] = sample else {
        return Err(ShapeError {
            got: sample.to_vec(),
            takes: takes.to_owned(),
        });
    };
    ShapeError::require(!sample.contains(&0), sample, takes)?;
    let few = few_enough([height, width, channels]);
    ShapeError::require(few, sample, "an image of fewer than 2^32 elements")?;
    Ok(Image {
        size: [height, width].into(),
        channels,
    })
}

/// `Ok` where what comes out for a sample of shape `input` can be stored.
pub(crate) fn require_result(input: &[usize], result: [usize; 3]) -> Result<(), ShapeError> {
    let takes = format!("an image whose result, here {result:?}, has fewer than 2^32 elements");
    ShapeError::require(few_enough(result), input, takes)
}

fn few_enough(shape: [usize; 3]) -> bool {
    let elements = shape
        .iter()
        .try_fold(1, |product: usize, &n| product.checked_mul(n));
    elements.is_some_and(|elements| elements <= MAX_ELEMENTS)
}

/// Zeros, as many as the shape has, or an error if there is not enough memory for them.
pub(crate) fn zeros<F: Scalar, D: Dimension>(shape: D) -> Result<Array<F, D>, OutOfMemory> {
    let lengths = shape.slice().iter();
    let elements = lengths.fold(1, |elements: usize, &n| elements.saturating_mul(n));
    let zeros = filled(elements, F::zero)?;
    Ok(Array::from_shape_vec(shape, zeros).expect("as many elements as the shape has"))
}
