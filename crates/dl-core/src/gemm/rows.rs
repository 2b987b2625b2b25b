//! The rows of a block, one after the other.

use super::{GatherGemm, Row, RowBatch, RowBlock};

/// Where one is among a block's rows: inner rows change fastest, samples slowest.
pub(super) struct Cursor<'a> {
    outer: &'a [Row],
    inner: &'a [Row],
    batch: RowBatch,
    sample: usize,
    i: usize,
    j: usize,
    /// The offsets that the next inner row is added to.
    base: Row,
}

impl<'a> Cursor<'a> {
    /// At row `first` of the block.
    #[inline(always)]
    pub(super) fn new<F>(product: &GatherGemm<'a, F>, block: &RowBlock, first: usize) -> Self {
        let outer = &product.rows[block.outer.clone()];
        let inner = &product.rows[block.inner.clone()];
        let (i, j) = (first / inner.len(), first % inner.len());
        let mut cursor = Self {
            outer,
            inner,
            batch: product.row_batch,
            sample: i / outer.len(),
            i: i % outer.len(),
            j,
            base: Row { a: 0, c: 0 },
        };
        cursor.start_inner();
        cursor
    }

    #[inline(always)]
    fn start_inner(&mut self) {
        let outer = self.outer[self.i];
        self.base = Row {
            a: self.sample * self.batch.a + outer.a,
            c: self.sample * self.batch.c + outer.c,
        };
    }

    /// This row; the cursor moves on. (Behind the last one it is at the first again, a sample
    /// further.)
    #[inline(always)]
    pub(super) fn next(&mut self) -> Row {
        let inner = self.inner[self.j];
        let row = Row {
            a: self.base.a + inner.a,
            c: self.base.c + inner.c,
        };
        self.j += 1;
        if self.j == self.inner.len() {
            self.j = 0;
            self.i += 1;
            if self.i == self.outer.len() {
                self.i = 0;
                self.sample += 1;
            }
            self.start_inner();
        }
        row
    }
}
