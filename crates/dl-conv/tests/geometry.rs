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

/// Up to 2²⁰ pixels of each, 0 of padding alone.
#[test]
fn sizes_that_a_window_may_have() {
    const MOST: usize = 1 << 20;
    fn message(window: Window) -> Option<String> {
        window.validate("Pool").err().map(|error| error.to_string())
    }
    let sides = |side: usize| [[side, 1], [1, side]].map(Size::from);
    for (side, allowed) in [(1, true), (MOST, true), (0, false), (MOST + 1, false)] {
        for size in sides(side) {
            let settings = [
                (
                    "kernel",
                    Window {
                        kernel: size,
                        ..Window::new(1)
                    },
                ),
                (
                    "stride",
                    Window {
                        stride: size,
                        ..Window::new(1)
                    },
                ),
                (
                    "dilation",
                    Window {
                        dilation: size,
                        ..Window::new(1)
                    },
                ),
            ];
            for (name, window) in settings {
                let Size { height, width } = size;
                let error =
                    format!("Pool {name} is {height}×{width}, but must be from 1 to 2^20 pixels");
                assert_eq!(message(window), (!allowed).then_some(error));
            }
        }
    }
    let padded = |[top, bottom, left, right]: [usize; 4]| Window {
        padding: Padding::Explicit {
            top,
            bottom,
            left,
            right,
        },
        ..Window::new(1)
    };
    assert_eq!(message(padded([0; 4])), None);
    assert_eq!(message(padded([MOST; 4])), None);
    for side in 0..4 {
        let mut sides = [3; 4];
        sides[side] = MOST + 1;
        let size = if side < 2 { "1048577×3" } else { "3×1048577" };
        let error = format!("Pool padding is {size}, but must be at most 2^20 pixels");
        assert_eq!(message(padded(sides)), Some(error));
    }
}

#[test]
fn images_that_a_window_does_not_fit() {
    let window = Window {
        dilation: Size::from([2, 3]),
        ..Window::new([4, 3])
    };
    assert!(window.over([7, 7].into()).is_ok());
    for image in [[6, 7], [7, 6]] {
        let error = window.over(image.into()).unwrap_err();
        assert_eq!(error.got, image);
        assert_eq!(
            error.takes,
            "an image large enough for a window of 7×7 pixels with padding Valid"
        );
    }
    // four times as many pixels can still be counted
    let most = isize::MAX as usize / 4;
    for padding in [Padding::Valid, Padding::Same] {
        let window = Window {
            padding,
            ..Window::new(1)
        };
        assert_eq!(
            window.over([most, 1].into()).unwrap().output,
            Size::from([most, 1])
        );
        assert!(window.over([most + 1, 1].into()).is_err());
        assert!(window.over([0, 1].into()).is_err());
    }
}

/// What an output pixel sees, and which output pixel sees it, by a table.
#[test]
fn rows_and_columns_that_are_seen() {
    let window = Window {
        kernel: Size::from([2, 3]),
        stride: Size::from([3, 2]),
        dilation: Size::from([2, 1]),
        padding: Padding::Explicit {
            top: 1,
            bottom: 2,
            left: 2,
            right: 0,
        },
    };
    // rows −1 and 1, 2 and 4; columns −2 −1 0, 0 1 2, 2 3 4
    let geometry = window.over([4, 5].into()).unwrap();
    assert_eq!(geometry.output, Size::from([2, 3]));
    let rows: Vec<_> = (0..2).map(|y| [0, 1].map(|i| geometry.row(y, i))).collect();
    assert_eq!(rows, [[None, Some(1)], [Some(2), None]]);
    let columns: Vec<_> = (0..3)
        .map(|x| [0, 1, 2].map(|j| geometry.column(x, j)))
        .collect();
    assert_eq!(
        columns,
        [
            [None, None, Some(0)],
            [Some(0), Some(1), Some(2)],
            [Some(2), Some(3), Some(4)],
        ]
    );
    let outputs = |y| [0, 1].map(|i| geometry.output_row(y, i));
    assert_eq!(
        [0, 1, 2, 3].map(outputs),
        [[None; 2], [None, Some(0)], [Some(1), None], [None; 2]]
    );
    let outputs = |x| [0, 1, 2].map(|j| geometry.output_column(x, j));
    assert_eq!(
        [0, 1, 2, 3, 4].map(outputs),
        [
            [Some(1), None, Some(0)],
            [None, Some(1), None],
            [Some(2), None, Some(1)],
            [None, Some(2), None],
            [None, None, Some(2)],
        ]
    );
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
