//! Products with a few rows, as a single sample's: B is read once, as it stands, since packing it would take longer
//! than the product.

use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};
use pulp::{Simd, WithSimd};

use super::Init;
use super::blocked::{Scratch, block_depth};
use crate::Scalar;
use crate::simd::arch;

/// Rows of B that are added at a time: one stream from memory each, while C goes to the first-level cache and back once.
const TOGETHER: usize = 4;

/// Elements of C that are summed at a time: with the rows of B that are added to them, they stay in cache.
const CHUNK: usize = 4096;

/// C ← init + A·B for a B and a C with contiguous rows; the same sums in the same order as in blocks
/// (`blocked.rs`).
pub(super) fn gemm<F: Scalar>(
    init: Init<'_, F>,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    mut c: ArrayViewMut2<'_, F>,
) {
    let depth = block_depth(b.nrows());
    let width = (CHUNK / c.nrows()).min(b.ncols());
    Scratch::lend(|Scratch { columns: sums, .. }| {
        for (i, b) in b.axis_chunks_iter(Axis(0), depth).enumerate() {
            let terms = Slice::from(i * depth..i * depth + b.nrows());
            let a = a.slice_axis(Axis(1), terms);
            let chunks = c.axis_chunks_iter_mut(Axis(1), width);
            for (j, (b, mut c)) in b.axis_chunks_iter(Axis(1), width).zip(chunks).enumerate() {
                let init = match i {
                    0 => init.skip_columns(j * width),
                    _ => Init::Accumulate,
                };
                add_block(init, a, b, &mut c, sums);
            }
        }
    });
}

/// The product with a block of B, which is summed before it is added to what C holds.
fn add_block<F: Scalar>(
    init: Init<'_, F>,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    c: &mut ArrayViewMut2<'_, F>,
    sums: &mut Vec<F>,
) {
    let width = c.ncols();
    let add = |sums: &mut [F]| {
        for sums in sums.chunks_exact_mut(width) {
            match init {
                Init::Bias(bias) => sums.copy_from_slice(&bias[..width]),
                Init::Zero | Init::Accumulate => sums.fill(F::zero()),
            }
        }
        arch().dispatch(AddBlock { a, b, c: sums });
    };
    if init != Init::Accumulate
        && let Some(c) = c.as_slice_mut()
    {
        return add(c);
    }
    sums.resize(c.len(), F::zero());
    add(sums);
    for (mut c, sums) in c.rows_mut().into_iter().zip(sums.chunks_exact(width)) {
        let c = c.as_slice_mut().expect("C has contiguous rows");
        match init {
            Init::Accumulate => c.iter_mut().zip(sums).for_each(|(c, &sum)| *c += sum),
            Init::Zero | Init::Bias(_) => c.copy_from_slice(sums),
        }
    }
}

/// C ← C + A·B, for a C whose rows follow each other.
struct AddBlock<'a, F> {
    a: ArrayView2<'a, F>,
    b: ArrayView2<'a, F>,
    c: &'a mut [F],
}

impl<F: Scalar> WithSimd for AddBlock<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let whole = self.b.nrows() - self.b.nrows() % TOGETHER;
        let Self { a, b, c } = self;
        for k in (0..whole).step_by(TOGETHER) {
            add_rows::<F, S, TOGETHER>(simd, a, b, k, c);
        }
        for k in whole..b.nrows() {
            add_rows::<F, S, 1>(simd, a, b, k, c);
        }
    }
}

/// Adds N rows of B from row `k` on.
#[inline(always)]
fn add_rows<F: Scalar, S: Simd, const N: usize>(
    simd: S,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    k: usize,
    c: &mut [F],
) {
    let mut rows: [&[F]; N] = [&[]; N];
    for (n, row) in rows.iter_mut().enumerate() {
        let b = b.index_axis_move(Axis(0), k + n);
        *row = b.to_slice().expect("B has contiguous rows");
    }
    let factors = |i: usize| {
        let mut factors = [F::zero(); N];
        for (n, factor) in factors.iter_mut().enumerate() {
            *factor = a[[i, k + n]];
        }
        factors
    };
    let width = b.ncols();
    let mut pairs = c.chunks_exact_mut(2 * width);
    for (i, c) in pairs.by_ref().enumerate() {
        let (first, second) = c.split_at_mut(width);
        let factors = [factors(2 * i), factors(2 * i + 1)];
        add_products::<F, S, N, 2>(simd, factors, rows, [first, second]);
    }
    let last = pairs.into_remainder();
    if !last.is_empty() {
        add_products::<F, S, N, 1>(simd, [factors(a.nrows() - 1)], rows, [last]);
    }
}

/// Adds the products of N rows of B with their factors to M rows of C.
#[inline(always)]
fn add_products<F: Scalar, S: Simd, const N: usize, const M: usize>(
    simd: S,
    factors: [[F; N]; M],
    rows: [&[F]; N],
    c: [&mut [F]; M],
) {
    let width = rows[0].len();
    let mut splat = [[F::splat(simd, F::zero()); N]; M];
    let mut b: [&[F::Vector<S>]; N] = [&[]; N];
    let mut b_rest: [&[F]; N] = [&[]; N];
    for n in 0..N {
        (b[n], b_rest[n]) = F::vectors::<S>(&rows[n][..width]);
    }
    for m in 0..M {
        for n in 0..N {
            splat[m][n] = F::splat(simd, factors[m][n]);
        }
    }
    let mut vectors: [&mut [F::Vector<S>]; M] = std::array::from_fn(|_| Default::default());
    let mut rest: [&mut [F]; M] = std::array::from_fn(|_| Default::default());
    for (m, c) in c.into_iter().enumerate() {
        (vectors[m], rest[m]) = F::vectors_mut::<S>(&mut c[..width]);
    }
    for j in 0..b[0].len() {
        for m in 0..M {
            let mut sum = vectors[m][j];
            for n in 0..N {
                sum = F::multiply_add(simd, splat[m][n], b[n][j], sum);
            }
            vectors[m][j] = sum;
        }
    }
    for j in 0..b_rest[0].len() {
        for m in 0..M {
            let c = &mut rest[m][j];
            for n in 0..N {
                *c = factors[m][n].mul_add(b_rest[n][j], *c);
            }
        }
    }
}
