//! Products of any size by the micro-kernel, in blocks of B that stay in cache.

use std::any::Any;
use std::cell::Cell;

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis, Slice};
use rayon::prelude::*;

use super::{
    GatherGemm, Init, KBatch, KC, KRange, KStep, LhsLayout, PackedB, Packings, Row, RowBatch,
    RowBlock,
};
use crate::Scalar;

/// Columns (nc) of the blocks of B, KC deep, that are packed at a time: 256 KiB of `f32`, which stay
/// in second-level cache while the rows of A pass by.
const NC: usize = 128;

/// From so many elements on, threads share the packing of B.
const PARALLEL_ABOVE: usize = 1 << 16;

/// Rows of C that are listed at a time.
const ROWS: usize = 240;

/// The scratch memory of products. Each thread keeps its own from product to product, so that a
/// training step allocates none.
#[derive(Default)]
pub(super) struct Scratch<F> {
    /// A packed block of B.
    panels: Vec<F>,
    /// Columns of C, or sums for a row of it.
    pub(super) columns: Vec<F>,
    /// Where rows start.
    rows: Vec<Row>,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<dyn Any>>> = const { Cell::new(None) };
}

impl<F: Scalar> Scratch<F> {
    /// Lends the thread's scratch to `work`.
    pub(super) fn lend(work: impl FnOnce(&mut Self)) {
        let kept = SCRATCH
            .take()
            .and_then(|scratch| scratch.downcast::<Self>().ok());
        let mut scratch = kept.unwrap_or_default();
        work(&mut scratch);
        SCRATCH.set(Some(scratch));
    }
}

/// Blocks of nearly equal depth.
pub(super) fn block_depth(k: usize) -> usize {
    k.div_ceil(k.div_ceil(KC))
}

/// B cut into blocks of KC × NC elements or less.
#[derive(Clone, Copy)]
pub(super) struct Blocks<'a, F> {
    b: ArrayView2<'a, F>,
}

impl<'a, F: Scalar> Blocks<'a, F> {
    pub(super) fn of(b: ArrayView2<'a, F>) -> Self {
        Self { b }
    }

    fn all(self) -> impl Iterator<Item = ArrayView2<'a, F>> {
        let (k, n) = self.b.dim();
        let kc = block_depth(k);
        let block = move |i: usize, j: usize| {
            let rows = Slice::from(i * kc..k.min((i + 1) * kc));
            let columns = Slice::from(j * NC..n.min((j + 1) * NC));
            let b = self.b.slice_axis_move(Axis(0), rows);
            b.slice_axis_move(Axis(1), columns)
        };
        (0..k.div_ceil(kc)).flat_map(move |i| (0..n.div_ceil(NC)).map(move |j| block(i, j)))
    }

    /// Elements of a packed block.
    fn packed(block: &ArrayView2<'_, F>) -> usize {
        PackedB::<F>::elements(block.nrows(), block.ncols())
    }

    /// Packs all of them, one after the other in memory, into zeros; threads share them.
    fn write(self, mut values: &mut [F]) {
        let parts = self.all().map(|block| {
            let (part, rest) = std::mem::take(&mut values).split_at_mut(Self::packed(&block));
            values = rest;
            (block, part)
        });
        let write = |(block, part): (ArrayView2<'_, F>, &mut [F])| {
            PackedB::write(std::iter::once(block), block.nrows(), block.ncols(), part);
        };
        if self.b.len() < PARALLEL_ABOVE {
            parts.for_each(write);
        } else {
            parts.collect::<Vec<_>>().into_par_iter().for_each(write);
        }
    }

    /// All of them, packed into a slot that may hold them already; `None` where there is no memory for them, so that
    /// they are packed one by one.
    pub(super) fn keep(self, packings: &mut Packings<F>, slot: usize) -> Option<&[F]> {
        let (k, n) = self.b.dim();
        let elements = self.all().map(|block| Self::packed(&block)).sum();
        let kept = packings.has_room(slot, elements);
        kept.then(|| packings.fill(slot, [k, n], elements, |values| self.write(values)))
    }
}

/// A left factor whose rows or columns are contiguous.
#[derive(Clone, Copy)]
pub(super) struct LhsView<'a, F> {
    values: &'a [F],
    layout: LhsLayout,
    /// Where the first row stands.
    first: usize,
    /// From one row to the next.
    row_stride: usize,
    /// From one term to the next.
    k_stride: usize,
}

impl<'a, F: Scalar> LhsView<'a, F> {
    /// The rows of `a` from `first` on.
    pub(super) fn new(a: &'a ArrayView2<'_, F>, first: usize) -> Option<Self> {
        let &[row_stride, k_stride] = a.strides() else {
            return None;
        };
        if row_stride <= 0 || k_stride <= 0 {
            return None;
        }
        let (row_stride, k_stride) = (row_stride as usize, k_stride as usize);
        let layout = match (row_stride, k_stride) {
            (_, 1) => LhsLayout::RowMajor,
            (1, _) => LhsLayout::ColumnMajor { k_stride },
            _ => return None,
        };
        Some(Self {
            values: a.as_slice_memory_order()?,
            layout,
            first: first * row_stride,
            row_stride,
            k_stride,
        })
    }

    /// C ← init + A·B, in blocks of B that stay in second-level cache; `packed` are all its [`Blocks`].
    pub(super) fn mul(
        self,
        init: Init<'_, F>,
        b: ArrayView2<'_, F>,
        packed: Option<&[F]>,
        mut c: ArrayViewMut2<'_, F>,
    ) {
        let n = b.ncols();
        Scratch::lend(|scratch| {
            let Scratch {
                panels,
                columns,
                rows,
            } = scratch;
            rows.clear();
            rows.extend((0..ROWS.min(c.nrows())).map(|i| Row {
                a: i * self.row_stride,
                c: i * n,
            }));
            let mut mul = |c: &mut [F]| {
                let kc = block_depth(b.nrows());
                let mut packed = packed;
                for (i, b) in b.axis_chunks_iter(Axis(0), kc).enumerate() {
                    for (j, b) in b.axis_chunks_iter(Axis(1), NC).enumerate() {
                        let init = match init {
                            _ if i > 0 => Init::Accumulate,
                            Init::Bias(bias) => Init::Bias(&bias[j * NC..]),
                            init => init,
                        };
                        let (depth, columns) = b.dim();
                        let b = match &mut packed {
                            None => {
                                PackedB::pack_stacked(std::iter::once(b), depth, columns, panels)
                            }
                            Some(values) => {
                                let elements = PackedB::<F>::elements(depth, columns);
                                let (block, rest) = values.split_at(elements);
                                *values = rest;
                                PackedB::packed(block, depth, columns)
                            }
                        };
                        let a = self.first + i * kc * self.k_stride;
                        for (k, c) in c[j * NC..].chunks_mut(ROWS * n).enumerate() {
                            let a = a + k * ROWS * self.row_stride;
                            self.mul_block(init, a, &b, c, &rows[..c.len().div_ceil(n)]);
                        }
                    }
                }
            };
            if let Some(c) = c.as_slice_mut() {
                return mul(c);
            }
            // C is some columns of a wider matrix: gathered, computed, put back
            columns.clear();
            match init {
                Init::Accumulate => columns.extend(&c),
                Init::Zero | Init::Bias(_) => columns.resize(c.len(), F::zero()),
            }
            mul(columns);
            let rows = columns.chunks_exact(c.ncols());
            for (mut c, row) in c.rows_mut().into_iter().zip(rows) {
                c.assign(&ArrayView1::from(row));
            }
        });
    }

    /// The same for one block of B, and some rows of A from `a` on.
    fn mul_block(self, init: Init<'_, F>, a: usize, b: &PackedB<'_, F>, c: &mut [F], rows: &[Row]) {
        let row_block = RowBlock {
            outer: 0..1,
            inner: 0..rows.len(),
            k_steps: 0..1,
            k_ranges: 0..1,
        };
        let k_range = KRange {
            a: 0,
            b: 0,
            len: b.depth,
        };
        GatherGemm {
            init,
            a: self.values,
            layout: self.layout,
            b,
            row_blocks: &[row_block],
            rows,
            k_steps: &[KStep { a, b: 0 }],
            k_ranges: &[k_range],
            row_batch: RowBatch::ONE,
            k_batch: KBatch::ONE,
            relu: false,
        }
        .run(c);
    }
}
