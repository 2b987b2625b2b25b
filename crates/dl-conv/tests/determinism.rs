//! The same seed gives the same bits, whatever the number of threads, for convolutional networks.

use dl_conv::models::mnist_cnn;
use dl_conv::ndarray::ArrayD;
use dl_conv::{Conv2d, ConvTranspose2d, LocalResponseNorm, MaxPool2d, Padding};
use dl_nn::Weights;
use dl_nn::contract::samples;
use dl_nn::prelude::*;

const BATCH: usize = 64;

/// Two batches and a smaller last one.
const IMAGES: usize = 2 * BATCH + 23;

/// Two epochs; the weights, the losses, and predictions for all images.
fn train(
    network: Sequential<f32>,
    threads: usize,
    seed: u64,
) -> (Weights<f32>, Vec<f64>, ArrayD<f32>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(|| {
        let x: ArrayD<f32> = samples(&[IMAGES, 28, 28, 1], 3);
        let labels: Vec<usize> = (0..IMAGES).map(|i| i * 7 % 10).collect();
        let model = network.build(1).unwrap();
        let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3));
        let mut trainer = trainer.unwrap().seed(seed);
        let fit = Fit::epochs(2).batch_size(BATCH);
        let losses = trainer.fit(&x, &labels, fit).unwrap().losses();
        let predictions = trainer.predict(&x).unwrap();
        (trainer.model().weights(), losses, predictions)
    })
}

#[track_caller]
fn assert_deterministic(network: fn() -> Sequential<f32>) {
    let one = train(network(), 1, 7);
    assert!(one.1.iter().all(|loss| loss.is_finite()));
    assert!(one.2.iter().all(|y| y.is_finite()));
    for threads in [1, 2, 8] {
        // `==` on numbers that are not NaN
        assert!(train(network(), threads, 7) == one, "{threads} threads");
    }
    assert!(
        train(network(), 2, 8).0 != one.0,
        "another seed, other weights"
    );
}

#[test]
fn the_mnist_network() {
    assert_deterministic(mnist_cnn);
}

/// With dropout among the layers that share a block and among those that do not, and every other
/// kind of layer that sums.
#[test]
fn a_network_with_dropout() {
    assert_deterministic(|| {
        Sequential::input([28, 28, 1])
            .push(Conv2d::new(32, 3).activation(Relu))
            .push(LocalResponseNorm::new())
            .push(MaxPool2d::new(2))
            .push(Dropout::new(0.2))
            .push(Conv2d::new(64, 3).groups(4).activation(Gelu))
            .push(MaxPool2d::new(2))
            .push(
                ConvTranspose2d::new(16, 3)
                    .stride(2)
                    .padding(Padding::Same)
                    .activation(Relu),
            )
            .push(Flatten)
            .push(Dense::new(64).activation(Relu))
            .push(Dropout::new(0.5))
            .push(Dense::new(10))
    });
}
