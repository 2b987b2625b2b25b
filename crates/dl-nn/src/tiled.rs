//! Products of any size by the register tiles of [`product`](crate::product), in pieces that stay
//! in cache.

use std::any::Any;
use std::cell::Cell;

use dl_math::Scalar;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis, CowArray};

use crate::gemm::Start;
use crate::product::{From, Layout, Panels, Product, Repeat, Run, Segment};

/// Terms and columns of the pieces of B that are packed at a time: 256 KiB of `f32`, which stay in
/// second-level cache while the rows of A pass by.
const DEPTH: usize = 512;
const COLUMNS: usize = 128;

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
pub(crate) struct Left<'a, F> {
    values: &'a [F],
    layout: Layout,
    /// Where the first row stands.
    first: usize,
    /// From term to term.
    term: usize,
}

impl<'a, F: Scalar> Left<'a, F> {
    /// The rows of `a` from `first` on.
    pub(crate) fn of(a: &'a ArrayView2<'_, F>, first: usize) -> Option<Self> {
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
    pub(crate) fn times(
        self,
        start: Start<'_, F>,
        b: ArrayView2<'_, F>,
        mut c: ArrayViewMut2<'_, F>,
    ) {
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
