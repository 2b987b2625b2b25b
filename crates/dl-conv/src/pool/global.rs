//! Pooling of whole images to vectors.

use dl_core::Scalar;
use dl_core::random::Generator;
use dl_nn::{Cost, Layer, LayerError, LayerSpec};
use serde::{Deserialize, Serialize};

use super::average::{self, Average};
use super::layer::PoolLayer;
use super::max::{self, Max};
use super::plan::{self, WindowPlan};
use crate::geometry::Window;
use crate::shape::image_of;

/// The largest pixel of each channel: `[h, w, c]` → `[c]`. Equal pixels and NaN as in
/// [`MaxPool2d`](crate::MaxPool2d).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalMaxPool2d;

impl GlobalMaxPool2d {
    /// There is nothing to set.
    pub fn new() -> Self {
        Self
    }
}

/// The mean of each channel: `[h, w, c]` → `[c]` (Lin, Chen, Yan 2014, "Network in network",
/// section 3.2).
///
/// ```
/// use dl_conv::GlobalAveragePool2d;
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([7, 5, 64]).push(GlobalAveragePool2d::new()).build(0)?;
/// assert_eq!(model.output_shape(), [64]);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalAveragePool2d;

impl GlobalAveragePool2d {
    /// There is nothing to set.
    pub fn new() -> Self {
        Self
    }
}

impl<F: Scalar> LayerSpec<F> for GlobalMaxPool2d {
    const KIND: &'static str = "global_max_pool2d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn cost(&self, input: &[usize]) -> Cost {
        cost(input)
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        Ok(max::boxed(whole("GlobalMaxPool2d", input, Max)?))
    }
}

impl<F: Scalar> LayerSpec<F> for GlobalAveragePool2d {
    const KIND: &'static str = "global_average_pool2d";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn cost(&self, input: &[usize]) -> Cost {
        cost(input)
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        let mean = Average { count: None };
        Ok(average::boxed(whole("GlobalAveragePool2d", input, mean)?))
    }
}

fn cost(input: &[usize]) -> Cost {
    let image = image_of(input);
    image.map_or(Cost::default(), |image| {
        plan::cost(&Window::new(image.size), input)
    })
}

/// Pooling by a window as large as the image.
fn whole<R>(owner: &str, input: &[usize], reduce: R) -> Result<PoolLayer<R>, LayerError> {
    let window = Window::new(image_of(input)?.size);
    Ok(PoolLayer {
        plan: WindowPlan::new(&window, input, owner)?,
        reduce,
        global: true,
    })
}
