//! The matrix product every layer uses.

use dl_math::Scalar;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

/// Below this many multiply-adds a product stays on the calling thread: handing work to rayon
/// costs about as much as 100 000 multiply-adds take.
const PARALLEL_ABOVE: usize = 1 << 20;

/// The least number of rows or columns of a part, so that packing the other factor again for
/// each part stays cheap.
const PART: usize = 64;

/// C ← A·B + β·C for A `[m, k]`, B `[k, n]`, C `[m, n]` of any strides; for β = 0, C is not read.
///
/// One safe call into matrixmultiply (by way of ndarray). A large C is split along its longer
/// axis into fixed parts for rayon; every element is computed by one part in one order, so the
/// bits do not depend on the number of threads.
///
/// # Panics
/// Where the shapes do not fit, as `ndarray::linalg::general_mat_mul`.
pub fn gemm<F: Scalar>(
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    beta: F,
    mut c: ArrayViewMut2<'_, F>,
) {
    let (m, n) = c.dim();
    if m * n * a.ncols() < PARALLEL_ABOVE {
        return general_mat_mul(F::one(), &a, &b, beta, &mut c);
    }
    let (axis, length) = if m >= n { (Axis(0), m) } else { (Axis(1), n) };
    let part = length.div_ceil(length.div_ceil(PART).min(8));
    c.axis_chunks_iter_mut(axis, part)
        .into_par_iter()
        .enumerate()
        .for_each(|(i, mut c)| {
            let range = i * part..i * part + c.len_of(axis);
            if axis == Axis(0) {
                let a = a.slice_axis(axis, range.into());
                general_mat_mul(F::one(), &a, &b, beta, &mut c);
            } else {
                let b = b.slice_axis(axis, range.into());
                general_mat_mul(F::one(), &a, &b, beta, &mut c);
            }
        });
}

#[cfg(test)]
mod tests {
    use super::gemm;
    use ndarray::{Array2, Axis, Slice};

    /// Σₖ aᵢₖ bₖⱼ, literally.
    fn naive(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
            (0..a.ncols()).map(|k| a[[i, k]] * b[[k, j]]).sum()
        })
    }

    fn matrix(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| {
            ((i * 31 + j * 17 + seed * 7) % 23) as f64 - 11.0
        })
    }

    #[test]
    fn equals_the_sum_for_every_split_and_stride() {
        for (m, k, n) in [
            (1, 1, 1),
            (5, 3, 7),
            (300, 70, 60),
            (60, 70, 300),
            (129, 65, 129),
        ] {
            let (a, b) = (matrix(m, k, 1), matrix(k, n, 2));
            let expected = naive(&a, &b);
            // β = 0 must not read: NaN × 0 would stay NaN
            let mut c = Array2::from_elem((m, n), f64::NAN);
            gemm(a.view(), b.view(), 0.0, c.view_mut());
            assert_eq!(c, expected);
            gemm(a.view(), b.view(), 1.0, c.view_mut());
            assert_eq!(c, &expected * 2.0);
            let (at, bt) = (
                a.t().as_standard_layout().to_owned(),
                b.t().as_standard_layout().to_owned(),
            );
            let mut wide = Array2::zeros((m, 2 * n));
            let left = Slice::from(..n);
            gemm(at.t(), bt.t(), 0.0, wide.slice_axis_mut(Axis(1), left));
            assert_eq!(wide.slice_axis(Axis(1), left), expected);
        }
    }
}
