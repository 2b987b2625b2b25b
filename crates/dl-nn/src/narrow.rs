//! Products with few columns, as small networks are made of.
//!
//! matrixmultiply packs its factors first, which for a product such as `[120, 10]·[10, 10]` takes
//! longer than the product. Here the number of columns is a constant of the code, so that a row
//! of C is a few vector registers and nothing is copied; `docs/performance.md` has the numbers.

use dl_math::Scalar;
use pulp::{Arch, NullaryFnOnce};

/// The widest row that is worth it.
pub(crate) const WIDEST: usize = 16;

/// Rows of C that are summed side by side, to keep the multiply-add units busy.
const ROWS: usize = 4;

/// Runs `$work::<_, N>` for N = `$width` with the best vector instructions there are.
macro_rules! for_width {
    ($width:expr, $work:ident $fields:tt) => {
        for_width!(@ $width, $work $fields, 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    (@ $width:expr, $work:ident $fields:tt, $($N:literal)*) => {
        match $width {
            $($N => Arch::new().dispatch(for_width!(@new $work $N $fields)),)*
            width => unreachable!("{width} columns, more than {WIDEST}"),
        }
    };
    (@new $work:ident $N:literal { $($field:ident),* }) => { $work::<F, $N> { $($field),* } };
}

/// Element (i, k) of A stands at `values[i·strides[0] + k·strides[1]]`.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'a, F> {
    pub(crate) values: &'a [F],
    pub(crate) strides: [usize; 2],
}

/// C ← start + A·B for row-major B `[k, n]` and C `[m, n]`, n ≤ [`WIDEST`]; `start` is a row
/// `[n]` to start every row of C from, or `None` for what C holds.
pub(crate) fn product<F: Scalar>(
    start: Option<&[F]>,
    a: Strided<'_, F>,
    b: &[F],
    c: &mut [F],
    n: usize,
) {
    for_width!(n, Product { start, a, b, c });
}

/// sums ← sums + Σᵢ xᵢ for the rows of row-major x `[m, n]`, n ≤ [`WIDEST`].
pub(crate) fn add_rows<F: Scalar>(x: &[F], sums: &mut [F]) {
    for_width!(sums.len(), Rows { x, sums });
}

struct Product<'a, F, const N: usize> {
    start: Option<&'a [F]>,
    a: Strided<'a, F>,
    b: &'a [F],
    c: &'a mut [F],
}

// A type of its own, not a closure: the compiler would not inline that into the code with the
// vector instructions.
impl<F: Scalar, const N: usize> NullaryFnOnce for Product<'_, F, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let start = self.start.map(|row| &row.as_chunks::<N>().0[0]);
        let (b, _) = self.b.as_chunks::<N>();
        let (c, _) = self.c.as_chunks_mut::<N>();
        let (blocks, rest) = c.as_chunks_mut::<ROWS>();
        let done = blocks.len() * ROWS;
        for (i, c) in blocks.iter_mut().enumerate() {
            product_of_rows(start, self.a, i * ROWS, b, c);
        }
        for (i, c) in rest.iter_mut().enumerate() {
            product_of_rows(start, self.a, done + i, b, std::array::from_mut(c));
        }
    }
}

/// cᵢ ← start + Σₖ aᵢₖ bₖ for the M rows of A from `first`.
#[inline(always)]
fn product_of_rows<F: Scalar, const N: usize, const M: usize>(
    start: Option<&[F; N]>,
    a: Strided<'_, F>,
    first: usize,
    b: &[[F; N]],
    c: &mut [[F; N]; M],
) {
    let [down, right] = a.strides;
    let a = &a.values[first * down..];
    let mut sums = start.map_or(*c, |&row| [row; M]);
    // indices, not iterators: the compiler then keeps all sums in registers
    for (k, b) in b.iter().enumerate() {
        for i in 0..M {
            let a = a[i * down + k * right];
            for j in 0..N {
                sums[i][j] = a.mul_add(b[j], sums[i][j]);
            }
        }
    }
    *c = sums;
}

struct Rows<'a, F, const N: usize> {
    x: &'a [F],
    sums: &'a mut [F],
}

impl<F: Scalar, const N: usize> NullaryFnOnce for Rows<'_, F, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (rows, _) = self.x.as_chunks::<N>();
        let (sums, _) = self.sums.as_chunks_mut::<N>();
        let mut total = sums[0];
        for row in rows {
            for j in 0..N {
                total[j] += row[j];
            }
        }
        sums[0] = total;
    }
}
