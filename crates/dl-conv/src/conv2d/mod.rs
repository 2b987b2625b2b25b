//! The convolution layer.

mod check;
mod classes;
mod cost;
mod layer;
mod patterns;
mod plan;
mod winograd;

pub(crate) use check::{Checked, kernel_elements, kernel_shape};
pub use layer::Conv2dLayer;
pub(crate) use layer::boxed;

use dl_core::{Scalar, random::Generator};
use dl_nn::init::{Fans, Initializer};
use dl_nn::kernel::KernelInit;
use dl_nn::{Activation, Cost, Layer, LayerError, LayerSpec, kernel_setters};

use crate::geometry::{Size, Window, window_setters};

/// A convolution y = g(x ∗ K + b): images `[h, w, c]` → `[h′, w′, filters]`.
///
/// The output has `⌊(h + padding − (kernel − 1)·dilation − 1) / stride⌋ + 1` rows, likewise
/// columns ([`Window`]).
///
/// ```
/// use dl_conv::{Conv2d, Padding};
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([28, 28, 1])
///     .push(Conv2d::new(32, 3).activation(Relu))
///     .push(Conv2d::new(64, [3, 5]).stride(2).padding(Padding::Same))
///     .build(0)?;
/// assert_eq!(model.output_shape(), [13, 13, 64]);
/// assert_eq!(model.parameter_count(), 3 * 3 * 32 + 32 + 3 * 5 * 32 * 64 + 64);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv2d {
    /// Number of output channels.
    pub filters: usize,
    /// Where the kernel stands.
    pub window: Window,
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// g.
    pub activation: Activation,
    /// Of the kernel; `None` for the activation's own.
    pub kernel_initializer: Option<Initializer>,
    /// Of the bias.
    pub bias_initializer: Initializer,
}

impl Conv2d {
    /// `filters` outputs per pixel from a kernel of this size; stride 1, no padding, a bias of zero,
    /// no activation.
    pub fn new(filters: usize, kernel: impl Into<Size>) -> Self {
        Self {
            filters,
            window: Window::new(kernel),
            groups: 1,
            bias: true,
            activation: Activation::Identity,
            kernel_initializer: None,
            bias_initializer: Initializer::Zeros,
        }
    }

    window_setters! {
        stride: "Moves the window by `stride` pixels.",
        padding: "Adds zeros around the image."
    }

    kernel_setters!();

    /// Splits the channels, inputs and filters alike, into `groups` groups that do not see each
    /// other; as many groups as input channels make it depthwise.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for Conv2d {
    const KIND: &'static str = "conv2d";

    fn element_count(&self, input: &[usize]) -> usize {
        kernel_elements(&self.window, self.filters, self.groups, input)
            .saturating_add(if self.bias { self.filters } else { 0 })
    }

    fn cost(&self, input: &[usize]) -> Cost {
        let checked = Checked::new("Conv2d", input, &self.window, self.filters, self.groups);
        checked.map_or(Cost::default(), |checked| {
            checked.output_cost(size_of::<F>())
        })
    }

    fn build(
        &self,
        input: &[usize],
        generator: &mut Generator,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        let initial = KernelInit {
            activation: self.activation,
            kernel: self.kernel_initializer,
            bias: self.bias_initializer,
            has_bias: self.bias,
        };
        initial.validate()?;
        let checked = Checked::new("Conv2d", input, &self.window, self.filters, self.groups)?;
        let (shape, fans) = (checked.kernel, Fans::from_shape(&checked.kernel));
        let (kernel, bias) = initial.sample(shape, self.filters, fans, generator)?;
        Ok(boxed(checked.layer(kernel, bias, self.activation)))
    }
}
