//! Max pooling.

use dl_core::{Scalar, instantiate, random::Generator};
use dl_nn::{Cost, Layer, LayerError, LayerSpec};
use serde::{Deserialize, Serialize};

use super::layer::PoolLayer;
use super::passes::Reduce;
use super::plan::{self, WindowPlan};
use crate::geometry::{Size, Window, window_setters};

/// The largest pixel under a window, for each channel by itself: `[h, w, c]` → `[h′, w′, c]`
/// (Goodfellow, Bengio, Courville 2016, section 9.3; overlapping windows: Krizhevsky, Sutskever,
/// Hinton 2012, section 3.4).
///
/// - Padding never wins; a window that sees nothing else is an error at build.
/// - Of equal pixels the first wins, in row-major order, and the gradient is its alone.
///   Gradients of overlapping windows add up.
/// - A NaN under the window makes the result NaN. Its gradient goes to the window's first pixel.
///
/// ```
/// use dl_conv::MaxPool2d;
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([26, 26, 32]).push(MaxPool2d::new(2)).build(0)?;
/// assert_eq!(model.output_shape(), [13, 13, 32]);
/// // AlexNet's overlapping windows
/// let pool = MaxPool2d::new(3).stride(2);
/// let model: Model<f32> = Sequential::input([55, 55, 96]).push(pool).build(0)?;
/// assert_eq!(model.output_shape(), [27, 27, 96]);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPool2d {
    /// Where the window stands.
    pub window: Window,
}

impl MaxPool2d {
    /// Windows of this size, side by side (stride = window), inside the image.
    pub fn new(window: impl Into<Size>) -> Self {
        let window = window.into();
        Self {
            window: Window {
                stride: window,
                ..Window::new(window)
            },
        }
    }

    window_setters! {
        stride: "Moves the window by `stride` pixels.",
        padding: "What surrounds the image."
    }
}

impl<F: Scalar> LayerSpec<F> for MaxPool2d {
    const KIND: &'static str = "max_pool2d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn cost(&self, input: &[usize]) -> Cost {
        plan::cost(&self.window, input)
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        max_pool(&self.window, input, "MaxPool2d")
    }
}

/// Max pooling of images of shape `input`; errors name the window as `owner`'s.
pub(crate) fn max_pool<F: Scalar>(
    window: &Window,
    input: &[usize],
    owner: &str,
) -> Result<Box<dyn Layer<F>>, LayerError> {
    Ok(boxed(PoolLayer {
        plan: WindowPlan::new(window, input, owner)?,
        reduce: Max,
        global: false,
    }))
}

/// y = maxₚ xₚ; ∂L/∂xₚ = ∂L/∂y for the first p with xₚ = y.
#[derive(Debug, Clone, Copy)]
pub(super) struct Max;

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    pub(super) fn boxed<F: Scalar>(layer: PoolLayer<Max>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Reduce<F> for Max {
    type Total = F;

    #[inline(always)]
    fn add(self, most: F, pixel: F) -> F {
        // a NaN wins and stays
        if pixel > most || pixel.is_nan() {
            pixel
        } else {
            most
        }
    }

    #[inline(always)]
    fn total(self, most: F) -> F {
        most
    }

    #[inline(always)]
    fn join(self, total: F, most: F) -> F {
        Reduce::<F>::add(self, total, most)
    }

    #[inline(always)]
    fn number(self, total: F) -> F {
        total
    }

    #[inline(always)]
    fn finish(self, most: F, _: usize) -> F {
        most
    }

    #[inline(always)]
    fn share(self, dy: F, _: usize) -> F {
        dy
    }

    /// The first pixel that is not less takes all there is; those after it find nothing left.
    #[inline(always)]
    fn part(self, pixel: F, y: F, left: F) -> (F, F) {
        if pixel < y {
            (F::zero(), left)
        } else {
            (left, F::zero())
        }
    }
}
