//! Sums of few terms, as one list.

use pulp::Simd;

use super::{GatherGemm, RowBlock};
use crate::Scalar;

/// The terms of a block that has so few that loops over their ranges would take longer than they do: those of a first
/// convolution. No more than this many.
const MAX_FEW_TERMS: usize = 32;

/// Their offsets into A; their rows of B follow each other.
#[derive(Clone, Copy)]
pub(super) struct FewTerms {
    a: [usize; MAX_FEW_TERMS],
    /// The first row of B.
    b: usize,
    /// How many there are; none where this is not the way.
    pub(super) count: usize,
}

impl FewTerms {
    /// The highest tile that is summed so: the compiler reads all rows' elements of a term before it uses them, and
    /// of more rows than this they would drive the sums out of the registers.
    pub(super) const MAX_ROWS: usize = 6;

    pub(super) const NONE: Self = Self {
        a: [0; MAX_FEW_TERMS],
        b: 0,
        count: 0,
    };

    pub(super) fn of<F>(product: &GatherGemm<'_, F>, block: &RowBlock) -> Self {
        let mut terms = Self::NONE;
        let (steps, ranges) = product.terms(block);
        if product.k_batch.count != 1 {
            return Self::NONE;
        }
        for (step, range) in steps
            .iter()
            .flat_map(|s| ranges.iter().map(move |r| (s, r)))
        {
            let b = step.b + range.b;
            if terms.count == 0 {
                terms.b = b;
            }
            if b != terms.b + terms.count || terms.count + range.len > MAX_FEW_TERMS {
                return Self::NONE;
            }
            for k in 0..range.len {
                terms.a[terms.count] = step.a + range.a + k;
                terms.count += 1;
            }
        }
        terms
    }

    /// The sums and the products of all terms.
    #[inline(always)]
    pub(super) fn sum<F: Scalar, S: Simd, const V: usize, const M: usize>(
        &self,
        simd: S,
        rows: [&[F]; M],
        b: &[[F::Vector<S>; V]],
        mut sums: [[F::Vector<S>; V]; M],
    ) -> [[F::Vector<S>; V]; M] {
        let b = &b[self.b..][..self.count];
        for (b, &k) in b.iter().zip(&self.a) {
            for i in 0..M {
                let a = F::splat(simd, rows[i][k]);
                for j in 0..V {
                    sums[i][j] = F::multiply_add(simd, a, b[j], sums[i][j]);
                }
            }
        }
        sums
    }
}
