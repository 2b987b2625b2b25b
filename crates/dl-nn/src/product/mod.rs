//! Register-blocked products for layers whose factors overlap or are gathered.
//!
//! A convolution is a matrix product whose left factor is never written down: row i (an output
//! pixel) is a few runs of numbers that stand in the image already. [`Product`] computes
//!
//! ```text
//! C[i, :] ← start + Σ over the segments, Σ over k:  A(i, segment, k) · B[segment.b + k, :]
//! ```
//!
//! for an A whose elements are found by two strides within each [`Segment`], and a B packed into
//! [`Panels`] of a few vector registers' width. A tile of C stays in registers through the whole
//! sum; every multiply-add reads one number of A (broadcast) and one vector of B. Everything is
//! safe code on [`dl_math::simd`]; `docs/performance.md` has the numbers.
//!
//! Each element of C is summed in the order of the segments and of k, whatever the tile it is in.

mod panels;
mod tile;

use std::ops::Range;

use dl_math::Scalar;
use pulp::Arch;

pub use panels::Panels;

/// A run of terms: A's first at offset `a`, B's first at row `b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Offset into A, from the start of the run of rows.
    pub a: usize,
    /// Row of B.
    pub b: usize,
    /// Number of terms.
    pub length: usize,
}

/// Rows of C that share their segments: row i starts at `a + i·rows` in A and at `c + i·c_rows`
/// in C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Offset into A of row 0.
    pub a: usize,
    /// Offset into C of row 0.
    pub c: usize,
    /// Which of the product's segments.
    pub segments: Range<usize>,
}

/// What C holds before the products are added.
#[derive(Debug, Clone, Copy)]
pub enum From<'a, F> {
    /// Zeros: C is not read.
    Zero,
    /// The same row in every row of C (a bias), which is not read.
    Row(&'a [F]),
    /// What it holds.
    Given,
}

/// Where A's elements stand within a segment: element (i, k) at `a + i·row + k·term`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Terms side by side, rows apart: `term` = 1.
    Rows {
        /// From one row to the next.
        row: usize,
    },
    /// Rows side by side, terms apart: `row` = 1, as in a product with Aᵀ.
    Columns {
        /// From one term to the next.
        term: usize,
    },
}

/// The sums over a batch, as for the gradient of a kernel: the segments again and again, each
/// time so much further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// How often.
    pub count: usize,
    /// From one time to the next in A.
    pub a: usize,
    /// From one time to the next in B, in rows.
    pub b: usize,
}

impl Repeat {
    /// Once.
    pub const ONCE: Self = Self {
        count: 1,
        a: 0,
        b: 0,
    };
}

/// A product to be computed; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Product<'a, F> {
    /// What the sums start from.
    pub from: From<'a, F>,
    /// A.
    pub a: &'a [F],
    /// How A is laid out.
    pub layout: Layout,
    /// B.
    pub b: &'a Panels<'a, F>,
    /// The parts of C.
    pub runs: &'a [Run],
    /// How many rows each run has.
    pub rows: usize,
    /// The terms of the sums.
    pub segments: &'a [Segment],
    /// How often the segments come again.
    pub repeat: Repeat,
    /// From one row of C to the next.
    pub c_row: usize,
    /// Whether negative sums become 0: a ReLU that costs no pass of its own.
    pub rectify: bool,
}

impl<F: Scalar> Product<'_, F> {
    /// Writes C.
    ///
    /// # Panics
    /// Where a run or segment leads outside A, B or C.
    pub fn write(&self, c: &mut [F]) {
        Arch::new().dispatch(tile::Tiles { product: self, c });
    }
}

#[cfg(test)]
mod tests;
