//! The convolution of signals.

use dl_core::{Scalar, random::Generator};
use dl_nn::init::{Fans, Initializer};
use dl_nn::kernel::KernelInit;
use dl_nn::{Activation, Cost, Layer, LayerError, LayerSpec, kernel_setters};
use serde::{Deserialize, Serialize};

use super::{image_shape, layer, window};
use crate::conv2d::{Checked, boxed, kernel_elements};
use crate::geometry::{Padding, Window};

/// A convolution along one axis y = g(x ∗ K + b): signals `[length, channels]` → `[length′, filters]`, with a kernel
/// `[taps, channels / groups, filters]`. The kernels are [`Conv2d`](crate::Conv2d)'s, for images of one row.
///
/// ```
/// use dl_conv::{Conv1d, MaxPool1d};
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([100, 2])
///     .push(Conv1d::new(8, 5).activation(Relu))
///     .push(MaxPool1d::new(4))
///     .build(0)?;
/// assert_eq!(model.output_shape(), [24, 8]);
/// assert_eq!(model.parameter_count(), 5 * 2 * 8 + 8);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv1d {
    /// Number of output channels.
    pub filters: usize,
    /// Taps of the kernel.
    pub kernel: usize,
    /// Elements from one position to the next.
    pub stride: usize,
    /// Elements from one tap to the next.
    pub dilation: usize,
    /// Zeros around the signal; only `left` and `right` of [`Padding::Explicit`] count.
    pub padding: Padding,
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

impl Conv1d {
    /// `filters` outputs per position from a kernel of so many taps; stride 1, no padding, a bias of zero, no
    /// activation.
    pub fn new(filters: usize, kernel: usize) -> Self {
        Self {
            filters,
            kernel,
            stride: 1,
            dilation: 1,
            padding: Padding::Valid,
            groups: 1,
            bias: true,
            activation: Activation::Identity,
            kernel_initializer: None,
            bias_initializer: Initializer::Zeros,
        }
    }

    /// Moves the window by `stride` elements.
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// Spreads the taps: `dilation` elements from one to the next.
    pub fn dilation(mut self, dilation: usize) -> Self {
        self.dilation = dilation;
        self
    }

    /// Adds zeros around the signal; only `left` and `right` of [`Padding::Explicit`] count.
    pub fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Splits the channels, inputs and filters alike, into groups that do not see each other.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    kernel_setters!();

    /// Where the kernel stands, on an image of one row.
    pub fn window(&self) -> Window {
        window(self.kernel, self.stride, self.dilation, self.padding)
    }

    fn checked(&self, input: &[usize]) -> Result<Checked, LayerError> {
        let (input, window) = (image_shape(input)?, self.window());
        Checked::new("Conv1d", &input, &window, self.filters, self.groups)
    }
}

impl<F: Scalar> LayerSpec<F> for Conv1d {
    const KIND: &'static str = "conv1d";

    fn element_count(&self, input: &[usize]) -> usize {
        kernel_elements(&self.window(), self.filters, self.groups, input)
            .saturating_add(if self.bias { self.filters } else { 0 })
    }

    fn cost(&self, input: &[usize]) -> Cost {
        let checked = self.checked(input);
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
        let checked = self.checked(input)?;
        let (shape, fans) = (checked.kernel, Fans::from_shape(&checked.kernel));
        let (kernel, bias) = initial.sample(shape, self.filters, fans, generator)?;
        let layer = boxed(checked.layer(kernel, bias, self.activation));
        layer::of_image(layer, image_shape(input)?)
    }
}
