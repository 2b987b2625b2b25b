//! The matrix product every layer uses.

use std::ops::Range;

use dl_math::Scalar;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use crate::narrow::{self, Strided};
use crate::tiled::Left;

/// Below this many multiply-adds a product stays on the calling thread: handing work to another
/// costs 10 to 20 µs.
const PARALLEL_ABOVE: usize = 1 << 20;

/// The least number of rows or columns of a part, so that packing the other factor again for
/// each part stays cheap.
const PART: usize = 64;

/// The most elements of B for a narrow product: they are read from the first-level cache.
const NARROW_ELEMENTS: usize = 4096;

/// What a product is added to.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a, F> {
    /// Nothing: what C held is not read.
    Zero,
    /// The same row (a bias) in each row of C, which is not read.
    Row(ArrayView1<'a, F>),
    /// What C holds.
    Given,
}

/// C ← start + A·B for A `[m, k]`, B `[k, n]` and C `[m, n]` of any strides.
///
/// Where A's rows or columns are contiguous, the product is [`product`](crate::product)'s, in
/// pieces that stay in cache; where C has few columns, our own loops; otherwise one safe call into
/// matrixmultiply (by way of ndarray). A large C is split along its longer axis into fixed parts
/// for rayon; every element is computed by one part in one order, so the bits do not depend on the
/// number of threads.
///
/// # Panics
/// Where the shapes do not fit.
pub fn gemm<F: Scalar>(
    start: Start<'_, F>,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    mut c: ArrayViewMut2<'_, F>,
) {
    let (m, n) = c.dim();
    assert_eq!((m, n), (a.nrows(), b.ncols()), "the shape of C");
    assert_eq!(a.ncols(), b.nrows(), "the inner axes of A and B");
    if m * n * a.ncols() < PARALLEL_ABOVE {
        return product(start, a, 0..m, b, c);
    }
    let (axis, length) = if m >= n { (Axis(0), m) } else { (Axis(1), n) };
    let part = length.div_ceil(length.div_ceil(PART).min(8));
    c.axis_chunks_iter_mut(axis, part)
        .into_par_iter()
        .enumerate()
        .for_each(|(i, c)| {
            let range = i * part..i * part + c.len_of(axis);
            if axis == Axis(0) {
                return product(start, a, range, b, c);
            }
            let b = b.slice_axis(axis, range.clone().into());
            let start = match start {
                Start::Row(row) => Start::Row(row.slice_axis_move(Axis(0), range.into())),
                other => other,
            };
            product(start, a, 0..m, b, c);
        });
}

/// [`gemm`] on the calling thread, for some rows of A.
fn product<F: Scalar>(
    start: Start<'_, F>,
    all: ArrayView2<'_, F>,
    rows: Range<usize>,
    b: ArrayView2<'_, F>,
    mut c: ArrayViewMut2<'_, F>,
) {
    let n = c.ncols();
    let a = all.slice_axis(Axis(0), rows.clone().into());
    if (1..=narrow::WIDEST).contains(&n) && b.len() <= NARROW_ELEMENTS {
        let strides = a.strides().iter().all(|&stride| stride > 0);
        let values = a.to_slice_memory_order().filter(|_| strides);
        if let (Some(values), Some(c)) = (values, c.as_slice_mut()) {
            let strides = [a.strides()[0] as usize, a.strides()[1] as usize];
            let a = Strided { values, strides };
            let b = b.as_standard_layout();
            let b = b.as_slice().expect("just laid out");
            return match start {
                Start::Zero => narrow::product(Some(&[F::zero(); narrow::WIDEST][..n]), a, b, c, n),
                Start::Row(row) => {
                    let row = row.as_standard_layout();
                    narrow::product(row.as_slice(), a, b, c, n);
                }
                Start::Given => narrow::product(None, a, b, c, n),
            };
        }
    }
    if let Some(left) = Left::of(&all, rows.start)
        && !b.is_empty()
    {
        return left.times(start, b, c);
    }
    let beta = match start {
        Start::Zero => F::zero(),
        Start::Row(row) => {
            c.assign(&row);
            F::one()
        }
        Start::Given => F::one(),
    };
    general_mat_mul(F::one(), &a, &b, beta, &mut c);
}

/// sums ← sums + Σᵢ xᵢ over the rows of x `[m, n]`, row-major (the gradient of a bias).
pub fn add_rows<F: Scalar>(x: &[F], sums: &mut [F]) {
    if (1..=narrow::WIDEST).contains(&sums.len()) {
        return narrow::add_rows(x, sums);
    }
    Arch::new().dispatch(AddRows { x, sums });
}

/// [`add_rows`], as a type because that is what `pulp` compiles per instruction set.
struct AddRows<'a, F> {
    x: &'a [F],
    sums: &'a mut [F],
}

impl<F: Scalar> NullaryFnOnce for AddRows<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.x.chunks_exact(self.sums.len()) {
            for (sum, &x) in self.sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, Slice};

    /// Σₖ aᵢₖ bₖⱼ, literally.
    fn naive(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
            (0..a.ncols()).map(|k| a[[i, k]] * b[[k, j]]).sum()
        })
    }

    /// Small whole numbers, so that sums are exact in any order.
    fn matrix(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| {
            ((i * 31 + j * 17 + seed * 7) % 23) as f64 - 11.0
        })
    }

    #[test]
    fn equals_the_sum_for_every_size_split_start_and_stride() {
        let wide = [
            (5, 3, 17),
            (300, 70, 60),
            (60, 70, 300),
            (129, 65, 129),
            (70_000, 2, 8),
            (8, 1200, 40),
            (9, 1025, 200),
        ];
        let narrow = (1..=17).flat_map(|n| [(1, 1, n), (7, 5, n), (6, 300, n)]);
        for (m, k, n) in wide.into_iter().chain(narrow) {
            let (a, b) = (matrix(m, k, 1), matrix(k, n, 2));
            let expected = naive(&a, &b);
            // what is not read may be NaN: NaN × 0 would stay NaN
            let mut c = Array2::from_elem((m, n), f64::NAN);
            gemm(Start::Zero, a.view(), b.view(), c.view_mut());
            assert_eq!(c, expected);
            gemm(Start::Given, a.view(), b.view(), c.view_mut());
            assert_eq!(c, &expected * 2.0);
            c.fill(f64::NAN);
            let row = Array1::from_shape_fn(n, |j| j as f64);
            gemm(Start::Row(row.view()), a.view(), b.view(), c.view_mut());
            assert_eq!(c, &expected + &row);
            let at = a.t().as_standard_layout().to_owned();
            let bt = b.t().as_standard_layout().to_owned();
            c.fill(f64::NAN);
            gemm(Start::Zero, at.t(), bt.t(), c.view_mut());
            assert_eq!(c, expected);
            let mut wider = Array2::from_elem((m, 2 * n), f64::NAN);
            let left = Slice::from(..n);
            let c = wider.slice_axis_mut(Axis(1), left);
            gemm(Start::Zero, a.view(), b.view(), c);
            assert_eq!(wider.slice_axis(Axis(1), left), expected);
        }
    }

    #[test]
    fn an_empty_inner_axis_gives_the_start() {
        let (a, b) = (Array2::<f32>::zeros((2, 0)), Array2::zeros((0, 3)));
        let mut c = Array2::from_elem((2, 3), f32::NAN);
        gemm(Start::Zero, a.view(), b.view(), c.view_mut());
        assert!(c.iter().all(|&c| c == 0.0));
    }

    #[test]
    fn rows_are_summed() {
        for n in [1, 3, 16, 17] {
            let x = matrix(9, n, 3);
            let mut sums = vec![1.0; n];
            add_rows(x.as_slice().unwrap(), &mut sums);
            assert_eq!(Array1::from(sums), x.sum_axis(Axis(0)) + 1.0);
        }
    }
}
