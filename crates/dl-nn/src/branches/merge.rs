//! How the outputs of branches become one.

use dl_core::Scalar;
use dl_core::simd::arch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::activation::Activation;
use crate::execute::Division;
use crate::layer::Batch;

/// Elements that one task merges.
const ELEMENTS: usize = 1 << 15;

/// How the outputs of branches become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Merge {
    /// Their sum: all have one shape.
    Add,
    /// One after another along the last axis, features or channels: all other axes agree.
    Concat,
}

/// Elements of a part of a batch with rows of this width: whole rows.
fn part(width: usize) -> usize {
    width * (ELEMENTS / width.max(1)).max(1)
}

/// Calls `work` for each part of y, and the row it starts at.
fn for_parts<F: Scalar>(
    division: Division,
    width: usize,
    y: &mut [F],
    work: impl Fn(usize, &mut [F]) + Sync,
) {
    let part = part(width);
    let rows = part / width;
    match division {
        Division::Blocks if y.len() > part => {
            let parts = y.par_chunks_mut(part).enumerate();
            parts.for_each(|(i, y)| work(i * rows, y));
        }
        _ => work(0, y),
    }
}

/// Applies the activation to y in place, whose rows have this width.
pub(super) fn activate<F: Scalar>(g: Activation, width: usize, y: &mut [F], division: Division) {
    if g != Activation::Identity {
        for_parts(division, width, y, |_, y| g.forward(y, width));
    }
}

/// dy ⊙ g′(z), in place.
pub(super) fn activate_backward<F: Scalar>(
    g: Activation,
    [z, y]: [&[F]; 2],
    dy: &mut [F],
    width: usize,
    division: Division,
) {
    if g == Activation::Identity {
        return;
    }
    for_parts(division, width, dy, |row, dy| {
        let at = row * width;
        let z = z.get(at..).unwrap_or_default();
        g.backward(z, &y[at..], dy, width);
    });
}

/// y ← g(Σ parts), whose rows have this width.
pub(super) fn add<F: Scalar>(
    parts: &[Batch<'_, F>],
    g: Activation,
    y: &mut [F],
    width: usize,
    division: Division,
) {
    for_parts(division, width, y, |row, y| {
        let len = y.len();
        let part = |i: usize| &parts[i].slice()[row * width..][..len];
        match parts.len() {
            1 => y.copy_from_slice(part(0)),
            _ => sum_two(y, part(0), part(1)),
        }
        for i in 2..parts.len() {
            add_to(y, part(i));
        }
        g.forward(y, width);
    });
}

/// The rows of all parts side by side.
pub(super) fn concat<F: Scalar>(parts: &[Batch<'_, F>], y: &mut [F], division: Division) {
    let width = parts.iter().map(Batch::width).sum();
    for_parts(division, width, y, |row, y| {
        let mut first = 0;
        for part in parts {
            let columns = part.width();
            let from = part.slice()[row * columns..].chunks_exact(columns);
            for (y, from) in y.chunks_exact_mut(width).zip(from) {
                y[first..first + columns].copy_from_slice(from);
            }
            first += columns;
        }
    });
}

/// The columns from `first` on of the rows of `all`, of this width, copied to `columns`, of that one.
pub(super) fn take_columns<F: Scalar>(
    (all, width): (&[F], usize),
    first: usize,
    (columns, count): (&mut [F], usize),
    division: Division,
) {
    for_parts(division, count, columns, |row, columns| {
        let rows = all[row * width..].chunks_exact(width);
        for (to, from) in columns.chunks_exact_mut(count).zip(rows) {
            to.copy_from_slice(&from[first..first + count]);
        }
    });
}

/// sum ← sum + x
pub(super) fn add_assign<F: Scalar>(sum: &mut [F], x: &[F], division: Division) {
    for_parts(division, 1, sum, |at, sum| add_to(sum, &x[at..]));
}

/// to ← from
pub(super) fn copy<F: Scalar>(to: &mut [F], from: &[F], division: Division) {
    for_parts(division, 1, to, |at, to| {
        to.copy_from_slice(&from[at..][..to.len()]);
    });
}

fn add_to<F: Scalar>(sum: &mut [F], x: &[F]) {
    arch().dispatch(
        #[inline(always)]
        || {
            for (sum, &x) in sum.iter_mut().zip(x) {
                *sum += x;
            }
        },
    );
}

fn sum_two<F: Scalar>(sum: &mut [F], a: &[F], b: &[F]) {
    arch().dispatch(
        #[inline(always)]
        || {
            for ((sum, &a), &b) in sum.iter_mut().zip(a).zip(b) {
                *sum = a + b;
            }
        },
    );
}
