//! The transposed convolution's two passes: those of a convolution, the other way round.

use dl_core::sum::column_sums;
use dl_core::{Scalar, instantiate};
use dl_nn::kernel;
use dl_nn::{
    Activation, Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut,
    ShapeError,
};
use ndarray::Array1;

use crate::conv2d::{Checked, Conv2dLayer};
use crate::shape::Image;

/// A transposed convolution with its parameters, as [`ConvTranspose2d`](crate::ConvTranspose2d)
/// builds it.
#[derive(Debug, Clone)]
pub struct ConvTranspose2dLayer<F> {
    /// K, which takes outputs back to inputs, without a bias; its kernel is this layer's,
    /// `[kernel height, kernel width, filters / groups, channels]`.
    convolution: Conv2dLayer<F>,
    /// b, `[filters]`.
    pub bias: Option<Array1<F>>,
    /// g, element-wise.
    pub activation: Activation,
    input: Image,
    output: Image,
}

/// The layer for a checked convolution; the convolution's bias is none, its activation none.
pub(crate) fn layer<F: Scalar>(
    checked: &Checked,
    convolution: Conv2dLayer<F>,
    bias: Option<Array1<F>>,
    activation: Activation,
) -> ConvTranspose2dLayer<F> {
    ConvTranspose2dLayer {
        convolution,
        bias,
        activation,
        input: checked.output,
        output: checked.input,
    }
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    pub(crate) fn boxed<F: Scalar>(layer: ConvTranspose2dLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for ConvTranspose2dLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        self.input.require(input)?;
        Ok(self.output.shape().to_vec())
    }

    /// Z = Kᵀ X + b, Y = g(Z).
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, _: Mode) {
        let (n, y) = (x.len(), y.slice_mut());
        let filters = self.output.channels;
        self.convolution.input_gradient(x.slice(), y, n, cache);
        if let Some(bias) = &self.bias {
            for pixel in y.chunks_exact_mut(filters) {
                for (value, &bias) in pixel.iter_mut().zip(bias) {
                    *value += bias;
                }
            }
        }
        self.activation.forward_for_backward(y, filters, cache);
    }

    /// δ = ∂L/∂Z = ∂L/∂Y ⊙ g′(Z); ∂L/∂K is the convolution's for input δ and output gradient X;
    /// ∂L/∂b = Σ δ over images and pixels; ∂L/∂X = K δ.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            y,
            mut dy,
            dx,
            cache,
            mut grads,
            ..
        } = pass;
        let (n, filters) = (x.len(), self.output.channels);
        self.activation
            .backward(&cache.values, y.slice(), dy.slice_mut(), filters);
        let (delta, scratch) = (dy.slice(), &mut cache.scratch);
        self.convolution
            .kernel_gradient(delta, x.slice(), grads.slice(0), n, scratch);
        if self.bias.is_some() {
            column_sums(delta, grads.slice(1));
        }
        if let Some(mut dx) = dx {
            self.convolution.convolve(delta, dx.slice_mut(), n, cache);
        }
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        kernel::params(&self.convolution.kernel, self.bias.as_ref())
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        kernel::params_mut(&mut self.convolution.kernel, self.bias.as_mut())
    }

    fn cached(&self, outputs: usize) -> usize {
        self.activation.cached(outputs)
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        Some(self.activation)
    }
}
