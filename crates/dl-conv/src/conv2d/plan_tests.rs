use std::ops::Range;

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
}

/// The steps of each block, as offsets into A and rows of B.
fn steps(pattern: &Pattern) -> Vec<Vec<[usize; 2]>> {
    let blocks = pattern.row_blocks.iter();
    blocks
        .map(|block| {
            let steps = &pattern.k_steps[block.k_steps.clone()];
            steps.iter().map(|step| [step.a, step.b]).collect()
        })
        .collect()
}

/// What stands side by side in memory and in the kernel is one range, the fewer the faster.
#[test]
fn taps_side_by_side_are_one_range() {
    let dense = geometry([4, 5], [2, 3], Padding::Valid);
    // all pixels see two kernel rows of 3 taps and 2 channels; an image row is 5 pixels wide
    let pattern = output(&dense, CHANNELS);
    assert_eq!(lengths(&pattern), [[6]]);
    assert_eq!(steps(&pattern), [[[0, 0], [10, 6]]]);
    let block = &pattern.row_blocks[0];
    let starts = |rows: Range<usize>| pattern.rows[rows].iter().map(|row| [row.a, row.c]);
    let outer: Vec<_> = starts(block.outer.clone()).collect();
    assert_eq!(outer, [[0, 0], [10, 12], [20, 24]]);
    let inner: Vec<_> = starts(block.inner.clone()).collect();
    assert_eq!(inner, [[0, 0], [2, 4], [4, 8]]);

    let dilated = Window {
        dilation: [1, 2].into(),
        ..Window::new([2, 2])
    };
    let dilated = dilated.over([4, 5].into()).unwrap();
    assert_eq!(lengths(&output(&dilated, CHANNELS)), [[2, 2]]);
    let groups = Channels {
        groups: 2,
        ..CHANNELS
    };
    assert_eq!(lengths(&output(&dense, groups)), [[1, 1, 1]]);
    // of many channels, so many at a time that sums keep their digits
    let deep = Channels {
        inputs: 1200,
        ..CHANNELS
    };
    let point = geometry([4, 5], [1, 1], Padding::Valid);
    assert_eq!(lengths(&output(&point, deep)), [[512, 512, 176]]);
}

/// Pixels at the edges see fewer taps, each edge its own.
#[test]
fn edges_are_blocks_of_their_own() {
    let same = geometry([5, 6], [3, 3], Padding::Same);
    let pattern = output(&same, CHANNELS);
    assert_eq!(
        lengths(&pattern),
        [[4], [6], [4], [4], [6], [4], [4], [6], [4]]
    );
    let seen = steps(&pattern).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(seen, [2, 2, 2, 3, 3, 3, 2, 2, 2]);
    // at the top the second kernel row is the first that sees anything
    assert_eq!(steps(&pattern)[0], [[0, 6], [12, 12]]);
}

/// 3 taps of 4 filters a kernel row, of which the first and last image row see one, the others two.
#[test]
fn flipped_taps_side_by_side_are_one_range() {
    let dense = geometry([3, 5], [2, 3], Padding::Valid);
    let pattern = input_gradient(&dense, CHANNELS);
    // of a row: one, two, three, two, one of the three taps
    let row = [[4], [8], [12], [8], [4]];
    assert_eq!(lengths(&pattern)[..5], row);
    let seen = steps(&pattern).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(seen, [[1; 5], [2; 5], [1; 5]].concat());

    // outputs two rows apart, through kernel rows that are not side by side
    let window = Window {
        stride: Size::from([2, 1]),
        padding: Padding::all(1),
        ..Window::new(3)
    };
    let strided = window.over([5, 1].into()).unwrap();
    let pattern = input_gradient(&strided, CHANNELS);
    assert_eq!(steps(&pattern), [vec![[0, 12]], vec![[0, 0], [4, 24]]]);
    assert_eq!(lengths(&pattern), [[4], [4]]);
}

/// The taps of a dense kernel row are rows of one block.
#[test]
fn blocks_of_the_kernels_gradient() {
    let count = |pattern: &Pattern| {
        let rows = pattern.row_blocks.iter();
        rows.map(|block| [block.outer.len(), block.inner.len()])
            .collect::<Vec<_>>()
    };
    let dense = geometry([4, 5], [2, 3], Padding::Valid);
    assert_eq!(count(&kernel_gradient(&dense, CHANNELS)), [[2, 6]]);
    let groups = Channels {
        groups: 2,
        ..CHANNELS
    };
    assert_eq!(count(&kernel_gradient(&dense, groups)), [[6, 1]]);
    let dilated = Window {
        dilation: [1, 2].into(),
        ..Window::new([2, 2])
    };
    let dilated = dilated.over([4, 5].into()).unwrap();
    let pattern = kernel_gradient(&dilated, CHANNELS);
    assert_eq!(count(&pattern), [[4, 2]]);
    // 3 columns of outputs, for each of 3 rows
    assert_eq!(lengths(&pattern), [[3]]);
    assert_eq!(steps(&pattern), [[[0, 0], [10, 3], [20, 6]]]);
    // rows need not be side by side where the terms are
    let grey = Channels {
        inputs: 1,
        ..CHANNELS
    };
    let pattern = kernel_gradient(&dilated, grey);
    assert_eq!(pattern.layout, LhsLayout::RowMajor);
    assert_eq!(count(&pattern), [[2, 2]]);
    // a kernel row that does not see the first row of outputs is a block of its own
    let same = geometry([4, 5], [3, 3], Padding::Same);
    assert_eq!(count(&kernel_gradient(&same, CHANNELS)), [[1, 6]; 3]);
}
