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
//! With channels last, the pixels under one kernel row are one range. Rows of a tile are pixels
//! side by side along the image, or, where images are small, one pixel of several images.

use dl_core::gemm::{KRange, LhsLayout, RowBlock};

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

/// Blocks of rows with the ranges they sum over, and the steps from row to row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) k_ranges: Vec<KRange>,
    pub(super) row_blocks: Vec<RowBlock>,
    pub(super) layout: LhsLayout,
    /// Rows of a block; `None` where they are the images of the block.
    pub(super) rows: Option<usize>,
    /// From one row of the result to the next.
    pub(super) c_row_stride: usize,
}

impl Pattern {
    fn new(layout: LhsLayout, rows: Option<usize>, c_row_stride: usize) -> Self {
        Self {
            k_ranges: Vec::new(),
            row_blocks: Vec::new(),
            layout,
            rows,
            c_row_stride,
        }
    }

    /// Starts a block whose row 0 is at `a` and `c`.
    fn row_block(&mut self, a: usize, c: usize) {
        let next = self.k_ranges.len();
        let k_ranges = next..next;
        self.row_blocks.push(RowBlock { a, c, k_ranges });
    }

    /// Adds terms to the last block, to its last range where they follow it.
    fn terms(&mut self, a: usize, b: usize, len: usize) {
        let block = self.row_blocks.last_mut().expect("a block was started");
        match self.k_ranges.last_mut() {
            Some(last)
                if !block.k_ranges.is_empty()
                    && last.a + last.len == a
                    && last.b + last.len == b =>
            {
                last.len += len;
            }
            _ => {
                self.k_ranges.push(KRange { a, b, len });
                block.k_ranges.end += 1;
            }
        }
    }
}

/// Where rows of images stand in memory: with zeros before and after them.
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

/// The input with the zeros that the window reaches to the left and right. (Those above and below
/// are never multiplied: their rows are left out.)
pub(super) fn padded_input(geometry: &Geometry) -> Padded {
    let (taps, step) = (geometry.kernel.width, geometry.stride.width);
    let reach = (geometry.output.width - 1) * step + (taps - 1) * geometry.dilation.width + 1;
    Padded {
        left: geometry.left,
        inner: geometry.input.width,
        width: reach.max(geometry.left + geometry.input.width),
    }
}

/// The output's gradient with the zeros that the flipped kernel reaches; `None` where it moves by
/// more than a pixel, or where input was padded by more than the kernel's reach.
pub(super) fn padded_delta(geometry: &Geometry) -> Option<Padded> {
    let reach = (geometry.kernel.width - 1) * geometry.dilation.width;
    let left = reach.checked_sub(geometry.left)?;
    (geometry.stride.width == 1).then(|| Padded {
        left,
        inner: geometry.output.width,
        width: (geometry.input.width + reach).max(left + geometry.output.width),
    })
}

/// y, rows along the width of an image.
pub(super) fn output_along_width(geometry: &Geometry, channels: Channels) -> Pattern {
    let Channels {
        inputs, filters, ..
    } = channels;
    let width = padded_input(geometry).width;
    let row_stride = geometry.stride.width * inputs;
    let layout = LhsLayout::RowMajor { row_stride };
    let mut pattern = Pattern::new(layout, Some(geometry.output.width), filters);
    for v in 0..geometry.output.height {
        pattern.row_block(0, v * geometry.output.width * filters);
        window_row(&mut pattern, geometry, channels, v, 0, width);
    }
    pattern
}

/// y, rows along the images of a block.
pub(super) fn output_along_images(geometry: &Geometry, channels: Channels) -> Pattern {
    let Channels {
        inputs, filters, ..
    } = channels;
    let width = padded_input(geometry).width;
    let row_stride = geometry.input.height * width * inputs;
    let c_row_stride = geometry.output.height * geometry.output.width * filters;
    let mut pattern = Pattern::new(LhsLayout::RowMajor { row_stride }, None, c_row_stride);
    for v in 0..geometry.output.height {
        for u in 0..geometry.output.width {
            pattern.row_block(0, (v * geometry.output.width + u) * filters);
            window_row(&mut pattern, geometry, channels, v, u, width);
        }
    }
    pattern
}

/// The input pixels under the window at output pixel (v, u).
fn window_row(
    pattern: &mut Pattern,
    geometry: &Geometry,
    channels: Channels,
    v: usize,
    u: usize,
    width: usize,
) {
    let depth = channels.inputs / channels.groups;
    for i in 0..geometry.kernel.height {
        let Some(row) = geometry.row(v, i) else {
            continue;
        };
        for j in 0..geometry.kernel.width {
            let column = u * geometry.stride.width + j * geometry.dilation.width;
            let tap = i * geometry.kernel.width + j;
            pattern.terms((row * width + column) * channels.inputs, tap * depth, depth);
        }
    }
}

/// ∂L/∂x, rows along the width of an image, for the [`padded_delta`] of this width.
pub(super) fn input_gradient_along_width(
    geometry: &Geometry,
    channels: Channels,
    width: usize,
) -> Pattern {
    let Channels {
        inputs,
        filters,
        groups,
    } = channels;
    let layout = LhsLayout::RowMajor {
        row_stride: filters,
    };
    let mut pattern = Pattern::new(layout, Some(geometry.input.width), inputs);
    for y in 0..geometry.input.height {
        pattern.row_block(0, y * geometry.input.width * inputs);
        for (flipped, i) in (0..geometry.kernel.height).rev().enumerate() {
            let Some(v) = geometry.output_row(y, i) else {
                continue;
            };
            for j in 0..geometry.kernel.width {
                let tap = flipped * geometry.kernel.width + j;
                let pixel = v * width + j * geometry.dilation.width;
                let depth = filters / groups;
                pattern.terms(pixel * filters, tap * depth, depth);
            }
        }
    }
    pattern
}

/// ∂L/∂x, rows along the images of a block; for any stride.
pub(super) fn input_gradient_along_images(geometry: &Geometry, channels: Channels) -> Pattern {
    let Channels {
        inputs,
        filters,
        groups,
    } = channels;
    let row_stride = geometry.output.height * geometry.output.width * filters;
    let c_row_stride = geometry.input.height * geometry.input.width * inputs;
    let mut pattern = Pattern::new(LhsLayout::RowMajor { row_stride }, None, c_row_stride);
    let taps = geometry.kernel;
    for y in 0..geometry.input.height {
        for x in 0..geometry.input.width {
            pattern.row_block(0, (y * geometry.input.width + x) * inputs);
            for (flipped_i, i) in (0..taps.height).rev().enumerate() {
                for (flipped_j, j) in (0..taps.width).rev().enumerate() {
                    let (row, column) = (geometry.output_row(y, i), geometry.output_column(x, j));
                    if let (Some(v), Some(u)) = (row, column) {
                        let tap = flipped_i * taps.width + flipped_j;
                        let pixel = v * geometry.output.width + u;
                        let depth = filters / groups;
                        pattern.terms(pixel * filters, tap * depth, depth);
                    }
                }
            }
        }
    }
    pattern
}

/// ∂L/∂kernel: rows are taps and input channels, terms the output pixels of one image.
pub(super) fn kernel_gradient(geometry: &Geometry, channels: Channels) -> Pattern {
    let Channels {
        inputs,
        filters,
        groups,
    } = channels;
    let depth = inputs / groups;
    let taps = geometry.kernel;
    let k_stride = geometry.stride.width * inputs;
    let width = padded_input(geometry).width;
    // the taps of a dense kernel row are side by side
    let together = if geometry.dilation.width == 1 && groups == 1 {
        taps.width
    } else {
        1
    };
    let layout = LhsLayout::ColumnMajor { k_stride };
    let mut pattern = Pattern::new(layout, Some(together * depth), filters);
    for i in 0..taps.height {
        for j in (0..taps.width).step_by(together) {
            let tap = i * taps.width + j;
            pattern.row_block(j * geometry.dilation.width * inputs, tap * depth * filters);
            for v in 0..geometry.output.height {
                if let Some(row) = geometry.row(v, i) {
                    let pixels = geometry.output.width;
                    let block = pattern.row_blocks.last_mut().expect("just started");
                    block.k_ranges.end += 1;
                    pattern.k_ranges.push(KRange {
                        a: row * width * inputs,
                        b: v * pixels,
                        len: pixels,
                    });
                }
            }
        }
    }
    pattern
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
