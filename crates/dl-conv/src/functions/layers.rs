//! The layers without parameters.

use dl_core::Scalar;
use dl_core::random::generator;
use dl_nn::{LayerError, LayerSpec};
use ndarray::{Array, Array2, Array4, ArrayView4, Dimension};

use super::run;
use crate::geometry::Window;
use crate::local_response_norm::LocalResponseNorm;
use crate::pool::{AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, MaxPool2d};
use crate::upsample2d::UpSample2d;
use crate::zero_pad2d::ZeroPad2d;

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
    apply(&GlobalMaxPool2d::new(), x)
}

/// The mean of each channel, `[n, c]`.
///
/// # Errors
/// The images' shape, where an axis is 0.
pub fn global_average_pool2d<F: Scalar>(x: ArrayView4<'_, F>) -> Result<Array2<F>, LayerError> {
    apply(&GlobalAveragePool2d::new(), x)
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
    spec: &impl LayerSpec<F>,
    x: ArrayView4<'_, F>,
) -> Result<Array<F, D>, LayerError> {
    let layer = spec.build(&x.shape()[1..], &mut generator(0))?;
    run(&*layer, x)
}
