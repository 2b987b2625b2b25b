//! Activations and an optimiser's update on one core: `cargo bench -p dl-nn --bench kernels`.
//!
//! Items are elements, bytes all that is read and written.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use dl_nn::contract::samples;
use dl_nn::ndarray::{Array2, Ix2};
use dl_nn::optim::{AdaGrad, Adam, AdamW, Optimizer, Parameter, RmsProp, Rule, Sgd};
use dl_nn::prelude::*;

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("a thread").install(divan::main);
}

fn matrix(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let values = samples(&[rows, columns], seed);
    values.into_dimensionality::<Ix2>().expect("of rank 2")
}

/// A block's values: 8 images of 26 × 26 × 32.
const VALUES: usize = 8 * 26 * 26 * 32;

const ACTIVATIONS: [Activation; 8] = [
    Relu,
    LeakyRelu { slope: 0.01 },
    Gelu,
    Silu,
    Sigmoid,
    Tanh,
    Softplus,
    Softmax,
];

/// z ← g(z) of standard normal values (and of what became of them, the second time).
#[divan::bench(args = ACTIVATIONS)]
fn activation_forward(bencher: Bencher, activation: Activation) {
    let z = matrix(VALUES / 32, 32, 1).into_raw_vec_and_offset().0;
    let bencher = bencher.counter(ItemsCount::new(VALUES));
    bencher
        .with_inputs(|| z.clone())
        .bench_local_refs(|z| activation.forward(z, 32));
}

#[divan::bench(args = ACTIVATIONS)]
fn activation_backward(bencher: Bencher, activation: Activation) {
    let z = matrix(VALUES / 32, 32, 1).into_raw_vec_and_offset().0;
    let mut y = z.clone();
    activation.forward(&mut y, 32);
    let bencher = bencher.counter(ItemsCount::new(VALUES));
    bencher
        .with_inputs(|| z.clone())
        .bench_local_refs(|dy| activation.backward(&z, &y, dy, 32));
}

/// An update of a million weights; `arrays` are read or written a step.
fn update(bencher: Bencher, rule: impl Rule<f32> + 'static, arrays: usize) {
    const WEIGHTS: usize = 1 << 20;
    let mut optimizer = Optimizer::new(rule).expect("settings in range");
    let mut value = matrix(WEIGHTS, 1, 1).into_raw_vec_and_offset().0;
    let grad = matrix(WEIGHTS, 1, 2).into_raw_vec_and_offset().0;
    let bencher = bencher
        .counter(ItemsCount::new(WEIGHTS))
        .counter(BytesCount::of_many::<f32>(arrays * WEIGHTS));
    bencher.bench_local(|| {
        let mut parameter = Parameter::new("kernel", &mut value, &grad);
        parameter.decay = true;
        optimizer.step(&mut [parameter], 1.0)
    });
}

/// Reads the gradient, reads and writes the weights.
#[divan::bench]
fn sgd(bencher: Bencher) {
    update(bencher, Sgd::new(1e-3), 3);
}

#[divan::bench]
fn sgd_momentum(bencher: Bencher) {
    update(bencher, Sgd::new(1e-3).momentum(0.9), 5);
}

#[divan::bench]
fn ada_grad(bencher: Bencher) {
    update(bencher, AdaGrad::new(1e-3), 5);
}

#[divan::bench]
fn rms_prop(bencher: Bencher) {
    update(bencher, RmsProp::new(1e-3), 5);
}

#[divan::bench]
fn adam(bencher: Bencher) {
    update(bencher, Adam::new(1e-3), 7);
}

#[divan::bench]
fn adam_w(bencher: Bencher) {
    update(bencher, AdamW::new(1e-3), 7);
}
