//! Every pixel repeated.

use dl_core::Scalar;
use dl_core::sum::sum_rows;

use super::{FEW, UpSampleLayer};

/// The first row of a repeated pixel row is written pixel by pixel, the others are its copies.
pub(super) fn forward<F: Scalar>(layer: &UpSampleLayer, x: &[F], y: &mut [F]) {
    let channels = layer.small.channels;
    let large = layer.large.size.width * channels;
    let rows = x.chunks_exact(layer.small.size.width * channels);
    for (row, copies) in rows.zip(y.chunks_exact_mut(large * layer.factor.height)) {
        let (first, others) = copies.split_at_mut(large);
        let pixels = row.chunks_exact(channels);
        for (pixel, copies) in pixels.zip(first.chunks_exact_mut(layer.factor.width * channels)) {
            for copy in copies.chunks_exact_mut(channels) {
                copy.copy_from_slice(pixel);
            }
        }
        for other in others.chunks_exact_mut(large) {
            other.copy_from_slice(first);
        }
    }
}

/// The gradients of a pixel's copies, summed, in `dx`, which holds zeros.
pub(super) fn backward<F: Scalar>(layer: &UpSampleLayer, dy: &[F], dx: &mut [F]) {
    let channels = layer.small.channels;
    let large = layer.large.size.width * channels;
    let (height, width) = (layer.factor.height, layer.factor.width);
    let rows = dx.chunks_exact_mut(layer.small.size.width * channels);
    if height * width > FEW {
        for (row, copies) in rows.zip(dy.chunks_exact(large * height)) {
            for (i, pixel) in row.chunks_exact_mut(channels).enumerate() {
                let first = i * width * channels;
                let copy = |k: usize| {
                    let number = k / width * large + first + k % width * channels;
                    &copies[number..][..channels]
                };
                sum_rows(height * width, &copy, pixel);
            }
        }
        return;
    }
    for (row, copies) in rows.zip(dy.chunks_exact(large * height)) {
        for copy in copies.chunks_exact(large) {
            let pixels = row.chunks_exact_mut(channels);
            for (pixel, copies) in pixels.zip(copy.chunks_exact(width * channels)) {
                for copy in copies.chunks_exact(channels) {
                    pixel.iter_mut().zip(copy).for_each(|(dx, &dy)| *dx += dy);
                }
            }
        }
    }
}
