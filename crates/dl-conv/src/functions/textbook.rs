//! Convolution as im2col and one matrix product: slower, but for any array, and plain to read.

use dl_core::gemm::{Init, gemm};
use dl_core::instantiate;
use dl_core::memory::room;
use dl_nn::LayerError;
use ndarray::{Array4, ArrayView1, ArrayView4, Axis, Ix4, Slice};
use rayon::prelude::*;

use super::conv::check;
use crate::geometry::Window;
use crate::im2col::im2col;
use crate::shape::zeros;

instantiate! {
    /// [`conv2d`](super::conv2d) by the textbook: each image's [`im2col`](crate::im2col), times the
    /// kernel as a matrix.
    ///
    /// # Errors
    /// As [`conv2d`](super::conv2d).
    pub fn conv2d_im2col<F: Scalar>(
        x: ArrayView4<'_, F>,
        kernel: ArrayView4<'_, F>,
        bias: Option<ArrayView1<'_, F>>,
        window: &Window,
        groups: usize,
    ) -> Result<Array4<F>, LayerError> {
        let sample = &x.shape()[1..];
        let checked = check("conv2d_im2col", sample, kernel, bias, window, groups)?;
        let [kernel_height, kernel_width, depth, filters] = checked.kernel;
        let terms = kernel_height * kernel_width * depth;
        let size = checked.output.size;
        let positions = size.height * size.width;
        let part = |group: usize, length: usize| Slice::from(group * length..(group + 1) * length);

        let kernel = kernel.as_standard_layout();
        let kernel = kernel.to_shape((terms, filters)).expect("as many weights");
        let bias = bias.map(|bias| bias.to_vec());
        // of one image at least
        room::<F>(positions.saturating_mul(terms))?;
        let mut y = zeros(Ix4(x.len_of(Axis(0)), size.height, size.width, filters))?;
        let images = y.axis_iter_mut(Axis(0)).into_par_iter();
        images.zip(x.axis_iter(Axis(0))).for_each(|(y, x)| {
            let matrix = y.into_shape_with_order((positions, filters));
            let mut y = matrix.expect("as many elements");
            for group in 0..groups {
                let columns = im2col(x.slice_axis(Axis(2), part(group, depth)), &checked.geometry);
                let outputs = filters / groups;
                let filters = part(group, outputs);
                let bias = bias.as_deref().map(|bias| &bias[group * outputs..]);
                let kernel = kernel.slice_axis(Axis(1), filters);
                let y = y.slice_axis_mut(Axis(1), filters);
                let init = bias.map_or(Init::Zero, Init::Bias);
                gemm(init, columns.view(), kernel, y);
            }
        });
        Ok(y)
    }
}
