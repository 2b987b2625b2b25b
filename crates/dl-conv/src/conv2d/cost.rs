//! What the passes of a convolution take beside its kernel, told before anything is made: a window
//! of a few bytes may ask for padded rows and plans of any size.

use dl_core::gemm::{KRange, RowBlock};
use dl_nn::Cost;

use super::Checked;
use super::patterns::NARROW;
use super::plan::{Channels, padded_delta, padded_input};
use crate::geometry::Geometry;

/// Columns that the matrix product works on at least, whether there are as many or not.
const LEAST_COLUMNS: usize = 16;

/// The product of counts that may be of any size.
fn product<const N: usize>(counts: [usize; N]) -> usize {
    counts.into_iter().fold(1, usize::saturating_mul)
}

fn sum<const N: usize>(counts: [usize; N]) -> usize {
    counts.into_iter().fold(0, usize::saturating_add)
}

/// Taps along an axis that can stand on an image of so many pixels at once.
fn seen(taps: usize, dilation: usize, pixels: usize) -> usize {
    taps.min(pixels.div_ceil(dilation))
}

/// Bytes of a pattern.
fn pattern(row_blocks: usize, k_ranges: usize) -> usize {
    sum([
        product([row_blocks, size_of::<RowBlock>()]),
        product([k_ranges, size_of::<KRange>()]),
    ])
}

impl Checked {
    fn channels(&self) -> Channels {
        Channels {
            inputs: self.input.channels,
            filters: self.output.channels,
            groups: self.groups,
        }
    }

    /// Of y = x ∗ K for numbers of so many bytes.
    pub(crate) fn output_cost(&self, number: usize) -> Cost {
        let Geometry {
            input,
            output,
            kernel,
            stride: _,
            dilation,
            ..
        } = self.geometry;
        let Channels {
            inputs,
            filters,
            groups,
        } = self.channels();
        let rows = product([
            output.height,
            seen(kernel.height, dilation.height, input.height),
        ]);
        let merged = dilation.width == 1 && groups == 1;
        let ranges = product([rows, if merged { 1 } else { kernel.width }]);
        // along the images, too, where these are narrow
        let narrow = if output.width < NARROW {
            output.width
        } else {
            0
        };
        let plan = sum([
            pattern(output.height, ranges),
            pattern(product([narrow, output.height]), product([narrow, ranges])),
        ]);
        let padded = padded_input(&self.geometry);
        let scratch = match padded.is_needed() {
            true => product([input.height, padded.width, inputs]),
            false => 0,
        };
        let columns = (filters / groups).next_multiple_of(LEAST_COLUMNS);
        let depth = inputs / groups;
        let taps = product([kernel.height, kernel.width]);
        let panels = product([taps, depth, columns]);
        Cost {
            plan: sum([plan, product([panels, number])]),
            scratch,
            operations: sum([
                product([rows, output.width, kernel.width, depth, columns, groups]),
                // to make the plan, and to follow it
                product([output.height, kernel.height]),
                product([rows, kernel.width, narrow.max(1)]),
                product([groups, ranges, narrow.max(1)]),
                scratch,
                product([panels, groups]),
            ]),
        }
    }

    /// Of ∂L/∂x, which is a transposed convolution's output.
    pub(crate) fn input_gradient_cost(&self, number: usize) -> Cost {
        let Geometry {
            input,
            output,
            kernel,
            ..
        } = self.geometry;
        let Channels {
            inputs,
            filters,
            groups,
        } = self.channels();
        let taps = product([kernel.height, kernel.width]);
        let pixels = product([input.height, input.width]);
        let positions = product([output.height, output.width]);
        let along_images = pattern(pixels, product([taps, pixels.min(positions)]));
        let columns = (inputs / groups).next_multiple_of(LEAST_COLUMNS);
        let depth = filters / groups;
        let panels = product([taps, depth, columns]);
        let (mut plan, mut scratch, mut width) = (along_images, 0, output.width);
        if let Some(padded) = padded_delta(&self.geometry) {
            let rows = product([input.height.min(output.height), taps]);
            plan = sum([plan, pattern(input.height, rows)]);
            scratch = product([output.height, padded.width, filters]);
            width = padded.width;
        }
        Cost {
            plan: sum([plan, product([panels, number])]),
            scratch,
            operations: sum([
                product([output.height, width, taps, depth, columns, groups]),
                product([pixels, taps]),
                product([groups, taps, pixels.min(positions)]),
                scratch,
                product([panels, groups]),
            ]),
        }
    }
}
