//! Products whose left factor is gathered: its rows overlap, or stand in pieces.
//!
//! A convolution is a matrix product whose left factor is never written down: row i (an output
//! pixel) is a few ranges of elements that stand in the image already. [`GatherGemm`] computes
//!
//! ```text
//! C[i, :] ← init + Σ over the ranges, Σ over k:  A(i, range, k) · B[range.b + k, :]
//! ```
//!
//! for an A whose elements are found by two strides within each [`KRange`], and a B packed into
//! panels of a few vector registers' width ([`PackedB`]). Each element of C is summed in the order
//! of the ranges and of k, whatever the tile it is in.

use std::ops::Range;

use pulp::Arch;

use super::{Init, PackedB, micro_kernel};
use crate::Scalar;

/// A range of the inner index k: A's first element at offset `a`, B's first row `b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KRange {
    /// Offset into A, from the start of the block of rows.
    pub a: usize,
    /// Row of B.
    pub b: usize,
    /// Number of terms.
    pub len: usize,
}

/// Rows of C that share their ranges: row i starts at `a + i·row_stride` in A and at
/// `c + i·c_row_stride` in C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowBlock {
    /// Offset into A of row 0.
    pub a: usize,
    /// Offset into C of row 0.
    pub c: usize,
    /// Which of the product's ranges.
    pub k_ranges: Range<usize>,
}

/// Where A's elements stand within a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LhsLayout {
    /// Element (i, k) at `a + i·row_stride + k`.
    RowMajor {
        /// From one row to the next.
        row_stride: usize,
    },
    /// Element (i, k) at `a + i + k·k_stride`, as in a product with Aᵀ.
    ColumnMajor {
        /// From one term to the next.
        k_stride: usize,
    },
}

/// The sum over a batch, as for the gradient of a kernel: the same ranges for each sample, whose
/// data stand `a` and `b` further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchStride {
    /// Number of samples.
    pub count: usize,
    /// From one sample to the next in A.
    pub a: usize,
    /// From one sample to the next in B, in rows.
    pub b: usize,
}

impl BatchStride {
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
    /// The number of rows of each block.
    pub rows: usize,
    /// The terms of the sums.
    pub k_ranges: &'a [KRange],
    /// The samples that are summed over.
    pub batch: BatchStride,
    /// From one row of C to the next.
    pub c_row_stride: usize,
    /// Whether negative sums become 0: a ReLU that costs no pass of its own.
    pub relu: bool,
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
        Arch::new().dispatch(micro_kernel::Tiles { product, c });
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
