//! What a convolution is built from, checked before anything is allocated.

use dl_core::Scalar;
use dl_nn::{Activation, ConfigError, LayerError};
use ndarray::{Array1, Array4};

use super::Conv2dLayer;
use crate::geometry::{Geometry, Window};
use crate::shape::{Image, image_of, of_sample, require_result};

/// The largest kernel in weights: a typo in its size must not end in an abort.
const MAX_WEIGHTS: usize = u32::MAX as usize;

/// Where a window stands on images of one shape, and the shape of its kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) input: Image,
    pub(crate) output: Image,
    /// `[kernel height, kernel width, channels / groups, filters]`.
    pub(crate) kernel: [usize; 4],
    pub(crate) geometry: Geometry,
    pub(super) groups: usize,
}

impl Checked {
    /// For images of shape `sample`; errors name the settings as `owner`'s.
    pub(crate) fn new(
        owner: &str,
        sample: &[usize],
        window: &Window,
        filters: usize,
        groups: usize,
    ) -> Result<Self, LayerError> {
        window.validate(owner)?;
        let input = image_of(sample)?;
        let kernel = kernel_shape(owner, window, input.channels, filters, groups)?;
        let geometry = window
            .over(input.size)
            .map_err(|error| of_sample(error, sample))?;
        let output = Image {
            size: geometry.output,
            channels: filters,
        };
        require_result(sample, output.shape())?;
        Ok(Self {
            input,
            output,
            kernel,
            geometry,
            groups,
        })
    }

    /// The layer with these parameters: a kernel of the shape above in standard layout, a bias of
    /// as many elements as there are filters.
    pub(crate) fn layer<F: Scalar>(
        &self,
        kernel: Array4<F>,
        bias: Option<Array1<F>>,
        activation: Activation,
    ) -> Conv2dLayer<F> {
        Conv2dLayer::new(kernel, bias, activation, self.groups, self.geometry)
    }
}

/// The shape of a kernel from `channels` to `filters`: groups divide both, and few enough weights.
pub(crate) fn kernel_shape(
    owner: &str,
    window: &Window,
    channels: usize,
    filters: usize,
    groups: usize,
) -> Result<[usize; 4], LayerError> {
    let filters_name = format!("{owner} filters");
    ConfigError::require(filters > 0, &filters_name, filters, "at least 1")?;
    ConfigError::require(groups > 0, &format!("{owner} groups"), groups, "at least 1")?;
    ConfigError::require(
        channels.is_multiple_of(groups) && filters.is_multiple_of(groups),
        &format!("{owner} groups"),
        format!("{groups} for {channels} input channels and {filters} filters"),
        "a divisor of both",
    )?;
    let taps = window.kernel;
    let shape = [taps.height, taps.width, channels / groups, filters];
    let product = |product: usize, &size: &usize| product.checked_mul(size);
    let weights = shape.iter().try_fold(1, product);
    ConfigError::require(
        weights.is_some_and(|weights| weights <= MAX_WEIGHTS),
        &format!("{owner} kernel"),
        format!("{shape:?}"),
        "small enough to have fewer than 2^32 weights",
    )?;
    Ok(shape)
}

/// Elements of a kernel for images of this shape, without validating either; none where there are no groups.
pub(crate) fn kernel_elements(
    window: &Window,
    filters: usize,
    groups: usize,
    sample: &[usize],
) -> usize {
    let channels = sample.last().copied().unwrap_or(0);
    let depth = channels.checked_div(groups).unwrap_or(0);
    let taps = window.kernel.height.saturating_mul(window.kernel.width);
    taps.saturating_mul(depth).saturating_mul(filters)
}
