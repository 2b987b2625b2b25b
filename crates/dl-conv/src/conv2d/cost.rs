//! What the passes of a convolution take beside its kernel, told before anything is made: a window
//! of a few bytes may ask for padded rows and plans of any size.

use dl_core::gemm::{KRange, Row, RowBlock};
use dl_nn::Cost;

use super::classes::{SeenTap, most_classes};
use super::plan::{Channels, padded_input};
use super::{Checked, winograd};
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

/// Taps along an axis that can be on an image of `pixels` pixels at once.
fn seen(taps: usize, dilation: usize, pixels: usize) -> usize {
    taps.min(pixels.div_ceil(dilation))
}

/// An axis of a pattern: how many positions, and taps.
#[derive(Clone, Copy)]
struct Axis {
    positions: usize,
    taps: usize,
    classes: usize,
}

impl Axis {
    fn new(positions: usize, taps: usize, step: usize) -> Self {
        Self {
            positions,
            taps,
            classes: most_classes(positions, taps, step),
        }
    }

    /// Bytes of its rows, and of the terms of its classes (twice, since they are found first).
    fn bytes(self) -> usize {
        let term = size_of::<KRange>() + 2 * size_of::<SeenTap>();
        sum([
            product([self.positions, 2 * size_of::<Row>()]),
            product([self.classes, self.taps, term]),
        ])
    }
}

/// Bytes of a pattern.
fn pattern(axes: [Axis; 2]) -> usize {
    let [y, x] = axes;
    let blocks = product([y.classes, x.classes, size_of::<RowBlock>()]);
    sum([y.bytes(), x.bytes(), blocks])
}

impl Checked {
    fn channels(&self) -> Channels {
        Channels {
            inputs: self.input.channels,
            filters: self.output.channels,
            groups: self.groups,
        }
    }

    /// Of y = x ∗ K for scalars of `bytes` bytes.
    pub(crate) fn output_cost(&self, bytes: usize) -> Cost {
        let Geometry {
            input,
            output,
            kernel,
            dilation,
            ..
        } = self.geometry;
        let channels = self.channels();
        let (depth, filters) = (channels.inputs / channels.groups, channels.filters);
        let axes = [
            Axis::new(output.height, kernel.height, 1),
            Axis::new(output.width, kernel.width, 1),
        ];
        let terms = product([
            output.height,
            output.width,
            seen(kernel.height, dilation.height, input.height),
            seen(kernel.width, dilation.width, input.width),
        ]);
        let mut cost = self.product_cost(axes, terms, depth, filters, bytes);
        if let Some(elements) = winograd::elements(&self.geometry, channels) {
            cost.plan = sum([cost.plan, product([elements, bytes])]);
            return cost;
        }
        let padded = padded_input(&self.geometry);
        if padded.is_needed() {
            // for the kernel's gradient
            cost.scratch = product([input.height, padded.width, channels.inputs]);
            cost.operations = sum([cost.operations, cost.scratch]);
        }
        cost
    }

    /// Of ∂L/∂x, which is a transposed convolution's output.
    pub(crate) fn input_gradient_cost(&self, bytes: usize) -> Cost {
        let Geometry {
            input,
            output,
            kernel,
            stride,
            ..
        } = self.geometry;
        let channels = self.channels();
        let (depth, inputs) = (channels.filters / channels.groups, channels.inputs);
        let axes = [
            Axis::new(input.height, kernel.height, stride.height),
            Axis::new(input.width, kernel.width, stride.width),
        ];
        // each output pixel is seen from as many input pixels as the kernel has taps, or from all of them
        let terms = product([
            output.height,
            output.width,
            kernel.height.min(input.height),
            kernel.width.min(input.width),
        ]);
        let mut cost = self.product_cost(axes, terms, depth, inputs, bytes);
        if let Some(elements) = winograd::elements(&self.geometry, channels) {
            cost.plan = sum([cost.plan, product([elements, bytes])]);
        }
        cost
    }

    /// Of the product whose rows are the axes' positions, for `columns` columns of C, where all rows together see
    /// `terms` pixels of `depth` channels.
    fn product_cost(
        &self,
        axes: [Axis; 2],
        terms: usize,
        depth: usize,
        columns: usize,
        bytes: usize,
    ) -> Cost {
        let [y, x] = axes;
        let columns = (columns / self.groups).next_multiple_of(LEAST_COLUMNS);
        let panels = product([y.taps, x.taps, depth, columns]);
        Cost {
            plan: sum([pattern(axes), product([panels, bytes])]),
            scratch: 0,
            operations: sum([
                product([terms, depth, columns, self.groups]),
                // to make the plan, and to follow it
                product([y.positions, y.taps]),
                product([x.positions, x.taps]),
                product([y.classes, x.classes]),
                product([panels, self.groups]),
            ]),
        }
    }
}
