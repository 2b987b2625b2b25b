//! MNIST, read once, and networks trained on it.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Instant;

use dl_data::Mnist;
use dl_nn::ndarray::{ArrayViewD, Axis, Slice};
use dl_nn::prelude::*;

use super::side::{Measure, Side};

/// Samples a step of training.
pub(super) const BATCH: usize = 64;

/// Steps before the clock starts, as many as the peers do.
const WARM_UP: usize = 10;

/// Where the data set is.
pub(super) fn folder() -> std::path::PathBuf {
    crate::programs::root().join("examples/data/mnist")
}

/// The data set of the examples.
pub(super) fn mnist() -> Result<&'static Mnist<f32>, Box<dyn Error>> {
    static MNIST: OnceLock<Mnist<f32>> = OnceLock::new();
    if let Some(mnist) = MNIST.get() {
        return Ok(mnist);
    }
    let mnist = Mnist::load(folder())?;
    Ok(MNIST.get_or_init(|| mnist))
}

/// A network with Adam and the training images, `[n, …input]`.
pub(super) struct Training {
    trainer: Trainer<f32>,
    images: ArrayViewD<'static, f32>,
    labels: &'static [usize],
    samples: usize,
}

impl Training {
    /// Prepares epochs of so many samples, rounded down to whole batches.
    pub(super) fn new(model: Sequential<f32>, samples: usize) -> Result<Self, Box<dyn Error>> {
        let train = &mnist()?.train;
        let model = model.build(0)?;
        let mut shape = vec![train.len()];
        shape.extend(model.input_shape());
        Ok(Self {
            images: train.images().view().into_shape_with_order(shape)?,
            labels: train.labels().as_slice().ok_or("labels have gaps")?,
            trainer: Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?,
            samples: samples / BATCH * BATCH,
        })
    }

    /// One epoch over the first `samples` images, in an order of its own.
    fn fit(&mut self, samples: usize) -> Result<(), Box<dyn Error>> {
        let first = Slice::from(..samples);
        let x = self.images.slice_axis(Axis(0), first);
        let options = Fit::epochs(1).batch_size(BATCH);
        self.trainer.fit(&x, &self.labels[..samples], options)?;
        Ok(())
    }

    /// Trains, and measures it.
    pub(super) fn run(&mut self) -> Result<Measure, Box<dyn Error>> {
        self.fit(WARM_UP * BATCH)?;
        let start = Instant::now();
        self.fit(self.samples)?;
        Ok(Measure::Work {
            seconds: start.elapsed().as_secs_f64(),
            amount: self.samples as f64,
        })
    }

    /// The model as trained so far.
    pub(super) fn model(&self) -> &Model<f32> {
        self.trainer.model()
    }
}

impl Side for Training {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        self.run()
    }
}
