use super::*;
use crate::geometry::{Padding, Size, Window};

fn geometry(image: [usize; 2], kernel: [usize; 2], padding: Padding) -> Geometry {
    let window = Window {
        padding,
        ..Window::new(kernel)
    };
    window.over(image.into()).unwrap()
}

fn explicit(left: usize, right: usize) -> Padding {
    Padding::Explicit {
        top: 0,
        bottom: 0,
        left,
        right,
    }
}

const CHANNELS: Channels = Channels {
    inputs: 2,
    filters: 4,
    groups: 1,
};

/// The lengths of the ranges of each block.
fn lengths(pattern: &Pattern) -> Vec<Vec<usize>> {
    let blocks = pattern.row_blocks.iter();
    blocks
        .map(|block| {
            let ranges = &pattern.k_ranges[block.k_ranges.clone()];
            ranges.iter().map(|range| range.len).collect()
        })
        .collect()
}

#[test]
fn rows_are_as_wide_as_the_window_reaches() {
    let padded = |left, inner, width| Padded { left, inner, width };
    let same = geometry([3, 5], [1, 3], Padding::Same);
    assert_eq!(padded_input(&same), padded(1, 5, 7));
    assert!(padded_input(&same).is_needed());
    let valid = geometry([3, 5], [1, 3], Padding::Valid);
    assert_eq!(padded_input(&valid), padded(0, 5, 5));
    assert!(!padded_input(&valid).is_needed());
    // the last step would leave the image: its last pixel is not seen, but stands there
    let strided = Window {
        stride: 2.into(),
        ..Window::new([1, 2])
    };
    let strided = strided.over([3, 5].into()).unwrap();
    assert_eq!(padded_input(&strided), padded(0, 5, 5));
    // zeros on the left alone
    let left = geometry([3, 5], [1, 3], explicit(2, 0));
    assert_eq!(padded_input(&left), padded(2, 5, 7));
    let dilated = Window {
        dilation: 2.into(),
        padding: explicit(1, 3),
        ..Window::new([1, 3])
    };
    let dilated = dilated.over([3, 5].into()).unwrap();
    assert_eq!(padded_input(&dilated), padded(1, 5, 9));
    assert_eq!(padded_delta(&dilated), Some(padded(3, 5, 9)));

    assert_eq!(padded_delta(&same), Some(padded(1, 5, 7)));
    assert_eq!(padded_delta(&valid), Some(padded(2, 3, 7)));
    assert_eq!(padded_delta(&strided), None);
    // more zeros than the kernel reaches: on the right they widen the row, on the left there is no such row
    let right = geometry([3, 5], [1, 3], explicit(0, 5));
    assert_eq!(padded_delta(&right), Some(padded(2, 8, 10)));
    assert_eq!(
        padded_delta(&geometry([3, 5], [1, 3], explicit(3, 0))),
        None
    );
}

/// What stands side by side in memory and in the kernel is one range, the fewer the faster.
#[test]
fn taps_side_by_side_are_one_range() {
    let dense = geometry([4, 5], [2, 3], Padding::Valid);
    // 3 × 3 outputs, two kernel rows of 3 taps and 2 channels
    assert_eq!(lengths(&output_along_width(&dense, CHANNELS)), [[6, 6]; 3]);
    assert_eq!(lengths(&output_along_images(&dense, CHANNELS)), [[6, 6]; 9]);
    let whole = geometry([4, 3], [2, 3], Padding::Valid);
    assert_eq!(lengths(&output_along_width(&whole, CHANNELS)), [[12]; 3]);

    let dilated = Window {
        dilation: [1, 2].into(),
        ..Window::new([2, 2])
    };
    let dilated = dilated.over([4, 5].into()).unwrap();
    assert_eq!(
        lengths(&output_along_width(&dilated, CHANNELS)),
        [[2; 4]; 3]
    );
    let groups = Channels {
        groups: 2,
        ..CHANNELS
    };
    assert_eq!(lengths(&output_along_width(&dense, groups)), [[1; 6]; 3]);
}

/// 3 taps of 4 filters a kernel row, of which the first and last image row see one, the others two.
#[test]
fn flipped_taps_side_by_side_are_one_range() {
    let dense = geometry([3, 5], [2, 3], Padding::Valid);
    let around = padded_delta(&dense).unwrap();
    let pattern = input_gradient_along_width(&dense, CHANNELS, around.width);
    assert_eq!(lengths(&pattern), [vec![12], vec![12, 12], vec![12]]);
    let images = lengths(&input_gradient_along_images(&dense, CHANNELS));
    // of the first row: one, two, three, two, one of the three taps
    assert_eq!(images[..5], [[4], [8], [12], [8], [4]]);
    // of the middle all of both rows, which follow one another: outputs are as wide as the kernel
    assert_eq!(images[7], [24]);

    // rows of the gradient that follow one another, but meet rows of the kernel that do not
    let window = Window {
        stride: Size::from([2, 1]),
        padding: Padding::all(1),
        ..Window::new(3)
    };
    let strided = window.over([5, 1].into()).unwrap();
    let pattern = input_gradient_along_width(&strided, CHANNELS, 3);
    let ranges = &pattern.k_ranges[pattern.row_blocks[1].k_ranges.clone()];
    let range = |a, b| KRange { a, b, len: 12 };
    assert_eq!(ranges, [range(0, 0), range(12, 24)]);
}

/// The taps of a dense kernel row are rows of one block.
#[test]
fn blocks_of_the_kernels_gradient() {
    let dense = geometry([4, 5], [2, 3], Padding::Valid);
    let pattern = kernel_gradient(&dense, CHANNELS);
    assert_eq!((pattern.rows, pattern.row_blocks.len()), (Some(6), 2));
    let groups = Channels {
        groups: 2,
        ..CHANNELS
    };
    let pattern = kernel_gradient(&dense, groups);
    assert_eq!((pattern.rows, pattern.row_blocks.len()), (Some(1), 6));
    let dilated = Window {
        dilation: [1, 2].into(),
        ..Window::new([2, 2])
    };
    let pattern = kernel_gradient(&dilated.over([4, 5].into()).unwrap(), CHANNELS);
    assert_eq!((pattern.rows, pattern.row_blocks.len()), (Some(2), 4));
    // 3 columns of outputs, for each of 3 rows
    assert_eq!(lengths(&pattern), [[3; 3]; 4]);
}
