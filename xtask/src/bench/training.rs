//! Training of a network with Adam.

use std::error::Error;
use std::time::Instant;

use dl_nn::ndarray::{ArrayViewD, Axis, Slice};
use dl_nn::prelude::*;
use serde_json::json;

use super::flops;
use super::job::{Job, Sides};
use super::networks::Network;
use super::peers::torch_variants;
use super::side::{Measure, Side, Unit};
use super::wanted::Wanted;

/// Samples per step.
pub(super) const BATCH: usize = 64;

/// Warm-up steps, as many as for the peers.
const WARM_UP: usize = 10;

/// Epochs over a number of samples.
pub(super) fn job(name: &'static str, network: &'static Network, samples: usize) -> Job {
    Job {
        title: format!("{}, training, batch {BATCH}, Adam", network.title),
        start: Box::new(move |setting| {
            let samples = (samples / setting.divisor).max(BATCH);
            let ours = Training::new(network, samples)?;
            Ok(Sides {
                flops: Some(flops::training(ours.model())),
                peers: setting.sides(peers(network, samples))?,
                ..Sides::new(ours)
            })
        }),
        ..Job::new(name, &[Unit::ImagesPerSecond])
    }
}

fn peers(network: &Network, samples: usize) -> Vec<Wanted> {
    let job = json!({"job": "train", "net": network.name, "samples": samples, "batch": BATCH});
    let mut wanted = torch_variants(network, &job);
    if network.name == "cnn" {
        let job = json!({"job": "cnn_train", "samples": samples, "batch": BATCH});
        wanted.push(Wanted::new("tensorflow_keras.py", "", job));
    }
    wanted
}

/// A network with Adam and the training samples, `[n, …input]`.
pub(super) struct Training {
    trainer: Trainer<f32>,
    x: ArrayViewD<'static, f32>,
    labels: &'static [usize],
    samples: usize,
}

impl Training {
    /// Prepares epochs of `samples` samples, rounded down to whole batches.
    pub(super) fn new(network: &Network, samples: usize) -> Result<Self, Box<dyn Error>> {
        let (x, labels) = network.samples.train()?;
        let model = (network.describe)().build(0)?;
        let mut shape = vec![x.len_of(Axis(0))];
        shape.extend(model.input_shape());
        Ok(Self {
            x: x.into_shape_with_order(shape)?,
            labels: labels.to_slice().ok_or("labels have gaps")?,
            trainer: Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?,
            samples: samples / BATCH * BATCH,
        })
    }

    /// One epoch over the first `samples`, shuffled.
    fn fit(&mut self, samples: usize) -> Result<(), Box<dyn Error>> {
        let x = self.x.slice_axis(Axis(0), Slice::from(..samples));
        let options = Fit::epochs(1).batch_size(BATCH);
        self.trainer.fit(&x, &self.labels[..samples], options)?;
        Ok(())
    }

    /// The model trained so far.
    pub(super) fn model(&self) -> &Model<f32> {
        self.trainer.model()
    }
}

impl Side for Training {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        self.fit(WARM_UP * BATCH)?;
        let start = Instant::now();
        self.fit(self.samples)?;
        Ok(Measure::Work {
            seconds: start.elapsed().as_secs_f64(),
            amount: self.samples as f64,
        })
    }
}
