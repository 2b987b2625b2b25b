//! The transposed convolution layer.

mod check;
mod layer;

pub(crate) use check::check;
pub use layer::ConvTranspose2dLayer;
pub(crate) use layer::{boxed, layer};

use dl_core::{Scalar, random::Generator};
use dl_nn::init::{Fans, Initializer};
use dl_nn::kernel::KernelInit;
use dl_nn::{Activation, Cost, Layer, LayerError, LayerSpec, kernel_setters};

use crate::conv2d::{Checked, kernel_elements};
use crate::geometry::{Size, Window, window_setters};

/// A transposed convolution y = g(Kᵀ x + b), where x ↦ K x is a convolution with this window:
/// images `[h, w, c]` → `[h′, w′, filters]` (Zeiler, Krishnan, Taylor, Fergus 2010,
/// "Deconvolutional networks"; Dumoulin, Visin 2016, "A guide to convolution arithmetic for deep
/// learning", chapter 4).
///
/// It is the adjoint of that convolution, not its inverse: every input pixel adds the kernel, times
/// its value, to the output pixels that the convolution's window would see from there. With a
/// stride it enlarges images, in decoders and generators.
///
/// The output has as many rows as the convolution takes to `h` rows, likewise columns:
///
/// | padding | rows |
/// |---|---|
/// | `Valid` | `(h − 1)·stride + (kernel − 1)·dilation + 1 + output_padding` |
/// | `Explicit` | as many, less `top + bottom` |
/// | `Same` | `h·stride` |
///
/// (`Valid` and `Explicit` as in PyTorch, `Same` as in Keras, whose `valid` gives
/// `h·stride` rows where the kernel is smaller than the stride.) The kernel is
/// `[kernel height, kernel width, filters / groups, c]`, as in Keras: that of the convolution.
///
/// ```
/// use dl_conv::{ConvTranspose2d, Padding};
/// use dl_nn::prelude::*;
///
/// // the decoder of an autoencoder
/// let model: Model<f32> = Sequential::input([7, 7, 64])
///     .push(ConvTranspose2d::new(32, 3).stride(2).padding(Padding::Same).activation(Relu))
///     .push(ConvTranspose2d::new(1, 4).stride(2).padding(Padding::all(1)))
///     .build(0)?;
/// assert_eq!(model.output_shape(), [28, 28, 1]);
/// assert_eq!(model.parameter_count(), 3 * 3 * 32 * 64 + 32 + 4 * 4 * 32 + 1);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvTranspose2d {
    /// Number of output channels.
    pub filters: usize,
    /// The window of the convolution whose adjoint it is.
    pub window: Window,
    /// Rows at the bottom and columns at the right that the output has beyond the smallest one.
    pub output_padding: Size,
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

impl ConvTranspose2d {
    /// `filters` outputs per pixel from a kernel of this size; stride 1, no padding, a bias of zero,
    /// no activation.
    pub fn new(filters: usize, kernel: impl Into<Size>) -> Self {
        Self {
            filters,
            window: Window::new(kernel),
            output_padding: 0.into(),
            groups: 1,
            bias: true,
            activation: Activation::Identity,
            kernel_initializer: None,
            bias_initializer: Initializer::Zeros,
        }
    }

    window_setters! {
        stride: "Places input pixels `stride` output pixels apart.",
        padding: "Crops the output by what the convolution would have padded its input by."
    }

    kernel_setters!();

    /// Adds this many rows at the bottom and columns at the right, fewer than the stride: a strided
    /// convolution maps images of several sizes to the same size, and this selects one of them.
    pub fn output_padding(mut self, output_padding: impl Into<Size>) -> Self {
        self.output_padding = output_padding.into();
        self
    }

    /// Splits the channels, inputs and filters alike, into `groups` groups that do not see each
    /// other.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// The convolution whose adjoint it is on such samples.
    fn checked(&self, input: &[usize]) -> Result<Checked, LayerError> {
        check(
            "ConvTranspose2d",
            input,
            &self.window,
            self.output_padding,
            self.filters,
            self.groups,
        )
    }

    /// An output pixel sees every `stride`-th tap, an input pixel goes into all of them.
    fn fans(&self, [kernel_height, kernel_width, filters, channels]: [usize; 4]) -> Fans {
        let Size { height, width } = self.window.stride;
        let seen = kernel_height.div_ceil(height) * kernel_width.div_ceil(width);
        Fans {
            fan_in: seen * channels / self.groups,
            fan_out: kernel_height * kernel_width * filters,
        }
    }
}

impl<F: Scalar> LayerSpec<F> for ConvTranspose2d {
    const KIND: &'static str = "conv_transpose2d";

    fn element_count(&self, input: &[usize]) -> usize {
        kernel_elements(&self.window, self.filters, self.groups, input)
            .saturating_add(if self.bias { self.filters } else { 0 })
    }

    fn cost(&self, input: &[usize]) -> Cost {
        let checked = self.checked(input);
        checked.map_or(Cost::default(), |checked| {
            checked.input_gradient_cost(size_of::<F>())
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
        let fans = self.fans(checked.kernel);
        let (kernel, bias) = initial.sample(checked.kernel, self.filters, fans, generator)?;
        let convolution = checked.layer(kernel, None, Activation::Identity);
        Ok(boxed(layer(&checked, convolution, bias, self.activation)))
    }
}
