//! Convolution, pooling and the other layers as functions on a batch of images `[n, h, w, c]`, in
//! any memory layout: no network needed. A result too large for memory is an error like all
//! others. Rayon takes blocks of images, which never depend on the
//! number of threads.
//!
//! ```
//! use dl_conv::functions::{conv2d, max_pool2d};
//! use dl_conv::ndarray::Array4;
//! use dl_conv::{Padding, Window};
//!
//! let images = Array4::from_shape_fn((10, 28, 28, 3), |(n, y, x, c)| (n + y * x + c) as f32);
//! let kernel = Array4::from_elem((5, 5, 3, 8), 1.0 / 75.0);
//! let window = Window { padding: Padding::Same, ..Window::new(5) };
//! let means = conv2d(images.view(), kernel.view(), None, &window, 1)?;
//! assert_eq!(means.dim(), (10, 28, 28, 8));
//!
//! let window = Window { stride: 2.into(), ..Window::new(3) };
//! assert_eq!(max_pool2d(means.view(), &window)?.dim(), (10, 13, 13, 8));
//! # Ok::<(), dl_nn::LayerError>(())
//! ```

mod conv;
mod layers;
mod textbook;

use dl_core::{Scalar, instantiate};
use dl_nn::{Batch, BatchMut, Cache, Layer, LayerError, Mode};
use ndarray::{Array, ArrayD, ArrayView4, Dimension, IxDyn};
use rayon::prelude::*;

use crate::shape::zeros;

pub use conv::{conv_transpose2d, conv2d, conv2d_input_gradient, conv2d_kernel_gradient};
pub use layers::{
    average_pool2d, global_average_pool2d, global_max_pool2d, local_response_norm, max_pool2d,
    upsample2d, zero_pad2d,
};
pub use textbook::conv2d_im2col;

/// Elements, in and out, of the images that one task takes.
const BLOCK_ELEMENTS: usize = 1 << 18;

/// Images per block, for images of `elements` elements.
fn block(elements: usize) -> usize {
    (BLOCK_ELEMENTS / elements).max(1)
}

/// What a layer of independent samples makes of the images.
fn run<F: Scalar, D: Dimension>(
    layer: &dyn Layer<F>,
    x: ArrayView4<'_, F>,
) -> Result<Array<F, D>, LayerError> {
    let y = run_blocks(layer, x)?;
    Ok(y.into_dimensionality().expect("the layer's rank"))
}

instantiate! {
    fn run_blocks<F: Scalar>(
        layer: &dyn Layer<F>,
        x: ArrayView4<'_, F>,
    ) -> Result<ArrayD<F>, LayerError> {
        let sample = &x.shape()[1..];
        let output = layer.output_shape(sample)?;
        let size = |shape: &[usize]| shape.iter().product::<usize>();
        let images = block(size(sample) + size(&output));
        let mut y = zeros(IxDyn(&[&x.shape()[..1], &output].concat()))?;
        let standard = x.as_standard_layout();
        let inputs = Batch::from_array(&standard).slice();
        let outputs = BatchMut::from_array(&output, &mut y).into_slice();
        outputs
            .par_chunks_mut(images * size(&output))
            .zip(inputs.par_chunks(images * size(sample)))
            .for_each_init(Cache::default, |cache, (y, x)| {
                let (x, y) = (Batch::new(sample, x), BatchMut::new(&output, y));
                layer.forward(x, y, cache, Mode::Eval);
            });
        Ok(y)
    }
}
