//! Between four pixels.

use dl_core::Scalar;
use dl_core::simd::arch;
use pulp::NullaryFnOnce;

use super::{FEW, UpSampleLayer};

/// Where a pixel of the large image lies along an axis of the small one: between two pixels (one
/// and the same on the border), `weight` of the way to the second.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place<F> {
    first: usize,
    second: usize,
    weight: F,
}

impl<F: Scalar> Place<F> {
    #[inline(always)]
    fn new(pixel: usize, factor: usize, length: usize) -> Self {
        let at = ((pixel as f64 + 0.5) / factor as f64 - 0.5).max(0.0);
        let first = at as usize;
        Self {
            first,
            second: (first + 1).min(length - 1),
            weight: F::cast(at - first as f64),
        }
    }
}

/// The four pixels around a place, row by row: where their channels begin, and their weights.
#[derive(Clone, Copy)]
struct Corners<F> {
    offsets: [usize; 4],
    weights: [F; 4],
}

impl<F: Scalar> Corners<F> {
    #[inline(always)]
    fn new(layer: &UpSampleLayer, row: Place<F>, column: Place<F>) -> Self {
        let number = |y, x| (y * layer.small.size.width + x) * layer.small.channels;
        let (down, right) = (row.weight, column.weight);
        let (up, left) = (F::one() - down, F::one() - right);
        Self {
            offsets: [
                number(row.first, column.first),
                number(row.first, column.second),
                number(row.second, column.first),
                number(row.second, column.second),
            ],
            weights: [up * left, up * right, down * left, down * right],
        }
    }
}

pub(super) fn forward<F: Scalar>(layer: &UpSampleLayer, x: &[F], y: &mut [F]) {
    arch().dispatch(Forward { layer, x, y });
}

/// Adds to `dx`, which holds zeros.
pub(super) fn backward<F: Scalar>(layer: &UpSampleLayer, dy: &[F], dx: &mut [F]) {
    // pixels within one pixel's distance, or as many on a border
    let terms = (4 * layer.factor.height).saturating_mul(layer.factor.width);
    if terms <= FEW {
        return arch().dispatch(Backward {
            layer,
            dy,
            sums: dx,
        });
    }
    let mut sums = vec![0.0; dx.len()];
    arch().dispatch(Backward {
        layer,
        dy,
        sums: &mut sums,
    });
    for (dx, sum) in dx.iter_mut().zip(sums) {
        *dx = F::cast(sum);
    }
}

// Types of their own, because that is what `pulp` compiles per instruction set.
struct Forward<'a, F> {
    layer: &'a UpSampleLayer,
    x: &'a [F],
    y: &'a mut [F],
}

impl<F: Scalar> NullaryFnOnce for Forward<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { layer, x, y } = self;
        let (small, large) = (layer.small.size, layer.large.size);
        let channels = layer.small.channels;
        for (v, row) in y.chunks_exact_mut(large.width * channels).enumerate() {
            let down = Place::<F>::new(v, layer.factor.height, small.height);
            for (u, y) in row.chunks_exact_mut(channels).enumerate() {
                let right = Place::new(u, layer.factor.width, small.width);
                let Corners { offsets, weights } = Corners::new(layer, down, right);
                let [a, b, c, d] = [
                    &x[offsets[0]..][..channels],
                    &x[offsets[1]..][..channels],
                    &x[offsets[2]..][..channels],
                    &x[offsets[3]..][..channels],
                ];
                let [w_a, w_b, w_c, w_d] = weights;
                for i in 0..channels {
                    y[i] = w_a * a[i] + w_b * b[i] + w_c * c[i] + w_d * d[i];
                }
            }
        }
    }
}

/// With sums in F or in `f64`.
struct Backward<'a, F, T> {
    layer: &'a UpSampleLayer,
    dy: &'a [F],
    sums: &'a mut [T],
}

impl<F: Scalar, T: Scalar> NullaryFnOnce for Backward<'_, F, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { layer, dy, sums } = self;
        let (small, large) = (layer.small.size, layer.large.size);
        let channels = layer.small.channels;
        for (v, row) in dy.chunks_exact(large.width * channels).enumerate() {
            let down = Place::<F>::new(v, layer.factor.height, small.height);
            for (u, dy) in row.chunks_exact(channels).enumerate() {
                let right = Place::new(u, layer.factor.width, small.width);
                let Corners { offsets, weights } = Corners::new(layer, down, right);
                for corner in 0..4 {
                    let weight = weights[corner];
                    let sums = &mut sums[offsets[corner]..][..channels];
                    for i in 0..channels {
                        sums[i] += T::cast((weight * dy[i]).as_f64());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_half_pixels_apart() {
        let place = |first, second, weight| Place::<f64> {
            first,
            second,
            weight,
        };
        // centres at −¼ (the border), ¼, ¾, 1¼, of pixels 0 and 1
        assert_eq!(Place::new(0, 2, 2), place(0, 1, 0.0));
        assert_eq!(Place::new(1, 2, 2), place(0, 1, 0.25));
        assert_eq!(Place::new(2, 2, 2), place(0, 1, 0.75));
        assert_eq!(Place::new(3, 2, 2), place(1, 1, 0.25));
    }
}
