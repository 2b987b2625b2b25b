//! Products of any size by the micro-kernel, in blocks of B that stay in cache.

use std::any::Any;
use std::cell::Cell;

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder, Slice};
use rayon::prelude::*;

use super::packing::{Registers, aligned, copy_rows};
use super::{
    GatherGemm, Init, KBatch, KC, KRange, KStep, LhsLayout, PackedB, Packings, Row, RowBatch,
    RowBlock,
};
use crate::Scalar;

/// Elements of the blocks of B that are packed at a time: 256 KiB of `f32`, which stay in second-level cache while
/// the rows of A pass by.
const BLOCK: usize = KC * 128;

/// Number of elements from which on threads share the packing of B.
const PARALLEL_ABOVE: usize = 1 << 16;

/// The depth up to which a product takes little longer than writing C: then few rows are written at a time, each as
/// far as a block of B goes, so that memory is written in long pieces.
const SHALLOW: usize = 32;

/// Rows in a group of an A that is not packed: few enough that listing them costs nothing, and that where B is shallow,
/// in which case one group is written at a time, each row can be in pages of its own.
const ROWS: usize = 48;

/// Bytes of a first-level cache that have a place each, and how many may share one: 32 KiB or more.
const WAY: usize = 4096;
const WAYS: usize = 8;

/// Rows (mc) of A, KC deep, that are packed at a time: 768 KiB of `f32`.
const MC: usize = 384;

/// The scratch memory of products. Each thread keeps its own from product to product, so that a
/// training step allocates none.
#[derive(Default)]
pub(super) struct Scratch<F> {
    /// A packed block of B.
    panels: Vec<F>,
    /// A packed block of A.
    strips: Vec<F>,
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

/// Columns (nc) of a block so deep, in whole panels.
fn block_width(depth: usize) -> usize {
    (BLOCK / depth).next_multiple_of(128)
}

/// B cut into blocks of KC rows and [`BLOCK`] elements or less.
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
        let nc = block_width(kc);
        let block = move |i: usize, j: usize| {
            let rows = Slice::from(i * kc..k.min((i + 1) * kc));
            let columns = Slice::from(j * nc..n.min((j + 1) * nc));
            let b = self.b.slice_axis_move(Axis(0), rows);
            b.slice_axis_move(Axis(1), columns)
        };
        (0..k.div_ceil(kc)).flat_map(move |i| (0..n.div_ceil(nc)).map(move |j| block(i, j)))
    }

    /// Elements of a packed block.
    fn packed(block: &ArrayView2<'_, F>) -> usize {
        PackedB::<F>::elements(block.nrows(), block.ncols())
    }

    /// Packs all of them, one after the other in memory; threads share them.
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

    /// All of them, packed into a slot that may hold them already; `None` if there is not enough memory for them, so that
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
        if row_stride.min(k_stride) != 1 {
            return None;
        }
        let (row_stride, k_stride) = (row_stride as usize, k_stride as usize);
        Some(Self {
            values: a.as_slice_memory_order()?,
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
            let mut columns = std::mem::take(&mut scratch.columns);
            let mut mul = |c: &mut [F]| {
                // rows that stand as they are need no memory, however many they are
                let m = c.len() / n;
                let rows = match self.is_packed(b.nrows()) {
                    true => m.div_ceil(m.div_ceil(MC)),
                    false => m,
                };
                for (i, c) in c.chunks_mut(rows * n).enumerate() {
                    let first = self.first + i * rows * self.row_stride;
                    Self { first, ..self }.mul_rows(init, b, packed, c, scratch);
                }
            };
            if let Some(c) = c.as_slice_mut() {
                mul(c);
            } else {
                // C is some columns of a wider matrix: gathered, computed, put back
                columns.clear();
                match init {
                    Init::Accumulate => columns.extend(&c),
                    Init::Zero | Init::Bias(_) => columns.resize(c.len(), F::zero()),
                }
                mul(&mut columns);
                let rows = columns.chunks_exact(n);
                for (mut c, row) in c.rows_mut().into_iter().zip(rows) {
                    c.assign(&ArrayView1::from(row));
                }
            }
            scratch.columns = columns;
        });
    }

    /// Whether k terms of A are packed, too: where they are a multiple of 4 KiB apart, all fall into the same few
    /// lines of a first-level cache.
    fn is_packed(self, k: usize) -> bool {
        let apart = self.k_stride * size_of::<F>();
        self.k_stride != 1 && k > WAYS && apart.is_multiple_of(WAY)
    }

    /// The product for some rows of A and all of C.
    fn mul_rows(
        self,
        init: Init<'_, F>,
        b: ArrayView2<'_, F>,
        mut packed: Option<&[F]>,
        c: &mut [F],
        scratch: &mut Scratch<F>,
    ) {
        let Scratch {
            panels,
            strips,
            rows,
            ..
        } = scratch;
        let (k, n) = b.dim();
        let kc = block_depth(k);
        let nc = block_width(kc);
        let groups = match self.is_packed(k) {
            true => Groups::nearly_equal(c.len() / n, Registers::of::<F>().max_rows(kc)),
            false => Groups::equal(c.len() / n, ROWS),
        };
        let rows_at_a_time = match kc {
            ..=SHALLOW => ROWS,
            _ => usize::MAX,
        };
        for (i, b) in b.axis_chunks_iter(Axis(0), kc).enumerate() {
            let (depth, first) = (b.nrows(), self.first + i * kc * self.k_stride);
            let as_it_is = &self.values[first..];
            let (a, layout, a_stride) = match self.k_stride {
                _ if self.is_packed(k) => {
                    let strips = self.pack(first, depth, groups, strips);
                    (strips, LhsLayout::Packed, depth)
                }
                1 => (as_it_is, LhsLayout::RowMajor, self.row_stride),
                k_stride => (as_it_is, LhsLayout::ColumnMajor { k_stride }, 1),
            };
            groups.list(a_stride, n, rows);
            for (j, b) in b.axis_chunks_iter(Axis(1), nc).enumerate() {
                let init = match i {
                    0 => init.skip_columns(j * nc),
                    _ => Init::Accumulate,
                };
                let columns = b.ncols();
                let b = match &mut packed {
                    None => PackedB::pack_stacked(std::iter::once(b), depth, columns, panels),
                    Some(values) => {
                        let elements = PackedB::<F>::elements(depth, columns);
                        let (block, rest) = values.split_at(elements);
                        *values = rest;
                        PackedB::packed(block, depth, columns)
                    }
                };
                let k_range = KRange {
                    a: 0,
                    b: 0,
                    len: depth,
                };
                for row_block in groups.row_blocks(rows_at_a_time) {
                    GatherGemm {
                        init,
                        a,
                        layout,
                        b: &b,
                        row_blocks: &[row_block],
                        rows,
                        k_steps: &[KStep { a: 0, b: 0 }],
                        k_ranges: &[k_range],
                        row_batch: RowBatch::ONE,
                        k_batch: KBatch::ONE,
                        relu: false,
                    }
                    .run(&mut c[j * nc..]);
                }
            }
        }
    }

    /// Some terms of the rows, packed: group after group, each `[depth, height]` row-major.
    fn pack(self, first: usize, depth: usize, groups: Groups, strips: &mut Vec<F>) -> &[F] {
        let strips = aligned(strips, groups.rows() * depth);
        let mut rest = &mut *strips;
        for (row, height) in groups.all() {
            let (strip, after) = rest.split_at_mut(height * depth);
            rest = after;
            let shape = (depth, height).strides((self.k_stride, self.row_stride));
            let a = &self.values[first + row * self.row_stride..];
            let a = ArrayView2::from_shape(shape, a).expect("rows of A");
            copy_rows(a, strip, height);
        }
        strips
    }
}

/// Rows in groups: some of one height, then some of another.
#[derive(Clone, Copy)]
struct Groups {
    counts: [usize; 2],
    heights: [usize; 2],
}

impl Groups {
    /// Groups of `height` rows, and one of those left.
    fn equal(rows: usize, height: usize) -> Self {
        let left = rows % height;
        Self {
            counts: [rows / height, usize::from(left > 0)],
            heights: [height, left],
        }
    }

    /// Groups of at most `height` rows: some of one row more, then the others.
    fn nearly_equal(rows: usize, height: usize) -> Self {
        let groups = rows.div_ceil(height);
        let (height, taller) = (rows / groups, rows % groups);
        Self {
            counts: [taller, groups - taller],
            heights: [height + 1, height],
        }
    }

    fn rows(self) -> usize {
        self.counts[0] * self.heights[0] + self.counts[1] * self.heights[1]
    }

    /// The first row and the height of each group.
    fn all(self) -> impl Iterator<Item = (usize, usize)> {
        let second = self.counts[0] * self.heights[0];
        [0, second]
            .into_iter()
            .zip(self.counts)
            .zip(self.heights)
            .flat_map(|((first, count), height)| {
                (0..count).map(move |i| (first + i * height, height))
            })
    }

    /// Lists the rows of a group, then the groups.
    fn list(self, a_stride: usize, n: usize, rows: &mut Vec<Row>) {
        let row = |i: usize| Row {
            a: i * a_stride,
            c: i * n,
        };
        rows.clear();
        rows.extend((0..self.listed()).map(row));
        rows.extend(self.all().map(|(first, _)| row(first)));
    }

    /// The number of rows that are listed for a group.
    fn listed(self) -> usize {
        self.heights[0].max(self.heights[1])
    }

    /// The groups as parts of C, each of about `rows` rows.
    fn row_blocks(self, rows: usize) -> impl Iterator<Item = RowBlock> {
        let ends = [self.counts[0], self.counts[0] + self.counts[1]];
        let starts = [0, ends[0]];
        let kinds = starts.into_iter().zip(ends).zip(self.heights);
        kinds.flat_map(move |((start, end), height)| {
            let count = (rows / height.max(1)).max(1);
            (start..end).step_by(count).map(move |i| RowBlock {
                outer: self.listed() + i..self.listed() + end.min(i.saturating_add(count)),
                inner: 0..height,
                k_steps: 0..1,
                k_ranges: 0..1,
            })
        })
    }
}
