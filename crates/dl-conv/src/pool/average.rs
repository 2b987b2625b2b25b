//! Average pooling.

use dl_core::{Scalar, instantiate, random::Generator};
use dl_nn::{Cost, Layer, LayerError, LayerSpec};
use serde::{Deserialize, Serialize};

use super::layer::PoolLayer;
use super::passes::Reduce;
use super::plan::{self, WindowPlan};
use crate::geometry::{Size, Window, window_setters};

/// The mean of the pixels under a window, for each channel by itself: `[h, w, c]` → `[h′, w′, c]`
/// (LeCun et al. 1998, section II.B, there with a weight and a bias for each channel).
///
/// The mean is that of the pixels in the image, as in Keras;
/// [`count_padding`](Self::count_padding) counts the zeros around it, too, as PyTorch does unless
/// told otherwise. A window that sees nothing but padding is an error at build.
///
/// ```
/// use dl_conv::AveragePool2d;
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([28, 28, 6]).push(AveragePool2d::new(2)).build(0)?;
/// assert_eq!(model.output_shape(), [14, 14, 6]);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AveragePool2d {
    /// Where the window stands.
    pub window: Window,
    /// Whether the padding's zeros count as pixels.
    pub count_padding: bool,
}

impl AveragePool2d {
    /// Windows of this size, side by side (stride = window), inside the image.
    pub fn new(window: impl Into<Size>) -> Self {
        let window = window.into();
        Self {
            window: Window {
                stride: window,
                ..Window::new(window)
            },
            count_padding: false,
        }
    }

    window_setters! {
        stride: "Moves the window by `stride` pixels.",
        padding: "What surrounds the image."
    }

    /// Whether the padding's zeros count as pixels.
    pub fn count_padding(mut self, count: bool) -> Self {
        self.count_padding = count;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for AveragePool2d {
    const KIND: &'static str = "average_pool2d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn cost(&self, input: &[usize]) -> Cost {
        plan::cost(&self.window, input)
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        let plan = WindowPlan::new(&self.window, input, "AveragePool2d")?;
        let count = self.count_padding.then_some(plan.taps);
        Ok(boxed(PoolLayer {
            plan,
            reduce: Average { count },
            global: false,
        }))
    }
}

/// y = Σₚ xₚ / m; ∂L/∂xₚ = ∂L/∂y / m.
#[derive(Debug, Clone, Copy)]
pub(super) struct Average {
    /// m, where it is not the number of pixels seen.
    pub(super) count: Option<usize>,
}

impl Average {
    /// m.
    #[inline(always)]
    fn count<F: Scalar>(self, taps: usize) -> F {
        F::cast(self.count.unwrap_or(taps) as f64)
    }
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    pub(super) fn boxed<F: Scalar>(layer: PoolLayer<Average>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Reduce<F> for Average {
    type Total = f64;

    #[inline(always)]
    fn add(self, sum: F, pixel: F) -> F {
        sum + pixel
    }

    #[inline(always)]
    fn total(self, run: F) -> f64 {
        run.as_f64()
    }

    #[inline(always)]
    fn join(self, total: f64, run: F) -> f64 {
        total + run.as_f64()
    }

    #[inline(always)]
    fn number(self, total: f64) -> F {
        F::cast(total)
    }

    #[inline(always)]
    fn finish(self, sum: F, taps: usize) -> F {
        sum / self.count(taps)
    }

    #[inline(always)]
    fn share(self, dy: F, taps: usize) -> F {
        dy / self.count(taps)
    }

    #[inline(always)]
    fn part(self, _: F, _: F, share: F) -> (F, F) {
        (share, share)
    }
}
