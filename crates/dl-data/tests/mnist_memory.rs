//! Reading MNIST takes little memory besides its result. A separate program, since the allocations of the whole
//! process are counted; not part of the published crate, since its data is not.

use std::alloc::System;

use cap::Cap;
use dl_data::Mnist;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

#[test]
fn the_peak_is_the_result() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/mnist");
    let mnist = Mnist::<f32>::load(folder).unwrap();
    let pixels = mnist.train.images().len() + mnist.test.images().len();
    let result = pixels * size_of::<f32>();
    let peak = MEMORY.max_allocated();
    assert!(peak >= result);
    // blocks in transit, decoders, labels: 1.5 % of the result
    assert!(peak <= result + (5 << 20), "{peak} for {result}");
}
