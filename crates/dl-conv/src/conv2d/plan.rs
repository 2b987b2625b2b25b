//! Which elements a convolution and its two gradients sum up.
//!
//! Each of the three is a matrix product with a gathered left factor (see [`dl_core::gemm`]):
//!
//! | | rows | terms of a row | right factor |
//! |---|---|---|---|
//! | output | output pixels | the input pixels under the taps | kernel |
//! | input gradient | input pixels | the output gradients whose window saw it | kernel, flipped and transposed |
//! | kernel gradient | taps × input channels | output pixels | output gradient |
//!
//! A window is a product of two axes, so all is worked out for rows and columns of pixels apart
//! ([`classes`](super::classes)): pixels inside an image see all taps, those at its edges fewer. With
//! channels last, the pixels under one kernel row are one range.

use dl_core::Scalar;
use dl_core::gemm::{
    GatherGemm, Init, KBatch, KC, KRange, KStep, LhsLayout, PackedB, Row, RowBatch, RowBlock,
};

use super::classes::{Class, classes};
use crate::geometry::Geometry;

/// Shape of a convolution: what a kernel sees of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Channels {
    /// Of the input.
    pub(super) inputs: usize,
    /// Of the output.
    pub(super) filters: usize,
    pub(super) groups: usize,
}

/// Blocks of rows with the terms they sum over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) rows: Vec<Row>,
    pub(super) k_steps: Vec<KStep>,
    pub(super) k_ranges: Vec<KRange>,
    pub(super) row_blocks: Vec<RowBlock>,
    pub(super) layout: LhsLayout,
}

/// What stands between neighbours in memory.
#[derive(Debug, Clone, Copy)]
struct Strides {
    /// From one row of pixels to the next.
    row: usize,
    /// From one pixel to the next.
    pixel: usize,
}

impl Strides {
    fn new(width: usize, channels: usize) -> Self {
        Self {
            row: width * channels,
            pixel: channels,
        }
    }
}

/// The pattern of y.
pub(super) fn output(geometry: &Geometry, channels: Channels) -> Pattern {
    let Channels {
        inputs,
        filters,
        groups,
    } = channels;
    let Geometry {
        input,
        output,
        kernel,
        ..
    } = *geometry;
    let ys = classes(output.height, 0..kernel.height, |v, i| geometry.row(v, i));
    let xs = classes(output.width, 0..kernel.width, |u, j| geometry.column(u, j));
    let a = Strides::new(input.width, inputs);
    let c = Strides::new(output.width, filters);
    Pattern::of_window(ys, xs, a, c, kernel.width, inputs / groups)
}

/// The pattern of ∂L/∂x.
pub(super) fn input_gradient(geometry: &Geometry, channels: Channels) -> Pattern {
    let Channels {
        inputs,
        filters,
        groups,
    } = channels;
    let Geometry {
        input,
        output,
        kernel,
        ..
    } = *geometry;
    // through the flipped kernel, pixels rise with the taps
    let row = |y, flipped| geometry.output_row(y, kernel.height - 1 - flipped);
    let column = |x, flipped| geometry.output_column(x, kernel.width - 1 - flipped);
    let ys = classes(input.height, 0..kernel.height, row);
    let xs = classes(input.width, 0..kernel.width, column);
    let a = Strides::new(output.width, filters);
    let c = Strides::new(input.width, inputs);
    Pattern::of_window(ys, xs, a, c, kernel.width, filters / groups)
}

impl Pattern {
    pub(super) fn new(layout: LhsLayout) -> Self {
        Self {
            rows: Vec::new(),
            k_steps: Vec::new(),
            k_ranges: Vec::new(),
            row_blocks: Vec::new(),
            layout,
        }
    }

    /// The product of A with a packed B.
    pub(super) fn product<'a, F: Scalar>(
        &'a self,
        init: Init<'a, F>,
        a: &'a [F],
        b: &'a PackedB<'a, F>,
        row_batch: RowBatch,
        relu: bool,
    ) -> GatherGemm<'a, F> {
        GatherGemm {
            init,
            a,
            layout: self.layout,
            b,
            row_blocks: &self.row_blocks,
            rows: &self.rows,
            k_steps: &self.k_steps,
            k_ranges: &self.k_ranges,
            row_batch,
            k_batch: KBatch::ONE,
            relu,
        }
    }

    /// Rows are pixels that see `depth` channels of other pixels through a kernel `kernel_width` wide.
    fn of_window(
        ys: Vec<Class>,
        xs: Vec<Class>,
        a: Strides,
        c: Strides,
        kernel_width: usize,
        depth: usize,
    ) -> Self {
        let mut pattern = Self::new(LhsLayout::RowMajor);
        let mut columns = Vec::new();
        for x in xs {
            let inner = pattern.rows.len();
            pattern.rows.extend(x.members.iter().map(|member| Row {
                a: member.first * a.pixel,
                c: member.position * c.pixel,
            }));
            let ranges = pattern.k_ranges.len();
            for tap in &x.taps {
                pattern.add_terms(ranges, tap.distance * a.pixel, tap.tap * depth, depth);
            }
            columns.push((inner..pattern.rows.len(), ranges..pattern.k_ranges.len()));
        }
        for y in ys {
            let outer = pattern.rows.len();
            pattern.rows.extend(y.members.iter().map(|member| Row {
                a: member.first * a.row,
                c: member.position * c.row,
            }));
            let steps = pattern.k_steps.len();
            pattern.k_steps.extend(y.taps.iter().map(|tap| KStep {
                a: tap.distance * a.row,
                b: tap.tap * kernel_width * depth,
            }));
            for (inner, k_ranges) in &columns {
                pattern.row_blocks.push(RowBlock {
                    outer: outer..pattern.rows.len(),
                    inner: inner.clone(),
                    k_steps: steps..pattern.k_steps.len(),
                    k_ranges: k_ranges.clone(),
                });
            }
        }
        pattern
    }

    /// Adds terms to the ranges from `first` on: to the last of them where they follow it and it is not
    /// long enough already.
    fn add_terms(&mut self, first: usize, a: usize, b: usize, len: usize) {
        match self.k_ranges[first..].last_mut() {
            Some(last)
                if last.a + last.len == a && last.b + last.len == b && last.len + len <= KC =>
            {
                last.len += len;
            }
            _ => self.add_range(a, b, len, 1),
        }
    }

    /// Adds terms that are `k_stride` apart in A, in ranges that are not too long.
    pub(super) fn add_range(&mut self, a: usize, b: usize, len: usize, k_stride: usize) {
        self.k_ranges
            .extend((0..len).step_by(KC).map(|start| KRange {
                a: a + start * k_stride,
                b: b + start,
                len: KC.min(len - start),
            }));
    }
}

/// How rows of images are laid out in memory: with zeros before and after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Padded {
    /// Zeros before a row.
    pub(super) left: usize,
    /// Pixels of a row without the zeros.
    pub(super) inner: usize,
    /// Pixels of a row with them.
    pub(super) width: usize,
}

impl Padded {
    /// Whether the row needs zeros at all.
    pub(super) fn is_needed(self) -> bool {
        self.width > self.inner
    }
}

/// The input with the zeros that the window reaches to the left and right: with them, all taps of a
/// kernel row are sums over as many pixels. (Those above and below are never multiplied: their rows are
/// left out.)
pub(super) fn padded_input(geometry: &Geometry) -> Padded {
    let (taps, step) = (geometry.kernel.width, geometry.stride.width);
    let reach = (geometry.output.width - 1) * step + (taps - 1) * geometry.dilation.width + 1;
    Padded {
        left: geometry.left,
        inner: geometry.input.width,
        width: reach.max(geometry.left + geometry.input.width),
    }
}

/// Pixels that a kernel's gradient sums over at a time, so that a panel of their gradients stays in second-level
/// cache while the taps pass by.
pub(super) const TERMS_AT_A_TIME: usize = 1024;

/// The pattern of ∂L/∂kernel, for the [`padded_input`]; what its blocks sum up is added.
pub(super) fn kernel_gradient(geometry: &Geometry, channels: Channels) -> Pattern {
    let Channels {
        inputs,
        filters,
        groups,
    } = channels;
    let depth = inputs / groups;
    let (taps, pixels) = (geometry.kernel, geometry.output);
    let row = padded_input(geometry).width * inputs;
    let column = geometry.dilation.width * inputs;
    let mut pattern = Pattern::new(match geometry.stride.width * inputs {
        1 => LhsLayout::RowMajor,
        k_stride => LhsLayout::ColumnMajor { k_stride },
    });
    // the inner rows: a tap's channels, or all those of a kernel row, if they are contiguous or need not be
    let merged = groups == 1 && (column == depth || pattern.layout == LhsLayout::RowMajor);
    let (outer_taps, inner_taps) = match merged {
        true => (1, taps.width),
        false => (taps.width, 1),
    };
    for j in 0..inner_taps {
        pattern.rows.extend((0..depth).map(|channel| Row {
            a: j * column + channel,
            c: (j * depth + channel) * filters,
        }));
    }
    let inner = 0..pattern.rows.len();
    pattern.add_range(0, 0, pixels.width, geometry.stride.width * inputs);
    let rows_at_a_time = (TERMS_AT_A_TIME / pixels.width).max(1);
    let mut parts = vec![Vec::new(); pixels.height.div_ceil(rows_at_a_time)];
    for class in classes(taps.height, 0..pixels.height, |i, v| geometry.row(v, i)) {
        let outer = pattern.rows.len();
        for member in class.members {
            pattern.rows.extend((0..outer_taps).map(|j| Row {
                a: member.first * row + j * column,
                c: (member.position * taps.width + j) * depth * filters,
            }));
        }
        let seen = class
            .taps
            .chunk_by(|v, next| v.tap / rows_at_a_time == next.tap / rows_at_a_time);
        for taps in seen {
            let steps = pattern.k_steps.len();
            pattern.k_steps.extend(taps.iter().map(|v| KStep {
                a: v.distance * row,
                b: v.tap * pixels.width,
            }));
            parts[taps[0].tap / rows_at_a_time].push(RowBlock {
                outer: outer..pattern.rows.len(),
                inner: inner.clone(),
                k_steps: steps..pattern.k_steps.len(),
                k_ranges: 0..pattern.k_ranges.len(),
            });
        }
    }
    pattern.row_blocks = parts.concat();
    pattern
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
