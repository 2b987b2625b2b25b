//! A training step in steady state allocates nothing that grows with the batch. A program of its
//! own and one test, since the allocations of the whole process are counted.

use std::alloc::System;

use cap::Cap;
use dl_conv::models::mnist_cnn;
use dl_conv::ndarray::ArrayD;
use dl_nn::contract::samples;
use dl_nn::prelude::*;
use dl_nn::{LossPart, Predictor, Workspace};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const STEPS: usize = 10;

/// Bytes allocated a step, whether or not they were freed again, after three steps that make the
/// buffers and the optimiser's state.
fn bytes_a_step(mut step: impl FnMut()) -> usize {
    (0..3).for_each(|_| step());
    let before = MEMORY.total_allocated();
    (0..STEPS).for_each(|_| step());
    (MEMORY.total_allocated() - before) / STEPS
}

fn batch(n: usize) -> (ArrayD<f32>, Vec<usize>) {
    (
        samples(&[n, 28, 28, 1], 1),
        (0..n).map(|i| i % 10).collect(),
    )
}

/// Forward, loss, backward and update.
fn trainer_step(n: usize) -> usize {
    let (x, labels) = batch(n);
    let model: Model<f32> = mnist_cnn().build(0).unwrap();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3)).unwrap();
    bytes_a_step(|| {
        trainer.step(&x, &labels).unwrap();
    })
}

/// Forward and backward alone.
fn workspace_pass(n: usize) -> usize {
    let (x, _) = batch(n);
    let model: Model<f32> = mnist_cnn().build(0).unwrap();
    let mut workspace = Workspace::training(&model, n).unwrap();
    bytes_a_step(|| {
        let mode = Mode::Train { seed: 0 };
        workspace.train(&model, Batch::from_array(&x), mode, &|_, y, dy| {
            dy.copy_from_slice(y);
            LossPart::default()
        });
    })
}

/// Single predictions, of images and of rows so wide that their sums are cut into blocks.
fn prediction() -> usize {
    let of = |network: Sequential<f32>, shape: &[usize]| {
        let mut predictor = Predictor::new(network.build(0).unwrap(), 1).unwrap();
        let x: ArrayD<f32> = samples(shape, 1);
        bytes_a_step(|| {
            predictor.predict(&x).unwrap();
        })
    };
    let wide = Sequential::input([784])
        .push(Dense::new(512).activation(Relu))
        .push(Dense::new(10));
    of(mnist_cnn(), &[1, 28, 28, 1]) + of(wide, &[1, 784])
}

#[test]
fn a_step_allocates_nothing_that_grows_with_the_batch() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.unwrap().install(|| {
        for measure in [trainer_step, workspace_pass] {
            let bytes = [32, 64, 128, 256].map(measure);
            // an image alone has 3 KB, its activations 147 KB
            assert!(bytes[3] <= bytes[0] + 512, "{bytes:?}");
            assert!(bytes[0] > 0, "nothing is counted");
        }
        assert_eq!(prediction(), 0);
    });
}
