//! The layers without parameters as functions on a batch of images `[n, h, w, c]`, in any memory
//! layout: no network needed. Rayon takes blocks of images.
//!
//! ```
//! use dl_conv::{Window, functions::max_pool2d};
//! use dl_conv::ndarray::Array4;
//!
//! let images = Array4::from_shape_fn((10, 28, 28, 3), |(n, y, x, c)| (n + y * x + c) as f32);
//! let window = Window { stride: 2.into(), ..Window::new(3) };
//! assert_eq!(max_pool2d(images.view(), &window)?.dim(), (10, 13, 13, 3));
//! # Ok::<(), dl_nn::LayerError>(())
//! ```

use dl_math::Scalar;
use dl_math::random::generator;
use dl_nn::{Cache, LayerError, LayerSpec, Mode};
use ndarray::{Array, Array2, Array4, ArrayD, ArrayView4, Axis, Dimension};
use rayon::prelude::*;

use crate::geometry::Window;
use crate::local_response_norm::LocalResponseNorm;
use crate::pool::{AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, MaxPool2d};
use crate::upsample2d::UpSample2d;
use crate::zero_pad2d::ZeroPad2d;

/// Numbers, in and out, of the images that one task takes.
const BLOCK_NUMBERS: usize = 1 << 18;

/// The largest pixel under the window, `[n, h′, w′, c]`; see [`MaxPool2d`].
///
/// # Errors
/// The window or the images' shape, as at a network's build.
pub fn max_pool2d<F: Scalar>(
    x: ArrayView4<'_, F>,
    window: &Window,
) -> Result<Array4<F>, LayerError> {
    apply(&MaxPool2d { window: *window }, x)
}

/// The mean of the pixels under the window, `[n, h′, w′, c]`, with or without the padding's zeros;
/// see [`AveragePool2d`].
///
/// # Errors
/// The window or the images' shape, as at a network's build.
pub fn average_pool2d<F: Scalar>(
    x: ArrayView4<'_, F>,
    window: &Window,
    count_padding: bool,
) -> Result<Array4<F>, LayerError> {
    let window = *window;
    apply(
        &AveragePool2d {
            window,
            count_padding,
        },
        x,
    )
}

/// The largest pixel of each channel, `[n, c]`.
///
/// # Errors
/// The images' shape, where an axis is 0.
pub fn global_max_pool2d<F: Scalar>(x: ArrayView4<'_, F>) -> Result<Array2<F>, LayerError> {
    apply(&GlobalMaxPool2d, x)
}

/// The mean of each channel, `[n, c]`.
///
/// # Errors
/// The images' shape, where an axis is 0.
pub fn global_average_pool2d<F: Scalar>(x: ArrayView4<'_, F>) -> Result<Array2<F>, LayerError> {
    apply(&GlobalAveragePool2d, x)
}

/// Normalisation by neighbouring channels, `[n, h, w, c]`; see [`LocalResponseNorm`].
///
/// # Errors
/// The settings or the images' shape, as at a network's build.
pub fn local_response_norm<F: Scalar>(
    x: ArrayView4<'_, F>,
    settings: &LocalResponseNorm,
) -> Result<Array4<F>, LayerError> {
    apply(settings, x)
}

/// Larger images, `[n, h·f, w·f, c]`; see [`UpSample2d`].
///
/// # Errors
/// The settings or the images' shape, as at a network's build.
pub fn upsample2d<F: Scalar>(
    x: ArrayView4<'_, F>,
    settings: &UpSample2d,
) -> Result<Array4<F>, LayerError> {
    apply(settings, x)
}

/// Zeros around the images, `[n, top + h + bottom, left + w + right, c]`; see [`ZeroPad2d`].
///
/// # Errors
/// The settings or the images' shape, as at a network's build.
pub fn zero_pad2d<F: Scalar>(
    x: ArrayView4<'_, F>,
    settings: &ZeroPad2d,
) -> Result<Array4<F>, LayerError> {
    apply(settings, x)
}

/// What the layer makes of the images; it has no parameters.
fn apply<F: Scalar, D: Dimension>(
    spec: &dyn LayerSpec<F>,
    x: ArrayView4<'_, F>,
) -> Result<Array<F, D>, LayerError> {
    let sample = &x.shape()[1..];
    let layer = spec.build(sample, &mut generator(0))?;
    let output = layer.output_shape(sample)?;
    let size = |shape: &[usize]| shape.iter().product::<usize>();
    let images = (BLOCK_NUMBERS / (size(sample) + size(&output))).max(1);
    let mut y = ArrayD::zeros([&x.shape()[..1], &output].concat());
    let x = x.as_standard_layout().into_dyn();
    y.axis_chunks_iter_mut(Axis(0), images)
        .into_par_iter()
        .zip(x.axis_chunks_iter(Axis(0), images))
        .for_each_init(Cache::default, |cache, (y, x)| {
            layer.forward(x, y, cache, Mode::Eval);
        });
    Ok(y.into_dimensionality().expect("the layer's rank"))
}
