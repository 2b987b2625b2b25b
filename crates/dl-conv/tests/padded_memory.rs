//! A convolution that pads its rows with many more zeros than there are pixels works on fewer samples
//! at once. A program of its own and one test, since the memory of the whole process is measured.

use std::alloc::System;

use cap::Cap;
use dl_conv::{Conv2d, Padding};
use dl_nn::ndarray::Array4;
use dl_nn::prelude::*;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

#[test]
fn samples_with_wide_padding_go_through_in_small_blocks() {
    let zeros = 1 << 16;
    let sides = Padding::Explicit {
        top: 0,
        bottom: 0,
        left: zeros,
        right: zeros,
    };
    let conv = Conv2d::new(1, 1).padding(sides).stride([1, zeros]);
    let model: Model<f32> = Sequential::input([8, 8, 1]).push(conv).build(0).unwrap();
    // rows of 2¹⁷ + 1 numbers, a gibibyte for all samples
    assert_eq!(
        model.least_limits().sample,
        8 * 8 + 8 * ((1 << 17) + 1) + 8 * 3
    );
    let x = Array4::from_elem((256, 8, 8, 1), 1.0);
    // each thread has a block of its own
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let (y, allocated) = pool.unwrap().install(|| {
        let before = MEMORY.allocated();
        let y = model.predict(&x).unwrap();
        (y, MEMORY.max_allocated() - before)
    });
    assert!(allocated < 20 << 20, "{allocated}");
    let kernel = model.params().next().unwrap().1.sum();
    let middle = y.iter().skip(1).step_by(3);
    assert!(middle.eq(std::iter::repeat_n(&kernel, 256 * 8)));
}
