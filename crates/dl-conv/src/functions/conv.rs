//! Convolution, its two gradients, and transposed convolution.

use dl_core::{Scalar, instantiate};
use dl_nn::{Activation, Batch, BatchMut, Cache, ConfigError, LayerError, ShapeError};
use ndarray::{Array1, Array4, ArrayView1, ArrayView4, Axis, Ix4};
use rayon::prelude::*;

use super::{block, run};
use crate::conv_transpose2d;
use crate::conv2d::{self, Checked, Conv2dLayer};
use crate::geometry::{Size, Window};
use crate::shape::zeros;

/// The most blocks whose kernel gradients, each as large as the kernel, are kept to be summed up.
const MAX_BLOCKS: usize = 16;

instantiate! {
    /// The convolution y = x ∗ K + b (Goodfellow, Bengio, Courville 2016, eq. 9.8): images
    /// `[n, h, w, c]`, a kernel `[kh, kw, c / groups, filters]`, a bias `[filters]` →
    /// `[n, h′, w′, filters]`.
    ///
    /// Groups split the channels and filters into parts that do not see each other; 1 for the usual
    /// convolution, as many as channels for a depthwise one.
    ///
    /// ```
    /// use dl_conv::{Window, functions::conv2d};
    /// use dl_conv::ndarray::{Array4, array};
    ///
    /// let image = array![[[[1.], [2.], [3.]], [[4.], [5.], [6.]], [[7.], [8.], [9.]]]];
    /// let sums = Array4::ones((2, 2, 1, 1));
    /// let y = conv2d(image.view(), sums.view(), None, &Window::new(2), 1)?;
    /// assert_eq!(y, array![[[[12.], [16.]], [[24.], [28.]]]]);
    /// # Ok::<(), dl_nn::LayerError>(())
    /// ```
    ///
    /// # Errors
    /// The window or the images' shape, as at a network's build; groups that do not divide channels
    /// and filters; a kernel or a bias of another shape.
    pub fn conv2d<F: Scalar>(
        x: ArrayView4<'_, F>,
        kernel: ArrayView4<'_, F>,
        bias: Option<ArrayView1<'_, F>>,
        window: &Window,
        groups: usize,
    ) -> Result<Array4<F>, LayerError> {
        let sample = &x.shape()[1..];
        let checked = check("conv2d", sample, kernel, bias, window, groups)?;
        let bias = bias.map(|bias| bias.to_owned());
        run(&*conv2d::boxed(layer(&checked, kernel, bias)), x)
    }
}

/// ∂L/∂x `[n, h, w, c]` of [`conv2d`] for a given ∂L/∂y `[n, h′, w′, filters]` and images of
/// `input` pixels: ∂L/∂y ∗ K, flipped and transposed (Goodfellow, Bengio, Courville 2016,
/// eq. 9.13).
///
/// # Errors
/// As [`conv2d`]; a `dy` that is not of the output's shape.
pub fn conv2d_input_gradient<F: Scalar>(
    dy: ArrayView4<'_, F>,
    kernel: ArrayView4<'_, F>,
    input: impl Into<Size>,
    window: &Window,
    groups: usize,
) -> Result<Array4<F>, LayerError> {
    input_gradient(dy, kernel, input.into(), window, groups)
}

instantiate! {
    fn input_gradient<F: Scalar>(
        dy: ArrayView4<'_, F>,
        kernel: ArrayView4<'_, F>,
        input: Size,
        window: &Window,
        groups: usize,
    ) -> Result<Array4<F>, LayerError> {
        let name = "conv2d_input_gradient";
        let Size { height, width } = input;
        require_groups(name, groups)?;
        let channels = kernel.dim().2.saturating_mul(groups);
        let sample = [height, width, channels];
        let checked = check(name, &sample, kernel, None, window, groups)?;
        require_gradient(dy, &checked)?;
        let layer = layer(&checked, kernel, None);

        let mut dx = zeros(Ix4(dy.len_of(Axis(0)), height, width, channels))?;
        let [inputs, outputs] = [checked.input.elements(), checked.output.elements()];
        let images = block(inputs + outputs);
        let dy = dy.as_standard_layout();
        let gradients = BatchMut::from_array(&sample, &mut dx).into_slice();
        gradients
            .par_chunks_mut(images * inputs)
            .zip(Batch::from_array(&dy).slice().par_chunks(images * outputs))
            .for_each_init(Cache::keeping, |cache, (dx, dy)| {
                layer.input_gradient(dy, dx, dy.len() / outputs, cache);
            });
        Ok(dx)
    }
}

instantiate! {
    /// ∂L/∂K `[kh, kw, c / groups, filters]` of [`conv2d`] for given x `[n, h, w, c]` and ∂L/∂y
    /// `[n, h′, w′, filters]`, summed over the images (Goodfellow, Bengio, Courville 2016, eq. 9.11).
    /// (∂L/∂b is the sum of ∂L/∂y over all axes but the last.)
    ///
    /// # Errors
    /// As [`conv2d`]; a `dy` that is not of the output's shape, or for another number of images.
    pub fn conv2d_kernel_gradient<F: Scalar>(
        x: ArrayView4<'_, F>,
        dy: ArrayView4<'_, F>,
        window: &Window,
        groups: usize,
    ) -> Result<Array4<F>, LayerError> {
        let name = "conv2d_kernel_gradient";
        let (sample, filters) = (&x.shape()[1..], dy.dim().3);
        let checked = Checked::new(name, sample, window, filters, groups)?;
        require_gradient(dy, &checked)?;
        let n = x.len_of(Axis(0));
        ConfigError::require(
            dy.len_of(Axis(0)) == n,
            &format!("{name} dy"),
            format!("of {} images for {n}", dy.len_of(Axis(0))),
            "of as many images as x",
        )?;
        let layer = checked.layer(Array4::zeros(checked.kernel), None, Activation::Identity);

        let [inputs, outputs] = [checked.input.elements(), checked.output.elements()];
        let images = block(inputs + outputs).max(n.div_ceil(MAX_BLOCKS));
        let (x, dy) = (x.as_standard_layout(), dy.as_standard_layout());
        let blocks = Batch::from_array(&x).slice().par_chunks(images * inputs);
        let parts: Vec<Array4<F>> = blocks
            .zip(Batch::from_array(&dy).slice().par_chunks(images * outputs))
            .map_init(Default::default, |scratch, (x, dy)| {
                let mut part = Array4::zeros(checked.kernel);
                let gradient = part.as_slice_mut().expect("a new array");
                layer.kernel_gradient(x, dy, gradient, x.len() / inputs, scratch);
                part
            })
            .collect();
        let zero = Array4::zeros(checked.kernel);
        Ok(parts.iter().fold(zero, |sum, part| sum + part))
    }
}

/// The transposed convolution with a kernel `[kh, kw, filters / groups, c]` and a bias
/// `[filters]`: `[n, h, w, c]` → `[n, h′, w′, filters]`, where h′ and w′ are those of
/// [`ConvTranspose2d`](crate::ConvTranspose2d), enlarged by `output_padding`.
///
/// # Errors
/// As [`conv2d`]; an `output_padding` that is not less than the stride.
pub fn conv_transpose2d<F: Scalar>(
    x: ArrayView4<'_, F>,
    kernel: ArrayView4<'_, F>,
    bias: Option<ArrayView1<'_, F>>,
    window: &Window,
    output_padding: impl Into<Size>,
    groups: usize,
) -> Result<Array4<F>, LayerError> {
    transposed(x, kernel, bias, window, output_padding.into(), groups)
}

instantiate! {
    fn transposed<F: Scalar>(
        x: ArrayView4<'_, F>,
        kernel: ArrayView4<'_, F>,
        bias: Option<ArrayView1<'_, F>>,
        window: &Window,
        output_padding: Size,
        groups: usize,
    ) -> Result<Array4<F>, LayerError> {
        let name = "conv_transpose2d";
        require_groups(name, groups)?;
        let filters = kernel.dim().2.saturating_mul(groups);
        let sample = &x.shape()[1..];
        let checked = conv_transpose2d::check(name, sample, window, output_padding, filters, groups)?;
        require_kernel(name, kernel, &checked)?;
        require_bias(name, bias, filters)?;
        let bias = bias.map(|bias| bias.to_owned());
        let convolution = layer(&checked, kernel, None);
        let layer = conv_transpose2d::layer(&checked, convolution, bias, Activation::Identity);
        run(&*conv_transpose2d::boxed(layer), x)
    }
}

/// Everything that must fit together; `function` is named in errors.
pub(super) fn check<F: Scalar>(
    function: &str,
    sample: &[usize],
    kernel: ArrayView4<'_, F>,
    bias: Option<ArrayView1<'_, F>>,
    window: &Window,
    groups: usize,
) -> Result<Checked, LayerError> {
    let filters = kernel.dim().3;
    let checked = Checked::new(function, sample, window, filters, groups)?;
    require_kernel(function, kernel, &checked)?;
    require_bias(function, bias, filters)?;
    Ok(checked)
}

/// Before the number of channels is computed from it.
fn require_groups(function: &str, groups: usize) -> Result<(), ConfigError> {
    ConfigError::require(
        groups > 0,
        &format!("{function} groups"),
        groups,
        "at least 1",
    )
}

fn require_kernel<F: Scalar>(
    function: &str,
    kernel: ArrayView4<'_, F>,
    checked: &Checked,
) -> Result<(), ConfigError> {
    ConfigError::require(
        kernel.shape() == checked.kernel,
        &format!("{function} kernel"),
        format!("{:?} where {:?} fits", kernel.shape(), checked.kernel),
        "of the shape that window, images and groups ask for",
    )
}

fn require_bias<F: Scalar>(
    function: &str,
    bias: Option<ArrayView1<'_, F>>,
    filters: usize,
) -> Result<(), ConfigError> {
    let found = bias.map_or(filters, |bias| bias.len());
    ConfigError::require(
        found == filters,
        &format!("{function} bias"),
        format!("{found} elements for {filters} filters"),
        "one element per filter",
    )
}

fn require_gradient<F: Scalar>(dy: ArrayView4<'_, F>, checked: &Checked) -> Result<(), ShapeError> {
    let output = checked.output.shape();
    let found = &dy.shape()[1..];
    let takes = format!("the gradient of an output {output:?}");
    ShapeError::require(found == output, found, takes)
}

fn layer<F: Scalar>(
    checked: &Checked,
    kernel: ArrayView4<'_, F>,
    bias: Option<Array1<F>>,
) -> Conv2dLayer<F> {
    let kernel = kernel.as_standard_layout().into_owned();
    let bias = bias.map(|bias| bias.as_standard_layout().into_owned());
    checked.layer(kernel, bias, Activation::Identity)
}
