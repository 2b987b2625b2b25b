//! The sums of a matrix's columns.

use std::ops::Range;

use crate::simd::arch;

use super::narrow::narrow_sums;
use super::terms::sum;
use super::{NARROW, RUN, STRIP};
use crate::{Scalar, instantiate};

/// Adds Σᵢ term(xᵢⱼ, yᵢⱼ, pⱼ) over some rows to totalⱼ, for every column j; the rows i of x and y are
/// `row(i)`.
#[inline(always)]
pub(super) fn add_columns<'a, F: Scalar>(
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
pub(super) fn itself<F>(x: F, _: F, _: F) -> F {
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

#[inline(always)]
fn deviation_product<F: Scalar>(x: F, y: F, mean: F) -> F {
    x * (y - mean)
}

/// Row i of a matrix of rows of `width` elements.
#[inline(always)]
fn row_of<F>(x: &[F], width: usize, i: usize) -> &[F] {
    &x[i * width..][..width]
}

instantiate! {
    /// sumsⱼ ← Σᵢ xᵢⱼ over the rows of x `[m, n]`, row-major, n = `sums.len()`: the gradient
    /// of a bias.
    pub fn column_sums<F: Scalar>(x: &[F], sums: &mut [F]) {
        let n = sums.len();
        if n <= 1 {
            sums.iter_mut().for_each(|total| *total = F::cast(sum(x)));
            return;
        }
        if n <= NARROW {
            return narrow_sums(x, sums);
        }
        let mut on_stack = [0.0; STRIP];
        for (strip, sums) in sums.chunks_mut(STRIP).enumerate() {
            let totals = &mut on_stack[..sums.len()];
            totals.fill(0.0);
            add_strip(x, n, strip * STRIP, totals);
            for (sum, total) in sums.iter_mut().zip(totals) {
                *sum = F::cast(*total);
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

    /// Σᵢ xᵢⱼ and Σᵢ xᵢⱼ (yᵢⱼ − meanⱼ) over the rows of x and y `[m, n]`, row-major, are added to `sums` and
    /// `products`, each `[n]`.
    ///
    /// # Panics
    /// Where y is shorter than x, or there are not as many means, sums and products.
    pub fn add_column_sums_and_deviation_products<F: Scalar>(
        x: &[F],
        y: &[F],
        means: &[F],
        sums: &mut [f64],
        products: &mut [f64],
    ) {
        let n = means.len();
        assert_eq!([n; 2], [sums.len(), products.len()], "as many sums and products as means");
        arch().dispatch(
            #[inline(always)]
            || {
                let row = |i: usize| [row_of(x, n, i), row_of(y, n, i)];
                let rows = x.len() / n.max(1);
                for first in (0..rows).step_by(RUN) {
                    // both while the rows are in first-level cache
                    let run = first..rows.min(first + RUN);
                    add_columns(itself, run.clone(), row, means, sums);
                    add_columns(deviation_product, run, row, means, products);
                }
            },
        );
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
