//! Convolutions to be tried, shared by the tests.

// not each of which needs all of it
#![allow(dead_code, unreachable_pub)]

use dl_conv::{Padding, Size, Window};
use dl_core::Scalar;
use dl_core::random::generator;
use ndarray::{Array4, ArrayD, Ix4, IxDyn};
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub struct Case {
    pub images: usize,
    pub image: [usize; 2],
    /// Input channels and filters of a group.
    pub depths: [usize; 2],
    pub groups: usize,
    pub window: Window,
}

fn size(range: std::ops::Range<usize>) -> impl Strategy<Value = Size> {
    (range.clone(), range).prop_map(|(h, w)| Size::from([h, w]))
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![
        Just(Padding::Valid),
        Just(Padding::Same),
        (0..4_usize, 0..4_usize, 0..4_usize, 0..4_usize).prop_map(|(top, bottom, left, right)| {
            Padding::Explicit {
                top,
                bottom,
                left,
                right,
            }
        }),
    ]
}

/// Any convolution that fits its image.
pub fn cases(side: usize, depth: usize) -> impl Strategy<Value = Case> {
    let window = (size(1..4), size(1..4), size(1..3), padding());
    let window = window.prop_map(|(kernel, stride, dilation, padding)| Window {
        kernel,
        stride,
        dilation,
        padding,
    });
    let image = (1..side, 1..side).prop_map(|(h, w)| [h, w]);
    let depths = (1..depth, 1..depth).prop_map(|(c, f)| [c, f]);
    (1..6_usize, image, depths, 1..4_usize, window)
        .prop_map(|(images, image, depths, groups, window)| Case {
            images,
            image,
            depths,
            groups,
            window,
        })
        .prop_filter("the window fits", |case| {
            case.window.over(case.image.into()).is_ok()
        })
}

/// Small whole numbers, so that sums are exact in any order.
pub fn whole<F: Scalar>(shape: &[usize], seed: u64) -> ArrayD<F> {
    let mut rng = generator(seed);
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        F::cast((f64::uniform(&mut rng) * 19.0).floor() - 9.0)
    })
}

pub fn rank4<F: Scalar>(x: &ArrayD<F>) -> ndarray::ArrayView4<'_, F> {
    x.view().into_dimensionality::<Ix4>().unwrap()
}

/// [`whole`] of rank 4.
pub fn whole4<F: Scalar>(shape: [usize; 4], seed: u64) -> Array4<F> {
    rank4(&whole(&shape, seed)).to_owned()
}
