//! The rows of a block, one after the other.

use super::{GatherGemm, Row, RowBatch, RowBlock};
use crate::simd::map_array;

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

    /// The next rows; the cursor moves on. (Behind the last row of a sample it is at the first of the next.)
    #[inline(always)]
    pub(super) fn next<const M: usize>(&mut self) -> [Row; M] {
        let base = self.base;
        // most tiles are within the inner rows
        if let Some(rows) = self.inner[self.j..].first_chunk::<M>()
            && M < self.inner.len() - self.j
        {
            self.j += M;
            return map_array(
                *rows,
                #[inline(always)]
                |inner| Row {
                    a: base.a + inner.a,
                    c: base.c + inner.c,
                },
            );
        }
        let mut rows = [Row::default(); M];
        for row in &mut rows {
            *row = self.next_row();
        }
        rows
    }

    fn next_row(&mut self) -> Row {
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
