//! Digits of MNIST, classified by a convolutional network built layer by layer.
//!
//! ```sh
//! cargo run --release --manifest-path examples/user-project/Cargo.toml -- 6400   # images to learn from
//! ```

use std::error::Error;
use std::time::Instant;

use dl_conv::{Conv2d, MaxPool2d};
use dl_data::Mnist;
use dl_nn::prelude::*;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
const TEST_IMAGES: usize = 1000;
const SEED: u64 = 1;

fn network() -> Sequential<f32> {
    Sequential::input([28, 28, 1])
        .push(Conv2d::new(32, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(64, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(64, 3).activation(Relu))
        .push(Flatten)
        .push(Dense::new(64).activation(Relu))
        .push(Dense::new(10))
}

fn main() -> Result<(), Box<dyn Error>> {
    let count = match std::env::args().nth(1) {
        Some(count) => count.parse()?,
        None => 6400,
    };
    let mnist = Mnist::<f32>::load(DATA)?;
    let (train, test) = (mnist.train.first(count)?, mnist.test.first(TEST_IMAGES)?);

    let model = network().build(SEED)?;
    println!("{}", model.summary());

    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?;
    let start = Instant::now();
    let fit = Fit::epochs(1).batch_size(64.min(count));
    let history = trainer.fit(train.images(), train.labels(), fit)?;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(epoch) = history.epochs.last() {
        println!("loss in training {:.3}", epoch.train.loss);
    }
    println!("trained {:.0} images/s", count as f64 / seconds);

    let predicted = trainer.predict_classes(test.images())?;
    let pairs = predicted.iter().zip(test.labels());
    let right = pairs
        .filter(|(predicted, label)| predicted == label)
        .count();
    println!("{right} of {TEST_IMAGES} test images are classified right");
    Ok(())
}
