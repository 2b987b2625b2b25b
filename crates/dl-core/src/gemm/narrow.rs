//! Products with few columns, as small networks are made of.
//!
//! matrixmultiply packs its factors first, which for a product such as `[120, 10]·[10, 10]` takes
//! longer than the product. Here the number of columns is a constant of the code, so that a row
//! of C is a few vector registers and nothing is copied; `docs/performance.md` has the numbers.

use crate::simd::arch;
use pulp::{Simd, WithSimd};

use super::KC;
use crate::Scalar;

/// The largest number of columns for which it is faster.
pub(super) const MAX_COLUMNS: usize = 16;

/// Rows of C (MR) that are summed side by side, to keep the multiply-add units busy.
const MR: usize = 4;

/// Runs `$work::<_, N>` for N = `$width` with the best vector instructions there are.
macro_rules! for_width {
    ($width:expr, $work:ident $fields:tt) => {
        for_width!(@ $width, $work $fields, 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    (@ $width:expr, $work:ident $fields:tt, $($N:literal)*) => {
        match $width {
            $($N => arch().dispatch(for_width!(@new $work $N $fields)),)*
            width => unreachable!("{width} columns, more than {MAX_COLUMNS}"),
        }
    };
    (@new $work:ident $N:literal { $($field:ident),* }) => { $work::<F, $N> { $($field),* } };
}

/// Element (i, k) of A stands at `values[i·strides[0] + k·strides[1]]`.
#[derive(Clone, Copy)]
pub(super) struct Strided<'a, F> {
    pub(super) values: &'a [F],
    pub(super) strides: [usize; 2],
}

/// C ← init + A·B for row-major B `[k, n]` and C `[m, n]`, n ≤ [`MAX_COLUMNS`]; `init` is a row
/// `[n]` from which every row of C starts, or `None` for what C holds.
pub(super) fn gemm<F: Scalar>(
    init: Option<&[F]>,
    a: Strided<'_, F>,
    b: &[F],
    c: &mut [F],
    n: usize,
) {
    for_width!(n, Gemm { init, a, b, c });
}

struct Gemm<'a, F, const N: usize> {
    init: Option<&'a [F]>,
    a: Strided<'a, F>,
    b: &'a [F],
    c: &'a mut [F],
}

// A type of its own, not a closure: the compiler would not inline that into the code with the
// vector instructions.
impl<F: Scalar, const N: usize> WithSimd for Gemm<'_, F, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        // without vector instructions, sixteen widths are not worth compiling
        if const { size_of::<F::Vector<S>>() == size_of::<F>() } {
            return mul_any_width(self.init, self.a, self.b, self.c, N);
        }
        let init = self.init.map(|row| &row.as_chunks::<N>().0[0]);
        let (b, _) = self.b.as_chunks::<N>();
        let (c, _) = self.c.as_chunks_mut::<N>();
        let (blocks, rest) = c.as_chunks_mut::<MR>();
        let done = blocks.len() * MR;
        for (i, c) in blocks.iter_mut().enumerate() {
            mul_rows(init, self.a, i * MR, b, c);
        }
        for (i, c) in rest.iter_mut().enumerate() {
            mul_rows(init, self.a, done + i, b, std::array::from_mut(c));
        }
    }
}

/// The same, one element after the other.
#[inline(never)]
fn mul_any_width<F: Scalar>(init: Option<&[F]>, a: Strided<'_, F>, b: &[F], c: &mut [F], n: usize) {
    let [down, right] = a.strides;
    for (i, c) in c.chunks_exact_mut(n).enumerate() {
        if let Some(init) = init {
            c.copy_from_slice(init);
        }
        for (block, b) in b.chunks(KC * n).enumerate() {
            let mut sums = [F::zero(); MAX_COLUMNS];
            for (k, b) in b.chunks_exact(n).enumerate() {
                let a = a.values[i * down + (block * KC + k) * right];
                for (sum, &b) in sums.iter_mut().zip(b) {
                    *sum = a.mul_add(b, *sum);
                }
            }
            c.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
        }
    }
}

/// cᵢ ← init + Σₖ aᵢₖ bₖ for the M rows of A from `first`.
#[inline(always)]
fn mul_rows<F: Scalar, const N: usize, const M: usize>(
    init: Option<&[F; N]>,
    a: Strided<'_, F>,
    first: usize,
    b: &[[F; N]],
    c: &mut [[F; N]; M],
) {
    let zero = [F::zero(); N];
    let (block, later) = b.split_at(b.len().min(KC));
    let mut sums = add_terms([*init.unwrap_or(&zero); M], a, first, block);
    if init.is_none() {
        // afterwards, so that a sum of many small products is not one of its terms
        for (sums, c) in sums.iter_mut().zip(&*c) {
            for j in 0..N {
                sums[j] += c[j];
            }
        }
    }
    *c = sums;
    if !later.is_empty() {
        add_blocks(a, first, later, c);
    }
}

/// cᵢ ← cᵢ + Σₖ aᵢₖ bₖ, block by block, for the rows of B behind the first block.
#[inline(always)]
fn add_blocks<F: Scalar, const N: usize, const M: usize>(
    a: Strided<'_, F>,
    first: usize,
    later: &[[F; N]],
    c: &mut [[F; N]; M],
) {
    let [down, right] = a.strides;
    for (block, b) in later.chunks(KC).enumerate() {
        for (i, c) in c.iter_mut().enumerate() {
            let a = &a.values[(first + i) * down + (block + 1) * KC * right..];
            let mut sums = [F::zero(); N];
            for (k, b) in b.iter().enumerate() {
                for j in 0..N {
                    sums[j] = a[k * right].mul_add(b[j], sums[j]);
                }
            }
            for j in 0..N {
                c[j] += sums[j];
            }
        }
    }
}

/// sumsᵢ + Σₖ aᵢₖ bₖ over the first rows of B.
#[inline(always)]
fn add_terms<F: Scalar, const N: usize, const M: usize>(
    mut sums: [[F; N]; M],
    a: Strided<'_, F>,
    first: usize,
    b: &[[F; N]],
) -> [[F; N]; M] {
    let [down, right] = a.strides;
    let a = &a.values[first * down..];
    // indices, not iterators: the compiler then keeps all sums in registers
    for (k, b) in b.iter().enumerate() {
        for i in 0..M {
            let a = a[i * down + k * right];
            for j in 0..N {
                sums[i][j] = a.mul_add(b[j], sums[i][j]);
            }
        }
    }
    sums
}
