//! The sum of rows that stand anywhere in memory.

use crate::simd::arch;

use super::columns::{add_columns, itself};
use super::{RUN, STRIP};
use crate::instantiate;

instantiate! {
    /// totalⱼ ← Σᵢ xᵢⱼ of `rows` rows xᵢ = `row(i)`, which need not be contiguous.
    ///
    /// # Panics
    /// Where a row is shorter than `total`.
    pub fn sum_rows<'a, F: Scalar>(
        rows: usize,
        row: &(dyn Fn(usize) -> &'a [F] + Sync),
        total: &mut [F],
    ) {
        if rows == 0 {
            return total.fill(F::zero());
        }
        let mut on_stack = [0.0; STRIP];
        for (strip, total) in total.chunks_mut(STRIP).enumerate() {
            let sums = &mut on_stack[..total.len()];
            sums.fill(0.0);
            let part = |i: usize| &row(i)[strip * STRIP..][..total.len()];
            arch().dispatch(
                #[inline(always)]
                || {
                    let p = part(0);
                    for first in (0..rows).step_by(RUN) {
                        let mut run = [p; RUN];
                        let count = RUN.min(rows - first);
                        for (k, row) in run[..count].iter_mut().enumerate() {
                            *row = part(first + k);
                        }
                        let row = |i: usize| [run[i]; 2];
                        add_columns(itself, 0..count, row, p, sums);
                    }
                },
            );
            for (total, sum) in total.iter_mut().zip(sums) {
                *total = F::cast(*sum);
            }
        }
    }
}
