//! Max pooling of signals.

use dl_core::{Scalar, random::Generator};
use dl_nn::{Cost, Layer, LayerError, LayerSpec};
use serde::{Deserialize, Serialize};

use super::{image_shape, layer, window};
use crate::geometry::{Padding, Window};
use crate::pool::{max_pool, window_cost};

/// The largest element under a window, for each channel by itself: `[length, c]` → `[length′, c]`; see
/// [`MaxPool2d`](crate::MaxPool2d), which pools images of one row for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPool1d {
    /// Elements under the window.
    pub kernel: usize,
    /// Elements from one position to the next.
    pub stride: usize,
    /// What surrounds the signal; only `left` and `right` of [`Padding::Explicit`] count.
    pub padding: Padding,
}

impl MaxPool1d {
    /// Windows of so many elements, side by side, inside the signal.
    pub fn new(kernel: usize) -> Self {
        Self {
            kernel,
            stride: kernel,
            padding: Padding::Valid,
        }
    }

    /// Moves the window by `stride` elements.
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// What surrounds the signal; only `left` and `right` of [`Padding::Explicit`] count.
    pub fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Where the window stands, on an image of one row.
    pub fn window(&self) -> Window {
        window(self.kernel, self.stride, 1, self.padding)
    }
}

impl<F: Scalar> LayerSpec<F> for MaxPool1d {
    const KIND: &'static str = "max_pool1d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn cost(&self, input: &[usize]) -> Cost {
        let image = image_shape(input);
        image.map_or(Cost::default(), |image| window_cost(&self.window(), &image))
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        let image = image_shape(input)?;
        let pool = max_pool(&self.window(), &image, "MaxPool1d")?;
        layer::of_image(pool, image)
    }
}
