//! The matrix engine: C ← init + A·B.
//!
//! Three ways, by shape:
//!
//! - [`gemm`] is the entry for matrices. Products of up to 16 columns with a small B are plain
//!   loops whose width is a constant of the code (`narrow.rs`), and those of a few rows read B as it
//!   stands (`few_rows.rs`, and `dots.rs` for a transposed B), since packing would cost more than the product; those whose A has contiguous
//!   rows or columns go through the micro-kernel in blocks that stay in cache (`blocked.rs`); all others to
//!   the `matrixmultiply` crate, by way of ndarray's safe `general_mat_mul`. [`gemm_keeping`] does the same
//!   with a B that stays packed ([`Packings`]).
//! - [`GatherGemm`] is the micro-kernel on an A whose rows are gathered from pieces of memory:
//!   what a convolution is made of (`gather.rs`).
//!
//! The product with a row of ones, the gradient of a bias, is
//! [`sum::column_sums`](crate::sum::column_sums).
//!
//! In the words of the BLIS papers: B is *packed* into *panels* NR columns wide (`packing.rs`);
//! the *micro-kernel* computes a *tile* of MR × NR elements of C in registers
//! (`micro_kernel.rs`); blocks of KC × NC elements of B are packed at a time. All of it is safe
//! code on [`simd`](crate::simd), compiled here for each instruction set, for `f32` and `f64`.
//!
//! A sum of more than KC = 512 terms is one of blocks: what a block adds up to is added to those before
//! it, as in BLIS, so that the rounding error grows with KC + k/KC instead of k.
//!
//! Every element of C is summed by one thread in one order that depends on the shapes alone, so
//! bits do not depend on the number of threads. How fast it is: `docs/performance.md` in the
//! repository.

mod blocked;
mod dots;
mod few_rows;
mod few_terms;
mod gather;
mod micro_kernel;
mod narrow;
mod packing;
mod packings;
mod rows;

pub use gather::{GatherGemm, KBatch, KRange, KStep, LhsLayout, Row, RowBatch, RowBlock};
pub use packing::PackedB;
pub use packings::Packings;

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

use self::blocked::{Blocks, LhsView};
use self::narrow::Strided;
use crate::Scalar;

/// Below this many multiply-adds a product stays on the calling thread: handing work to another
/// costs 10 to 20 µs.
const PARALLEL_ABOVE: usize = 1 << 20;

/// The smallest number of rows or columns of a part where there are more parts than two, so that reading the other
/// factor again for each part stays cheap.
const MIN_PART: usize = 64;

/// The largest number of parts.
const MAX_PARTS: usize = 8;

/// The smallest number of rows that are split where B stays packed: parts of fewer would have tiles too low.
const MIN_ROWS: usize = 32;

/// Terms (kc) that are summed before their sum is added to those before them. In a product whose B is
/// packed block by block, a block of 512 × 128 `f32` takes 256 KiB.
pub const KC: usize = 512;

/// The largest B for the narrow product, in elements: it is read from the first-level cache.
const MAX_NARROW_B: usize = 4096;

/// Rows of C up to which B is not packed.
const MAX_UNPACKED_ROWS: usize = 4;

/// Rows of C up to which B is not packed where it is [streamed](is_streamed).
const MAX_STREAMED_ROWS: usize = 16;

/// What a product is added to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init<'a, F> {
    /// Zero: what C held is not read.
    Zero,
    /// The same row in every row of C (a bias, of at least as many elements as C has columns);
    /// what C held is not read.
    Bias(&'a [F]),
    /// What C holds.
    Accumulate,
}

impl<F> Init<'_, F> {
    /// This initial value for the part of C that starts at `column`.
    fn skip_columns(self, column: usize) -> Self {
        match self {
            Init::Bias(bias) => Init::Bias(&bias[column..]),
            init => init,
        }
    }
}

crate::instantiate! {
    /// C ← init + A·B for A `[m, k]`, B `[k, n]` and C `[m, n]` of any strides.
    ///
    /// A large C is split into fixed parts for rayon. The micro-kernel
    /// rounds each multiply-add once where the machine can (FMA).
    ///
    /// ```
    /// use dl_core::gemm::{Init, gemm};
    /// use dl_core::ndarray::{Array2, array};
    ///
    /// let (x, w) = (array![[1.0_f32, 2.0]], array![[3.0, 4.0], [5.0, 6.0]]);
    /// let mut y = Array2::zeros((1, 2));
    /// gemm(Init::Bias(&[0.5, -0.5]), x.view(), w.view(), y.view_mut());
    /// assert_eq!(y, array![[13.5, 15.5]]);
    /// ```
    ///
    /// # Panics
    /// Where the shapes do not fit.
    pub fn gemm<F: Scalar>(
        init: Init<'_, F>,
        a: ArrayView2<'_, F>,
        b: ArrayView2<'_, F>,
        c: ArrayViewMut2<'_, F>,
    ) {
        if is_large(a, b, &c) {
            shared(init, a, b, c, None);
        } else {
            serial(init, a, 0..a.nrows(), b, c, None);
        }
    }

    /// [`gemm`] with a B that stays packed in a slot of `packings`, where the product packs B.
    ///
    /// # Panics
    /// As [`gemm`].
    pub fn gemm_keeping<F: Scalar>(
        init: Init<'_, F>,
        a: ArrayView2<'_, F>,
        b: ArrayView2<'_, F>,
        c: ArrayViewMut2<'_, F>,
        packings: &mut Packings<F>,
        slot: usize,
    ) {
        let kept = packings.keeps().then_some((packings, slot));
        if is_large(a, b, &c) {
            shared(init, a, b, c, kept);
        } else {
            serial(init, a, 0..a.nrows(), b, c, kept);
        }
    }
}

/// Whether threads share a product; its shapes are checked.
fn is_large<F>(a: ArrayView2<'_, F>, b: ArrayView2<'_, F>, c: &ArrayViewMut2<'_, F>) -> bool {
    assert_eq!(c.dim(), (a.nrows(), b.ncols()), "the shape of C");
    assert_eq!(a.ncols(), b.nrows(), "the inner axes of A and B");
    c.len() * a.ncols() >= PARALLEL_ABOVE
}

/// [`gemm`] by several threads, each of which computes some rows of C or some columns.
fn shared<F: Scalar>(
    init: Init<'_, F>,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    mut c: ArrayViewMut2<'_, F>,
    kept: Option<(&mut Packings<F>, usize)>,
) {
    let (m, n) = c.dim();
    let part = |length: usize| length.div_ceil(length.div_ceil(MIN_PART).clamp(2, MAX_PARTS));
    if m >= MIN_ROWS
        && !is_narrow(b)
        && LhsView::new(&a, 0).is_some()
        && let Some((packings, slot)) = kept
        && let Some(packed) = Blocks::of(b).keep(packings, slot)
    {
        let part = part(m);
        let parts = c.axis_chunks_iter_mut(Axis(0), part).into_par_iter();
        return parts.enumerate().for_each(|(i, c)| {
            let a = LhsView::new(&a, i * part).expect("as the first row");
            a.mul(init, b, Some(packed), c);
        });
    }
    // parts pack B block by block, since a block is read again from cache, and a large B is not
    let (axis, length) = if m >= n { (Axis(0), m) } else { (Axis(1), n) };
    let part = part(length);
    let parts = c.axis_chunks_iter_mut(axis, part).into_par_iter();
    parts.enumerate().for_each(|(i, c)| {
        let range = i * part..i * part + c.len_of(axis);
        if axis == Axis(0) {
            return serial(init, a, range, b, c, None);
        }
        let b = b.slice_axis(axis, range.clone().into());
        serial(init.skip_columns(range.start), a, 0..m, b, c, None);
    });
}

/// Whether B, or a thread's part of it, is larger than a second-level cache: a product of few rows then takes as
/// long as reading it.
fn is_streamed<F>(b: ArrayView2<'_, F>) -> bool {
    b.len().saturating_mul(size_of::<F>()) > 1 << 20
}

/// Whether the product is that of `narrow`, if A and C allow it.
fn is_narrow<F>(b: ArrayView2<'_, F>) -> bool {
    (1..=narrow::MAX_COLUMNS).contains(&b.ncols()) && b.len() <= MAX_NARROW_B
}

/// [`gemm`] on the calling thread, for some rows of A; `kept` is where B stays packed, if it is packed.
fn serial<F: Scalar>(
    init: Init<'_, F>,
    all: ArrayView2<'_, F>,
    rows: Range<usize>,
    b: ArrayView2<'_, F>,
    mut c: ArrayViewMut2<'_, F>,
    kept: Option<(&mut Packings<F>, usize)>,
) {
    let n = c.ncols();
    if c.is_empty() {
        return;
    }
    let a = all.slice_axis(Axis(0), rows.clone().into());
    if is_narrow(b) {
        let strides = a.strides().iter().all(|&stride| stride > 0);
        let values = a.to_slice_memory_order().filter(|_| strides);
        if let (Some(values), Some(c)) = (values, c.as_slice_mut()) {
            let strides = [a.strides()[0] as usize, a.strides()[1] as usize];
            let a = Strided { values, strides };
            let b = b.as_standard_layout();
            let b = b.as_slice().expect("just laid out");
            let init = match init {
                Init::Zero => Some(&[F::zero(); narrow::MAX_COLUMNS][..n]),
                Init::Bias(bias) => Some(&bias[..n]),
                Init::Accumulate => None,
            };
            return narrow::gemm(init, a, b, c, n);
        }
    }
    let in_rows = |strides: &[isize]| strides[1] == 1;
    let few = c.nrows() <= MAX_UNPACKED_ROWS || c.nrows() <= MAX_STREAMED_ROWS && is_streamed(b);
    if few && in_rows(b.strides()) && in_rows(c.strides()) && !b.is_empty() {
        return few_rows::gemm(init, a, b, c);
    }
    if few && is_streamed(b) && in_rows(a.strides()) && b.strides()[0] == 1 {
        return dots::gemm(init, a, b, c);
    }
    if let Some(a) = LhsView::new(&all, rows.start)
        && !b.is_empty()
    {
        let kept = kept.and_then(|(packings, slot)| Blocks::of(b).keep(packings, slot));
        return a.mul(init, b, kept, c);
    }
    let beta = match init {
        Init::Zero => F::zero(),
        Init::Bias(bias) => {
            c.assign(&ArrayView1::from(&bias[..n]));
            F::one()
        }
        Init::Accumulate => F::one(),
    };
    general_mat_mul(F::one(), &a, &b, beta, &mut c);
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
    fn equals_the_sum_for_every_size_split_init_and_stride() {
        let wide = [
            (5, 3, 17),
            (300, 70, 60),
            (60, 70, 300),
            (129, 65, 129),
            (70_000, 2, 8),
            (8, 1200, 40),
            (9, 1025, 200),
            (1, 1200, 40),
            (3, 70, 130),
            (4, 1025, 33),
            // B is streamed: row by row, or as dot products
            (9, 700, 200),
            (1, 701, 203),
            (16, 1030, 130),
            // Aᵀ is packed, in two parts
            (512, 70, 60),
            (1024, 600, 20),
        ];
        let narrow = (1..=17).flat_map(|n| [(1, 1, n), (7, 5, n), (6, 300, n)]);
        for (m, k, n) in wide.into_iter().chain(narrow) {
            let (a, b) = (matrix(m, k, 1), matrix(k, n, 2));
            let expected = naive(&a, &b);
            // what is not read may be NaN: NaN × 0 would stay NaN
            let mut c = Array2::from_elem((m, n), f64::NAN);
            gemm(Init::Zero, a.view(), b.view(), c.view_mut());
            assert_eq!(c, expected);
            gemm(Init::Accumulate, a.view(), b.view(), c.view_mut());
            assert_eq!(c, &expected * 2.0);
            c.fill(f64::NAN);
            let row = Array1::from_shape_fn(n, |j| j as f64);
            gemm(
                Init::Bias(row.as_slice().unwrap()),
                a.view(),
                b.view(),
                c.view_mut(),
            );
            assert_eq!(c, &expected + &row);
            let at = a.t().as_standard_layout().to_owned();
            let bt = b.t().as_standard_layout().to_owned();
            c.fill(f64::NAN);
            gemm(Init::Zero, at.t(), bt.t(), c.view_mut());
            assert_eq!(c, expected);
            let mut wider = Array2::from_elem((m, 2 * n), f64::NAN);
            let left = Slice::from(..n);
            let c = wider.slice_axis_mut(Axis(1), left);
            gemm(Init::Zero, a.view(), b.view(), c);
            assert_eq!(wider.slice_axis(Axis(1), left), expected);
        }
    }

    /// However many rows there are, whichever way that makes the product go.
    #[test]
    fn a_row_has_the_bits_it_has_alone() {
        for (k, n) in [(700, 200), (1300, 70), (30, 40)] {
            let of = |i: usize, j: usize| ((i * 37 + j * 11) as f32 * 0.37).sin();
            let a = Array2::from_shape_fn((9, k), |(i, j)| of(i, j));
            let b = Array2::from_shape_fn((k, n), |(i, j)| of(j, i));
            let bias: Vec<f32> = (0..n).map(|j| of(j, 3)).collect();
            for init in [Init::Zero, Init::Bias(&bias), Init::Accumulate] {
                let mut together = Array2::from_elem((9, n), 0.7);
                gemm(init, a.view(), b.view(), together.view_mut());
                for (a, expected) in a.rows().into_iter().zip(together.rows()) {
                    let mut alone = Array2::from_elem((1, n), 0.7);
                    let a = a.insert_axis(Axis(0));
                    gemm(init, a, b.view(), alone.view_mut());
                    assert_eq!(alone.row(0), expected, "{init:?}");
                    let mut kept = Array2::from_elem((1, n), 0.7);
                    let mut packings = Packings::keeping();
                    gemm_keeping(init, a, b.view(), kept.view_mut(), &mut packings, 0);
                    assert_eq!(kept.row(0), expected, "{init:?}");
                }
            }
        }
    }

    #[test]
    fn an_empty_inner_axis_gives_init() {
        let (a, b) = (Array2::<f32>::zeros((2, 0)), Array2::zeros((0, 3)));
        let mut c = Array2::from_elem((2, 3), f32::NAN);
        gemm(Init::Zero, a.view(), b.view(), c.view_mut());
        assert!(c.iter().all(|&c| c == 0.0));
    }
}
