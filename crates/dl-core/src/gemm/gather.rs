//! Products whose left factor is gathered: its rows overlap, or are in pieces.
//!
//! A convolution is a matrix product whose left factor is never written down: row i (an output
//! pixel) is a few ranges of elements that are in the image already. [`GatherGemm`] computes
//!
//! ```text
//! C[row.c + j] ← init + Σ over steps, Σ over ranges, Σ over k:
//!                A[row.a + step.a + range.a + k] · B[step.b + range.b + k, j]
//! ```
//!
//! for a B packed into panels of a few vector registers' width ([`PackedB`]). Rows and terms are each
//! given by two nested lists, since an image has two axes: a row's offsets are those of its outer and of
//! its inner row together, and so are a term's. A third axis, the samples of a batch, is a stride. Each
//! element of C is summed in the order of samples, steps, ranges and k, whatever the tile it is in.

use std::ops::Range;

use super::{Init, PackedB, micro_kernel};
use crate::Scalar;
use crate::simd::arch;

/// Where rows start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Row {
    /// Offset into A.
    pub a: usize,
    /// Offset into C.
    pub c: usize,
}

/// Where ranges of terms start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KStep {
    /// Offset into A.
    pub a: usize,
    /// Row of B.
    pub b: usize,
}

/// A range of terms: at most [`KC`](super::KC) of them, for the sake of rounding, since a sum is cut into blocks between
/// ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KRange {
    /// Offset into A.
    pub a: usize,
    /// Row of B.
    pub b: usize,
    /// Number of terms.
    pub len: usize,
}

/// Rows of C that are sums over the same steps and ranges: each outer row with each inner one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowBlock {
    /// Which of the product's rows are the outer ones.
    pub outer: Range<usize>,
    /// Which of them are the inner ones.
    pub inner: Range<usize>,
    /// Which of the product's steps.
    pub k_steps: Range<usize>,
    /// Which of the product's ranges.
    pub k_ranges: Range<usize>,
}

/// Where a row's elements of A stand within a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LhsLayout {
    /// Side by side: term k at `k`.
    RowMajor,
    /// Term k at `k·k_stride`, as in a product with Aᵀ. The inner rows' elements are contiguous: their
    /// offsets into A rise by one.
    ColumnMajor {
        /// From one term to the next.
        k_stride: usize,
    },
    /// In strips as high as a tile, each `[k, height]` row-major; a block's inner rows are those of a strip, its
    /// outer ones are the strips, and its terms are one range.
    Packed,
}

/// The same rows for each sample of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowBatch {
    /// Number of samples.
    pub count: usize,
    /// From one sample to the next in A.
    pub a: usize,
    /// From one sample to the next in C.
    pub c: usize,
}

/// The sum over a batch, as for the gradient of a kernel: the same terms for each sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KBatch {
    /// Number of samples.
    pub count: usize,
    /// From one sample to the next in A.
    pub a: usize,
    /// From one sample to the next in B, in rows.
    pub b: usize,
}

impl RowBatch {
    /// One sample.
    pub const ONE: Self = Self {
        count: 1,
        a: 0,
        c: 0,
    };
}

impl KBatch {
    /// One sample.
    pub const ONE: Self = Self {
        count: 1,
        a: 0,
        b: 0,
    };
}

/// A product to be computed; see the [module](super).
#[derive(Debug, Clone, Copy)]
pub struct GatherGemm<'a, F> {
    /// What the sums start from.
    pub init: Init<'a, F>,
    /// A.
    pub a: &'a [F],
    /// How A is laid out.
    pub layout: LhsLayout,
    /// B.
    pub b: &'a PackedB<'a, F>,
    /// The parts of C.
    pub row_blocks: &'a [RowBlock],
    /// Outer and inner rows.
    pub rows: &'a [Row],
    /// Where the terms' ranges start.
    pub k_steps: &'a [KStep],
    /// The terms of the sums.
    pub k_ranges: &'a [KRange],
    /// The samples that have rows of their own.
    pub row_batch: RowBatch,
    /// The samples that are summed over.
    pub k_batch: KBatch,
    /// Whether negative sums become 0: a ReLU that costs no pass of its own.
    pub relu: bool,
}

impl<'a, F> GatherGemm<'a, F> {
    /// The steps and ranges of a block's terms.
    #[inline(always)]
    pub(super) fn terms(&self, block: &RowBlock) -> (&'a [KStep], &'a [KRange]) {
        (
            &self.k_steps[block.k_steps.clone()],
            &self.k_ranges[block.k_ranges.clone()],
        )
    }
}

impl<F: Scalar> GatherGemm<'_, F> {
    /// Writes C.
    ///
    /// # Panics
    /// Where a block or range leads outside A, B or C.
    pub fn run(&self, c: &mut [F]) {
        run(self, c);
    }
}

crate::instantiate! {
    fn run<F: Scalar>(product: &GatherGemm<'_, F>, c: &mut [F]) {
        arch().dispatch(micro_kernel::Tiles { product, c });
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
