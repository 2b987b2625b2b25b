//! The sum of rows as a balanced binary tree.

use crate::simd::arch;

use super::STRIP;
use crate::{Scalar, instantiate};

instantiate! {
    /// totalⱼ ← Σᵢ xᵢⱼ of `rows` rows xᵢ = `row(i)`, which need not be contiguous, as the
    /// balanced tree of [`tree_order`]: rows 0 and 1 are added, 2 and 3, then these sums, and so on.
    ///
    /// The sum of a number of rows that is a power of two is a node of every larger tree that begins with whole such
    /// parts: parts that are summed elsewhere, and then added as a tree, give the same bits.
    ///
    /// # Panics
    /// Where a row is shorter than `total`.
    pub fn tree_sum<'a, F: Scalar>(
        rows: usize,
        row: &(dyn Fn(usize) -> &'a [F] + Sync),
        total: &mut [F],
    ) {
        if rows == 0 {
            return total.fill(F::zero());
        }
        for (strip, total) in total.chunks_mut(STRIP).enumerate() {
            let columns = strip * STRIP..strip * STRIP + total.len();
            node(0, rows, &|i| &row(i)[columns.clone()], total);
        }
    }
}

/// How many of `terms` terms, at least 2, are on the left of the tree's root: the largest power of two below.
///
/// So every node adds two sums, of which the left one is complete: the order in which partial sums are added depends on
/// nothing but how many there are.
pub fn tree_order(terms: usize) -> usize {
    1 << (terms - 1).ilog2()
}

/// The sum of `count` rows from `first` on, at least one.
fn node<'a, F: Scalar>(
    first: usize,
    count: usize,
    row: &dyn Fn(usize) -> &'a [F],
    total: &mut [F],
) {
    let n = total.len();
    let row_of = |i: usize| &row(first + i)[..n];
    match count {
        1 => total.copy_from_slice(row_of(0)),
        2 => add(row_of(0), row_of(1), total),
        3 => {
            add(row_of(0), row_of(1), total);
            add_to(total, row_of(2));
        }
        4 => add_four([0, 1, 2, 3].map(row_of), total),
        _ => {
            let left = tree_order(count);
            let mut right = [F::zero(); STRIP];
            node(first, left, row, total);
            node(first + left, count - left, row, &mut right[..n]);
            add_to(total, &right[..n]);
        }
    }
}

fn add<F: Scalar>(a: &[F], b: &[F], sum: &mut [F]) {
    arch().dispatch(
        #[inline(always)]
        || {
            for ((sum, &a), &b) in sum.iter_mut().zip(a).zip(b) {
                *sum = a + b;
            }
        },
    );
}

fn add_to<F: Scalar>(sum: &mut [F], b: &[F]) {
    arch().dispatch(
        #[inline(always)]
        || {
            for (sum, &b) in sum.iter_mut().zip(b) {
                *sum += b;
            }
        },
    );
}

fn add_four<F: Scalar>([a, b, c, d]: [&[F]; 4], sum: &mut [F]) {
    arch().dispatch(
        #[inline(always)]
        || {
            let pairs = a.iter().zip(b).zip(c.iter().zip(d));
            for (sum, ((&a, &b), (&c, &d))) in sum.iter_mut().zip(pairs) {
                *sum = (a + b) + (c + d);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::generator;

    /// The tree as its definition has it.
    fn by_definition(terms: &[f32]) -> f32 {
        match terms {
            [] => 0.0,
            [term] => *term,
            terms => {
                let (left, right) = terms.split_at(tree_order(terms.len()));
                by_definition(left) + by_definition(right)
            }
        }
    }

    fn sums(rows: &[Vec<f32>]) -> Vec<f32> {
        let mut total = vec![f32::NAN; 300];
        tree_sum(rows.len(), &|i| &rows[i], &mut total);
        total
    }

    #[test]
    fn the_order_is_that_of_the_tree_and_parts_are_its_nodes() {
        let generator = &mut generator(1);
        let mut row = || (0..300).map(|_| f32::standard_normal(generator)).collect();
        let rows: Vec<Vec<f32>> = (0..41).map(|_| row()).collect();
        for count in 0..=rows.len() {
            let total = sums(&rows[..count]);
            for (column, total) in total.iter().enumerate() {
                let terms: Vec<f32> = rows[..count].iter().map(|row| row[column]).collect();
                assert_eq!(*total, by_definition(&terms));
            }
            for part in [1, 2, 4, 8, 16] {
                let parts: Vec<Vec<f32>> = rows[..count].chunks(part).map(sums).collect();
                assert_eq!(sums(&parts), total, "{count} rows in parts of {part}");
            }
        }
    }

    #[test]
    fn the_left_side_is_the_largest_power_of_two_below() {
        let sides = [2, 3, 4, 5, 8, 9, 17].map(tree_order);
        assert_eq!(sides, [1, 2, 2, 4, 4, 8, 16]);
    }
}
