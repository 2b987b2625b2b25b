//! The products of transformed tiles, one for each of the 16 elements.

use dl_core::Scalar;
use dl_core::gemm::{Init, KStep, LhsLayout, PackedB, Row, RowBatch, RowBlock};
use ndarray::{ArrayView2, Axis};

use super::ELEMENTS;
use super::tiles::Tiles;
use crate::conv2d::plan::{Channels, Pattern};

/// Those of a band.
#[derive(Debug, Clone)]
pub(super) struct Products {
    /// M = V·U.
    pub(super) output: Pattern,
    /// ∂V = ∂M·Uᵀ.
    pub(super) input_gradient: Pattern,
    /// ∂U = Vᵀ·∂M.
    pub(super) kernel_gradient: Pattern,
}

impl Products {
    /// For the planes of input and output.
    pub(super) fn new([v, m]: [Tiles; 2], channels: Channels) -> Self {
        let Channels {
            inputs, filters, ..
        } = channels;
        let mut over_tiles = Pattern::new(LhsLayout::ColumnMajor {
            k_stride: v.channels,
        });
        over_tiles.add_range(0, 0, v.count(), v.channels);
        let channel = |channel| Row {
            a: channel,
            c: channel * filters,
        };
        Self {
            output: per_tile(v, m, inputs),
            input_gradient: per_tile(m, v, filters),
            kernel_gradient: with_rows(over_tiles, (0..inputs).map(channel)),
        }
    }
}

/// A row for each tile, a sum over channels.
fn per_tile(from: Tiles, to: Tiles, channels: usize) -> Pattern {
    let mut over_channels = Pattern::new(LhsLayout::RowMajor);
    over_channels.add_range(0, 0, channels, 1);
    let tile = |tile| Row {
        a: tile * from.channels,
        c: tile * to.channels,
    };
    with_rows(over_channels, (0..from.count()).map(tile))
}

fn with_rows(mut pattern: Pattern, rows: impl Iterator<Item = Row>) -> Pattern {
    pattern.rows.push(Row { a: 0, c: 0 });
    pattern.rows.extend(rows);
    pattern.k_steps.push(KStep { a: 0, b: 0 });
    pattern.row_blocks.push(RowBlock {
        outer: 0..1,
        inner: 1..pattern.rows.len(),
        k_steps: 0..1,
        k_ranges: 0..pattern.k_ranges.len(),
    });
    pattern
}

/// C ← A·B for each element: matrices so far apart.
pub(super) fn multiply<'b, F: Scalar>(
    pattern: &Pattern,
    (a, a_stride): (&[F], usize),
    b: impl Iterator<Item = PackedB<'b, F>>,
    (c, c_stride): (&mut [F], usize),
) {
    let (a, c) = (a.chunks_exact(a_stride), c.chunks_exact_mut(c_stride));
    for ((a, b), c) in a.zip(b).zip(c) {
        pattern
            .product(Init::Zero, a, &b, RowBatch::ONE, false)
            .run(c);
    }
}

/// C += A·B for each element, where B are the first `filters` channels of planes of tiles.
pub(super) fn accumulate<F: Scalar>(
    pattern: &Pattern,
    (a, a_stride): (&[F], usize),
    (b, tiles): (&[F], Tiles),
    filters: usize,
    panels: &mut Vec<F>,
    c: &mut [F],
) {
    let (count, channels) = (tiles.count(), tiles.channels);
    let planes = a.chunks_exact(a_stride).zip(b.chunks_exact(tiles.stride));
    for ((a, b), c) in planes.zip(c.chunks_exact_mut(c.len() / ELEMENTS)) {
        let b = ArrayView2::from_shape((count, channels), &b[..count * channels]);
        let b = b
            .expect("as many elements")
            .slice_axis_move(Axis(1), (..filters).into());
        let b = PackedB::pack_stacked(std::iter::once(b), count, filters, panels);
        pattern
            .product(Init::Accumulate, a, &b, RowBatch::ONE, false)
            .run(c);
    }
}
