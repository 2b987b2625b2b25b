//! The sums of the columns of short rows.

use crate::simd::arch;

use super::{NARROW, RUN};
use crate::Scalar;

/// [`column_sums`](super::column_sums) of rows so short that their sums stay in registers.
pub(super) fn narrow_sums<F: Scalar>(x: &[F], sums: &mut [F]) {
    macro_rules! of_width {
        ($($n:literal)*) => {
            match sums.len() {
                $($n => sum_rows_of::<F, $n>(x, sums),)*
                n => unreachable!("{n} columns, more than {NARROW}"),
            }
        };
    }
    arch().dispatch(
        #[inline(always)]
        || of_width!(2 3 4 5 6 7 8 9 10 11 12 13 14 15 16),
    );
}

#[inline(always)]
fn sum_rows_of<F: Scalar, const N: usize>(x: &[F], sums: &mut [F]) {
    let mut totals = [0.0; N];
    for run in x.as_chunks::<N>().0.chunks(RUN) {
        let (fours, rest) = run.as_chunks::<4>();
        let mut sums = [F::zero(); N];
        for [x0, x1, x2, x3] in fours {
            for c in 0..N {
                sums[c] += (x0[c] + x1[c]) + (x2[c] + x3[c]);
            }
        }
        for x in rest {
            for c in 0..N {
                sums[c] += x[c];
            }
        }
        for c in 0..N {
            totals[c] += sums[c].as_f64();
        }
    }
    for c in 0..N {
        sums[c] = F::cast(totals[c]);
    }
}
