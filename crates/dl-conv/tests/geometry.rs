//! The output-size formula against counting where the window fits.

use dl_conv::{Padding, Size, Window};
use proptest::prelude::*;

/// Positions, from the first on in steps, at which the last tap is still on the padded image.
fn counted(padded: usize, kernel: usize, stride: usize, dilation: usize) -> usize {
    (0..padded)
        .step_by(stride)
        .filter(|first| first + dilation * (kernel - 1) < padded)
        .count()
}

proptest! {
    /// ⌊(in + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    #[test]
    fn outputs_are_the_positions_of_the_window(
        input in 1..40_usize,
        [before, after] in [0..6_usize, 0..6],
        kernel in 1..8_usize,
        stride in 1..6_usize,
        dilation in 1..5_usize,
    ) {
        let window = Window {
            // along the width there is nothing to move
            kernel: Size::from([kernel, 1]),
            stride: Size::from([stride, 1]),
            dilation: Size::from([dilation, 1]),
            padding: Padding::Explicit { top: before, bottom: after, left: 0, right: 0 },
        };
        let counted = counted(input + before + after, kernel, stride, dilation);
        let geometry = window.over([input, 3].into());
        prop_assert_eq!(geometry.is_ok(), counted > 0);
        if let Ok(geometry) = geometry {
            let extent = dilation * (kernel - 1) + 1;
            let formula = (input + before + after - extent) / stride + 1;
            prop_assert_eq!(geometry.output, Size::from([counted, 3]));
            prop_assert_eq!(geometry.output.height, formula);
        }
    }

    /// ⌈in / stride⌉ with as few zeros as that takes.
    #[test]
    fn same_divides_the_size_by_the_stride(
        input in 1..40_usize,
        kernel in 1..8_usize,
        stride in 1..6_usize,
        dilation in 1..5_usize,
    ) {
        let window = Window {
            kernel: kernel.into(),
            stride: stride.into(),
            dilation: dilation.into(),
            padding: Padding::Same,
        };
        let output = window.over(input.into()).unwrap().output.height;
        prop_assert_eq!(output, input.div_ceil(stride));
        let zeros = (0..).find(|zeros| counted(input + zeros, kernel, stride, dilation) >= output);
        prop_assert!(counted(input + zeros.unwrap(), kernel, stride, dilation) == output);
    }
}
