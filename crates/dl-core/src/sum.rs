//! Sums that keep their digits, however many terms they have.
//!
//! A running sum in the type of its terms loses about as many digits as the number of terms has,
//! because it outgrows what is added to it (Higham 2002, *Accuracy and Stability of Numerical
//! Algorithms*, section 4.2). Here at most sixteen terms are added in their own type; from there on sums
//! are `f64`. So a sum of `f32` is right to its last digits.
//!
//! The order depends on the number of terms alone. Several sums run side by side, so that it costs no
//! more than a running sum.

use std::ops::Range;

use crate::simd::arch;

use crate::{Scalar, instantiate};

/// Terms that are summed before their sum is added to those of the terms before them.
const BLOCK: usize = 4096;

/// Sums that run side by side: as many as the widest vectors need to stay busy.
const LANES: usize = 16;

/// Rows whose terms are added in their own type.
const RUN: usize = 16;

/// Rows as short as this have sums that stay in registers.
const NARROW: usize = 16;

/// Columns whose sums stand on the stack.
const STRIP: usize = 256;

instantiate! {
    /// Σ xᵢ.
    ///
    /// ```
    /// let x = vec![0.1_f32; 1 << 20];
    /// let running: f32 = x.iter().sum();
    /// let exact = f64::from(0.1_f32) * f64::from(1 << 20);
    /// assert!((f64::from(running) / exact - 1.0).abs() > 1e-3);
    /// assert!((dl_core::sum::sum(&x) / exact - 1.0).abs() < 1e-15);
    /// ```
    pub fn sum<F: Scalar>(x: &[F]) -> f64 {
        arch().dispatch(
            #[inline(always)]
            || sum_of(x, F::as_f64),
        )
    }
}

/// Σ f(xᵢ).
#[inline(always)]
pub fn sum_of<F: Scalar>(x: &[F], f: impl Fn(F) -> f64) -> f64 {
    sum_of_pairs(
        x,
        x,
        #[inline(always)]
        |x, _| f(x),
    )
}

/// Σ f(xᵢ, yᵢ), over as many pairs as there are.
#[inline(always)]
pub fn sum_of_pairs<F: Scalar>(x: &[F], y: &[F], f: impl Fn(F, F) -> f64) -> f64 {
    let mut total = 0.0;
    if x.len() < LANES {
        for (&x, &y) in x.iter().zip(y) {
            total += f(x, y);
        }
        return total;
    }
    for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        let (x, x_rest) = x.as_chunks::<LANES>();
        let (y, y_rest) = y.as_chunks::<LANES>();
        if !x.is_empty() {
            let mut sums = [0.0; LANES];
            for (x, y) in x.iter().zip(y) {
                for i in 0..LANES {
                    sums[i] += f(x[i], y[i]);
                }
            }
            total += sums.iter().sum::<f64>();
        }
        let rest = x_rest.iter().zip(y_rest);
        total += rest.map(|(&x, &y)| f(x, y)).sum::<f64>();
    }
    total
}

/// Σ of the terms, rounded once.
#[inline]
pub fn sum_terms<F: Scalar>(terms: impl IntoIterator<Item = F>) -> F {
    let mut terms = terms.into_iter();
    let mut total = 0.0;
    loop {
        let mut block = 0.0;
        let mut count = 0;
        for term in terms.by_ref().take(BLOCK) {
            block += term.as_f64();
            count += 1;
        }
        total += block;
        if count < BLOCK {
            return F::of(total);
        }
    }
}

/// Adds Σᵢ term(xᵢⱼ, yᵢⱼ, pⱼ) over some rows to totalⱼ, for every column j; the rows i of x and y are
/// `row(i)`.
#[inline(always)]
fn add_columns<'a, F: Scalar>(
    term: impl Fn(F, F, F) -> F + Copy,
    rows: Range<usize>,
    row: impl Fn(usize) -> [&'a [F]; 2],
    p: &[F],
    totals: &mut [f64],
) {
    let mut sums = [F::zero(); STRIP];
    for (strip, p) in p.chunks(STRIP).enumerate() {
        let columns = strip * STRIP..strip * STRIP + p.len();
        let row = |i: usize| row(i).map(|row| &row[columns.clone()]);
        let (sums, totals) = (&mut sums[..p.len()], &mut totals[columns.clone()]);
        for first in rows.clone().step_by(RUN) {
            sums.fill(F::zero());
            add_run(term, first..rows.end.min(first + RUN), row, p, sums);
            let totals = totals.iter_mut().zip(&*sums);
            totals.for_each(|(total, sum)| *total += sum.as_f64());
        }
    }
}

/// The same for a few rows, in their own type.
#[inline(always)]
fn add_run<'a, F: Scalar>(
    term: impl Fn(F, F, F) -> F,
    rows: Range<usize>,
    row: impl Fn(usize) -> [&'a [F]; 2],
    p: &[F],
    sums: &mut [F],
) {
    let columns = p.len();
    // equal lengths, known to the compiler, leave no bounds check in the loops
    let sums = &mut sums[..columns];
    let row = |i: usize| row(i).map(|row| &row[..columns]);
    let mut i = rows.start;
    // by fours, so that even equal terms are rounded seldom
    while i + 4 <= rows.end {
        let ([x0, y0], [x1, y1]) = (row(i), row(i + 1));
        let ([x2, y2], [x3, y3]) = (row(i + 2), row(i + 3));
        for c in 0..columns {
            let (t0, t1) = (term(x0[c], y0[c], p[c]), term(x1[c], y1[c], p[c]));
            let (t2, t3) = (term(x2[c], y2[c], p[c]), term(x3[c], y3[c], p[c]));
            sums[c] += (t0 + t1) + (t2 + t3);
        }
        i += 4;
    }
    for i in i..rows.end {
        let [x, y] = row(i);
        for c in 0..columns {
            sums[c] += term(x[c], y[c], p[c]);
        }
    }
}

#[inline(always)]
fn itself<F>(x: F, _: F, _: F) -> F {
    x
}

#[inline(always)]
fn squared_deviation<F: Scalar>(x: F, _: F, mean: F) -> F {
    (x - mean) * (x - mean)
}

#[inline(always)]
fn product<F: Scalar>(x: F, y: F, _: F) -> F {
    x * y
}

/// Row i of a matrix of rows of `width` numbers.
#[inline(always)]
fn row_of<F>(x: &[F], width: usize, i: usize) -> &[F] {
    &x[i * width..][..width]
}

instantiate! {
    /// sumsⱼ ← sumsⱼ + Σᵢ xᵢⱼ over the rows of x `[m, n]`, row-major, n = `sums.len()`: the gradient
    /// of a bias.
    pub fn add_column_sums<F: Scalar>(x: &[F], sums: &mut [F]) {
        let n = sums.len();
        if n <= 1 {
            sums.iter_mut().for_each(|total| *total = F::of(total.as_f64() + sum(x)));
            return;
        }
        if n <= NARROW {
            return add_narrow(x, sums);
        }
        let mut on_stack = [0.0; STRIP];
        for (strip, sums) in sums.chunks_mut(STRIP).enumerate() {
            let totals = &mut on_stack[..sums.len()];
            totals.fill(0.0);
            add_strip(x, n, strip * STRIP, totals);
            for (sum, total) in sums.iter_mut().zip(totals) {
                *sum = F::of(sum.as_f64() + *total);
            }
        }
    }

    /// Σᵢ xᵢⱼ over the rows of x `[m, n]`, row-major, is added to `totals` `[n]`.
    pub fn add_column_totals<F: Scalar>(x: &[F], totals: &mut [f64]) {
        add_strip(x, totals.len(), 0, totals);
    }

    /// Σᵢ (xᵢⱼ − meanⱼ)² over the rows of x `[m, n]`, row-major, is added to `totals` `[n]`.
    ///
    /// # Panics
    /// Where there are not as many means as totals.
    pub fn add_column_squared_deviations<F: Scalar>(x: &[F], means: &[F], totals: &mut [f64]) {
        let n = means.len();
        assert_eq!(n, totals.len(), "as many means as totals");
        arch().dispatch(
            #[inline(always)]
            || {
                let row = |i: usize| [row_of(x, n, i); 2];
                add_columns(squared_deviation, 0..x.len() / n.max(1), row, means, totals);
            },
        );
    }

    /// Σᵢ xᵢⱼ and Σᵢ xᵢⱼ yᵢⱼ over the rows of x and y `[m, n]`, row-major, are added to `sums` and
    /// `products`, each `[n]`.
    ///
    /// # Panics
    /// Where y is shorter than x, or there are not as many sums as products.
    pub fn add_column_sums_and_products<F: Scalar>(
        x: &[F],
        y: &[F],
        sums: &mut [f64],
        products: &mut [f64],
    ) {
        let n = sums.len();
        assert_eq!(n, products.len(), "as many sums as products");
        arch().dispatch(
            #[inline(always)]
            || {
                let row = |i: usize| [row_of(x, n, i), row_of(y, n, i)];
                // nothing belongs to the columns
                let p = &x[..n.min(x.len())];
                let rows = x.len() / n.max(1);
                for first in (0..rows).step_by(RUN) {
                    // both while the rows are in first-level cache
                    let run = first..rows.min(first + RUN);
                    add_columns(itself, run.clone(), row, p, sums);
                    add_columns(product, run, row, p, products);
                }
            },
        );
    }

    /// totalⱼ ← Σᵢ xᵢⱼ of `rows` rows xᵢ = `row(i)`, which need not stand side by side.
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
                *total = F::of(*sum);
            }
        }
    }
}

/// [`add_column_sums`] of rows so short that their sums stay in registers.
fn add_narrow<F: Scalar>(x: &[F], sums: &mut [F]) {
    macro_rules! of_width {
        ($($n:literal)*) => {
            match sums.len() {
                $($n => add_narrow_rows::<F, $n>(x, sums),)*
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
fn add_narrow_rows<F: Scalar, const N: usize>(x: &[F], sums: &mut [F]) {
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
        sums[c] = F::of(sums[c].as_f64() + totals[c]);
    }
}

/// Adds the sums of some columns of x, from `first` on.
fn add_strip<F: Scalar>(x: &[F], width: usize, first: usize, totals: &mut [f64]) {
    if x.is_empty() {
        return;
    }
    let columns = totals.len();
    arch().dispatch(
        #[inline(always)]
        || {
            let row = |i: usize| [&row_of(x, width, i)[first..][..columns]; 2];
            // nothing belongs to the columns
            let p = &x[..columns];
            add_columns(itself, 0..x.len() / width, row, p, totals);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;
    use proptest::prelude::*;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut generator = generator(seed);
        (0..count)
            .map(|_| f32::uniform(&mut generator) - 0.25)
            .collect()
    }

    proptest! {
        #[test]
        fn every_length_is_summed(count in 0..10_000_usize, seed: u64) {
            // small whole numbers, so that sums are exact in any order
            let x: Vec<f32> = numbers(count, seed).iter().map(|x| (x * 100.0).round()).collect();
            let exact: f64 = x.iter().map(|&x| f64::from(x)).sum();
            prop_assert_eq!(sum(&x), exact);
            prop_assert_eq!(sum_terms(x.iter().copied()), exact as f32);
            let squares: f64 = x.iter().map(|&x| f64::from(x * x)).sum();
            prop_assert_eq!(sum_of_pairs(&x, &x, |x, y| f64::from(x) * f64::from(y)), squares);
            for columns in [1, 2, 3, 10, 16, 17, 64, 65, 130] {
                let mut sums = vec![1.0; columns];
                add_column_sums(&x[..count - count % columns], &mut sums);
                for (j, &found) in sums.iter().enumerate() {
                    let rows = x.chunks_exact(columns);
                    let exact: f64 = rows.map(|row| f64::from(row[j])).sum();
                    prop_assert_eq!(f64::from(found), 1.0 + exact);
                }
            }
        }
    }

    #[test]
    fn a_million_terms_lose_no_digit() {
        let x = numbers(1 << 20, 1);
        let exact: f64 = {
            // by pairs, so that this sum is no running one either
            let mut x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
            while x.len() > 1 {
                x = x.chunks(2).map(|pair| pair.iter().sum()).collect();
            }
            x[0]
        };
        assert!((sum(&x) / exact - 1.0).abs() <= 1e-14);
        assert!((sum_terms(x.iter().copied()) - exact as f32).abs() <= f32::EPSILON * exact as f32);
        let mut sums = [0.0_f32; 4];
        add_column_sums(&x, &mut sums);
        for (j, found) in sums.into_iter().enumerate() {
            let exact = sum_terms(x.chunks_exact(4).map(|row| f64::from(row[j])));
            assert!((f64::from(found) / exact - 1.0).abs() <= 2e-7, "column {j}");
        }
    }

    #[test]
    fn sums_of_double_precision_are_blocked() {
        let x = vec![0.1_f64; 1 << 20];
        let exact = 0.1 * (1 << 20) as f64;
        assert!((sum(&x) / exact - 1.0).abs() <= 1e-14);
        assert!((sum_terms(x.iter().copied()) / exact - 1.0).abs() <= 1e-12);
        let mut sums = [0.0, 0.0];
        add_column_sums(&x, &mut sums);
        assert!((sums[0] / (exact / 2.0) - 1.0).abs() <= 1e-12);
    }
}
