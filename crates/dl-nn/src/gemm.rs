//! The matrix product every layer uses.

use std::any::Any;
use std::cell::Cell;
use std::ops::Range;

use dl_math::Scalar;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis, CowArray};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use crate::narrow::{self, Strided};
use crate::product::{From, Layout, Panels, Product, Repeat, Run, Segment};

/// Below this many multiply-adds a product stays on the calling thread: handing work to another
/// costs 10 to 20 µs.
const PARALLEL_ABOVE: usize = 1 << 20;

/// The least number of rows or columns of a part, so that packing the other factor again for
/// each part stays cheap.
const PART: usize = 64;

/// Terms and columns of the pieces of B that are packed at a time: 256 KiB of `f32`, which stay in
/// second-level cache while the rows of A pass by.
const DEPTH: usize = 512;
const COLUMNS: usize = 128;

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

/// Memory that products work in. Each thread keeps its own from product to product, so that a
/// training step allocates none.
#[derive(Default)]
struct Space<F> {
    /// A piece of B.
    panels: Vec<F>,
    /// Columns of C.
    columns: Vec<F>,
}

thread_local! {
    static SPACE: Cell<Option<Box<dyn Any>>> = const { Cell::new(None) };
}

impl<F: Scalar> Space<F> {
    /// Lends the thread's space to `work`.
    fn lend(work: impl FnOnce(&mut Self)) {
        let kept = SPACE.take().and_then(|space| space.downcast::<Self>().ok());
        let mut space = kept.unwrap_or_default();
        work(&mut space);
        SPACE.set(Some(space));
    }
}

/// A left factor whose rows or columns are contiguous.
#[derive(Clone, Copy)]
struct Left<'a, F> {
    values: &'a [F],
    layout: Layout,
    /// Where the first row stands.
    first: usize,
    /// From term to term.
    term: usize,
}

impl<'a, F: Scalar> Left<'a, F> {
    /// The rows of `a` from `first` on.
    fn of(a: &'a ArrayView2<'_, F>, first: usize) -> Option<Self> {
        let &[row, term] = a.strides() else {
            return None;
        };
        if row <= 0 || term <= 0 {
            return None;
        }
        let (row, term) = (row as usize, term as usize);
        let layout = match (row, term) {
            (_, 1) => Layout::Rows { row },
            (1, _) => Layout::Columns { term },
            _ => return None,
        };
        Some(Self {
            values: a.as_slice_memory_order()?,
            layout,
            first: first * row,
            term,
        })
    }

    /// C ← start + A·B, in pieces of B that stay in second-level cache.
    fn times(self, start: Start<'_, F>, b: ArrayView2<'_, F>, mut c: ArrayViewMut2<'_, F>) {
        Space::lend(|Space { panels, columns }| {
            if let Some(c) = c.as_slice_mut() {
                return self.times_to(start, b, c, panels);
            }
            // C is some columns of a wider matrix: gathered, computed, put back
            columns.clear();
            match start {
                Start::Given => columns.extend(&c),
                Start::Zero | Start::Row(_) => columns.resize(c.len(), F::zero()),
            }
            self.times_to(start, b, columns, panels);
            let rows = columns.chunks_exact(c.ncols());
            for (mut c, row) in c.rows_mut().into_iter().zip(rows) {
                c.assign(&ArrayView1::from(row));
            }
        });
    }

    /// The same for a row-major C.
    fn times_to(self, start: Start<'_, F>, b: ArrayView2<'_, F>, c: &mut [F], panels: &mut Vec<F>) {
        let (depth, n) = b.dim();
        let row = match &start {
            Start::Row(row) => row.as_standard_layout(),
            _ => CowArray::from(ArrayView1::from(&[])),
        };
        let row = row.as_slice().expect("just laid out");
        // pieces of nearly equal depth
        let deep = depth.div_ceil(depth.div_ceil(DEPTH));
        for (i, b) in b.axis_chunks_iter(Axis(0), deep).enumerate() {
            for (j, b) in b.axis_chunks_iter(Axis(1), COLUMNS).enumerate() {
                let column = j * COLUMNS;
                let from = match start {
                    _ if i > 0 => From::Given,
                    Start::Zero => From::Zero,
                    Start::Row(_) => From::Row(&row[column..][..b.ncols()]),
                    Start::Given => From::Given,
                };
                let run = Run {
                    a: self.first + i * deep * self.term,
                    c: column,
                    segments: 0..1,
                };
                let segment = Segment {
                    a: 0,
                    b: 0,
                    length: b.nrows(),
                };
                let (depth, columns) = b.dim();
                Product {
                    from,
                    a: self.values,
                    layout: self.layout,
                    b: &Panels::stack(std::iter::once(b), depth, columns, panels),
                    runs: std::slice::from_ref(&run),
                    rows: c.len() / n,
                    segments: &[segment],
                    repeat: Repeat::ONCE,
                    c_row: n,
                    rectify: false,
                }
                .write(c);
            }
        }
    }
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
