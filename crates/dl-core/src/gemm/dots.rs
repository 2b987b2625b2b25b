//! Products of a few rows with a large transposed matrix, as for the gradient of a dense layer's input: each element
//! is a dot product of two contiguous rows, and the large matrix is read once, in place.

use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use pulp::{Simd, WithSimd};

use super::Init;
use crate::Scalar;
use crate::simd::arch;

/// Rows of A whose dot products are summed together.
const ROWS: usize = 4;

/// C ← init + A·B for an A with contiguous rows and a B with contiguous columns. A sum of k terms is one of as many
/// as a vector has lanes, each of k / lanes terms.
pub(super) fn gemm<F: Scalar>(
    init: Init<'_, F>,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    c: ArrayViewMut2<'_, F>,
) {
    arch().dispatch(Dots { init, a, b, c });
}

struct Dots<'a, F> {
    init: Init<'a, F>,
    a: ArrayView2<'a, F>,
    b: ArrayView2<'a, F>,
    c: ArrayViewMut2<'a, F>,
}

impl<F: Scalar> WithSimd for Dots<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // as many sums as registers hold beside what they are made of
        if const { S::REGISTER_COUNT >= 32 } {
            self.columns::<S, 4>(simd);
        } else {
            self.columns::<S, 2>(simd);
        }
    }
}

impl<F: Scalar> Dots<'_, F> {
    #[inline(always)]
    fn columns<S: Simd, const J: usize>(&mut self, simd: S) {
        let n = self.c.ncols();
        let whole = n - n % J;
        for j in (0..whole).step_by(J) {
            self.rows::<S, J>(simd, j);
        }
        for j in whole..n {
            self.rows::<S, 1>(simd, j);
        }
    }

    /// The dot products of every row of A with J columns of B.
    #[inline(always)]
    fn rows<S: Simd, const J: usize>(&mut self, simd: S, j: usize) {
        let m = self.c.nrows();
        let whole = m - m % ROWS;
        for i in (0..whole).step_by(ROWS) {
            self.tile::<S, ROWS, J>(simd, i, j);
        }
        for i in whole..m {
            self.tile::<S, 1, J>(simd, i, j);
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const I: usize, const J: usize>(&mut self, simd: S, i: usize, j: usize) {
        let mut a: [&[F]; I] = [&[]; I];
        let mut b: [&[F]; J] = [&[]; J];
        for (n, row) in a.iter_mut().enumerate() {
            let view = self.a.index_axis(Axis(0), i + n);
            *row = view.to_slice().expect("A has contiguous rows");
        }
        for (n, column) in b.iter_mut().enumerate() {
            let view = self.b.index_axis(Axis(1), j + n);
            *column = view.to_slice().expect("B has contiguous columns");
        }
        let dots = dots::<F, S, I, J>(simd, a, b);
        for (i, dots) in (i..).zip(dots) {
            for (j, dot) in (j..).zip(dots) {
                let c = &mut self.c[[i, j]];
                *c = dot
                    + match self.init {
                        Init::Zero => F::zero(),
                        Init::Bias(bias) => bias[j],
                        Init::Accumulate => *c,
                    };
            }
        }
    }
}

/// The dot product of each a with each b.
#[inline(always)]
fn dots<F: Scalar, S: Simd, const I: usize, const J: usize>(
    simd: S,
    a: [&[F]; I],
    b: [&[F]; J],
) -> [[F; J]; I] {
    let k = b[0].len();
    let mut left: [&[F::Vector<S>]; I] = [&[]; I];
    let mut right: [&[F::Vector<S>]; J] = [&[]; J];
    let vectors = k / F::lanes::<S>();
    for i in 0..I {
        left[i] = &F::vectors::<S>(&a[i][..k]).0[..vectors];
    }
    for j in 0..J {
        right[j] = &F::vectors::<S>(&b[j][..k]).0[..vectors];
    }
    let mut sums = [[F::splat(simd, F::zero()); J]; I];
    for v in 0..vectors {
        for i in 0..I {
            for j in 0..J {
                sums[i][j] = F::multiply_add(simd, left[i][v], right[j][v], sums[i][j]);
            }
        }
    }
    let mut dots = [[F::zero(); J]; I];
    for i in 0..I {
        for j in 0..J {
            let mut dot = F::sum_of_lanes(simd, sums[i][j]);
            for k in vectors * F::lanes::<S>()..k {
                dot = a[i][k].mul_add(b[j][k], dot);
            }
            dots[i][j] = dot;
        }
    }
    dots
}
