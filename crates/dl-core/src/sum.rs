//! Sums that keep their digits, however many terms they have.
//!
//! A running sum in the type of its terms loses about as many digits as the number of terms has,
//! because it outgrows what is added to it (Higham 2002, *Accuracy and Stability of Numerical
//! Algorithms*, section 4.2). Here at most sixteen terms are added in their own type, as a tree; from
//! there on sums are `f64`, in blocks or of whole trees. So a sum of `f32` is right to its last digits.
//!
//! The order depends on the number of terms alone. Several sums run side by side, so that it costs no
//! more than a running sum.

use pulp::Arch;

use crate::{Scalar, instantiate};

/// Terms that are summed before their sum is added to those of the terms before them.
const BLOCK: usize = 4096;

/// Sums that run side by side: as many as the widest vectors need to stay busy.
const LANES: usize = 16;

/// Columns that are summed side by side: as many as stay in first-level cache with their sums.
const STRIP: usize = 256;

/// Rows shorter than this are summed several at a time.
const NARROW: usize = 64;

/// Rows whose terms are added in their own type.
const TREE: usize = 16;

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
        Arch::new().dispatch(
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
        total += x_rest
            .iter()
            .zip(y_rest)
            .map(|(&x, &y)| f(x, y))
            .sum::<f64>();
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

/// Σᵢ term(xᵢⱼ, yᵢⱼ, pⱼ) over the rows of two matrices, J sums at once, for each column j, which are
/// handed to `done` with the column's number.
///
/// `row(i)` are the rows i of x and y, `p` numbers that belong to the columns; all as long as there are
/// columns.
///
/// # Panics
/// Where a row is shorter than `p`.
#[inline(always)]
pub fn for_column_sums<'a, F: Scalar, const J: usize>(
    rows: usize,
    row: impl Fn(usize) -> [&'a [F]; 2],
    p: &[F],
    term: impl Fn(F, F, F) -> [F; J],
    mut done: impl FnMut(usize, [f64; J]),
) {
    for (strip, p) in p.chunks(STRIP).enumerate() {
        let (first, width) = (strip * STRIP, p.len());
        let mut sums = [[0.0; STRIP]; J];
        let trees = rows / TREE;
        for tree in 0..trees {
            let row = |k: usize| row(tree * TREE + k);
            // equal lengths, known to the compiler, leave no bounds check in the loop
            let xs: [&[F]; TREE] = std::array::from_fn(|k| &row(k)[0][first..][..width]);
            let ys: [&[F]; TREE] = std::array::from_fn(|k| &row(k)[1][first..][..width]);
            for (j, sums) in sums.iter_mut().enumerate() {
                let sums = &mut sums[..width];
                for c in 0..width {
                    let t = |k: usize| term(xs[k][c], ys[k][c], p[c])[j];
                    let four = |k: usize| (t(k) + t(k + 1)) + (t(k + 2) + t(k + 3));
                    let sum = (four(0) + four(4)) + (four(8) + four(12));
                    sums[c] += sum.as_f64();
                }
            }
        }
        for i in trees * TREE..rows {
            let [x, y] = row(i);
            let (x, y) = (&x[first..][..width], &y[first..][..width]);
            for (j, sums) in sums.iter_mut().enumerate() {
                let sums = &mut sums[..width];
                for c in 0..width {
                    sums[c] += term(x[c], y[c], p[c])[j].as_f64();
                }
            }
        }
        for c in 0..width {
            done(first + c, std::array::from_fn(|j| sums[j][c]));
        }
    }
}

instantiate! {
    /// sumsⱼ ← sumsⱼ + Σᵢ xᵢⱼ over the rows of x `[m, n]`, row-major, n = `sums.len()`: the gradient
    /// of a bias.
    pub fn add_column_sums<F: Scalar>(x: &[F], sums: &mut [F]) {
        let n = sums.len();
        if n == 0 {
            return;
        }
        if n == 1 {
            sums[0] = F::of(sums[0].as_f64() + sum(x));
            return;
        }
        Arch::new().dispatch(
            #[inline(always)]
            || {
                // several short rows as one long one: the widest vectors are then full
                let together = (NARROW / n).max(1);
                let (long, rest) = x.split_at(x.len() - x.len() % (n * together));
                if !long.is_empty() {
                    let width = n * together;
                    for_column_sums(
                        long.len() / width,
                        #[inline(always)]
                        |i| [&long[i * width..][..width]; 2],
                        // nothing belongs to the columns
                        &long[..width],
                        #[inline(always)]
                        |x, _, _| [x],
                        #[inline(always)]
                        |j, [sum]| sums[j % n] = F::of(sums[j % n].as_f64() + sum),
                    );
                }
                for row in rest.chunks_exact(n) {
                    sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
                }
            },
        );
    }
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
            for columns in [1, 2, 3, 10, 64, 65, 130] {
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
