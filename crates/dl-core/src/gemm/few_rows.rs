//! Products with a few rows, as a single sample's: B is read once, as it stands, since packing it would take longer
//! than the product.

use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use pulp::{Simd, WithSimd};

use super::Init;
use super::blocked::{Scratch, block_depth};
use crate::Scalar;
use crate::simd::arch;

/// Rows of C up to which B is not packed.
pub(super) const MAX_ROWS: usize = 4;

/// Rows of B that are added at a time: so many streams from memory, for one of C to the first-level cache and back.
const TOGETHER: usize = 4;

/// C ← init + A·B for a B with contiguous rows; the same sums in the same order as in blocks
/// (`blocked.rs`).
pub(super) fn gemm<F: Scalar>(
    init: Init<'_, F>,
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    mut c: ArrayViewMut2<'_, F>,
) {
    let depth = block_depth(b.nrows());
    Scratch::lend(|Scratch { columns: sums, .. }| {
        for (i, b) in b.axis_chunks_iter(Axis(0), depth).enumerate() {
            for (a, mut c) in a.rows().into_iter().zip(c.rows_mut()) {
                let c = c.as_slice_mut().expect("C has contiguous rows");
                let factor = |k: usize| a[i * depth + k];
                match init {
                    Init::Zero if i == 0 => c.fill(F::zero()),
                    Init::Bias(bias) if i == 0 => c.copy_from_slice(&bias[..c.len()]),
                    _ => {
                        sums.clear();
                        sums.resize(c.len(), F::zero());
                        add_block(factor, b, sums);
                        c.iter_mut().zip(&*sums).for_each(|(c, &sum)| *c += sum);
                        continue;
                    }
                }
                add_block(factor, b, c);
            }
        }
    });
}

/// c ← c + Σₖ aₖ bₖ
fn add_block<F: Scalar>(a: impl Fn(usize) -> F, b: ArrayView2<'_, F>, c: &mut [F]) {
    arch().dispatch(AddBlock { a, b, c });
}

struct AddBlock<'a, F, A> {
    a: A,
    b: ArrayView2<'a, F>,
    c: &'a mut [F],
}

impl<F: Scalar, A: Fn(usize) -> F> WithSimd for AddBlock<'_, F, A> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, b, c } = self;
        let row = |k: usize| {
            let row = b.index_axis_move(Axis(0), k);
            row.to_slice().expect("B has contiguous rows")
        };
        let whole = b.nrows() - b.nrows() % TOGETHER;
        for k in (0..whole).step_by(TOGETHER) {
            let (mut factors, mut rows) = ([F::zero(); TOGETHER], [row(k); TOGETHER]);
            for i in 0..TOGETHER {
                factors[i] = a(k + i);
                rows[i] = row(k + i);
            }
            add_rows::<F, S, TOGETHER>(simd, factors, rows, c);
        }
        for k in whole..b.nrows() {
            add_rows::<F, S, 1>(simd, [a(k)], [row(k)], c);
        }
    }
}

#[inline(always)]
fn add_rows<F: Scalar, S: Simd, const N: usize>(
    simd: S,
    factors: [F; N],
    rows: [&[F]; N],
    c: &mut [F],
) {
    let (vectors, rest) = F::vectors_mut::<S>(c);
    let mut splat = [F::splat(simd, F::zero()); N];
    let mut b: [&[F::Vector<S>]; N] = [&[]; N];
    let mut b_rest: [&[F]; N] = [&[]; N];
    for i in 0..N {
        splat[i] = F::splat(simd, factors[i]);
        (b[i], b_rest[i]) = F::vectors::<S>(rows[i]);
        // equal lengths, known to the compiler, leave no bounds check in the loop
        b[i] = &b[i][..vectors.len()];
    }
    for j in 0..vectors.len() {
        let mut sum = vectors[j];
        for i in 0..N {
            sum = F::multiply_add(simd, splat[i], b[i][j], sum);
        }
        vectors[j] = sum;
    }
    for (j, c) in rest.iter_mut().enumerate() {
        for i in 0..N {
            *c = factors[i].mul_add(b_rest[i][j], *c);
        }
    }
}
