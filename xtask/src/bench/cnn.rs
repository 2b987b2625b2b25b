//! The MNIST CNN: training and inference.

use std::error::Error;
use std::time::Instant;

use dl_conv::models::mnist_cnn;
use dl_nn::Model;
use dl_nn::ndarray::{ArrayView4, Axis, Slice};
use serde_json::json;

use super::flops;
use super::job::{Job, Setting, Sides};
use super::mnist::{BATCH, Training, mnist};
use super::side::{Measure, Side, Unit};

/// Images a call of inference: what `Model::predict` takes at once.
const INFERENCE_BATCH: usize = 256;

pub(super) fn training() -> Job {
    Job {
        name: "cnn-train",
        title: "MNIST CNN, training, batch 64, Adam",
        unit: Unit::ImagesPerSecond,
        start: start_training,
    }
}

pub(super) fn inference() -> Job {
    Job {
        name: "cnn-infer",
        title: "MNIST CNN, inference, batch 256",
        unit: Unit::ImagesPerSecond,
        start: start_inference,
    }
}

fn start_training(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let samples = 19_200 / setting.divisor;
    let ours = Training::new(mnist_cnn(), samples)?;
    Ok(Sides {
        flops: Some(flops::training(ours.model())),
        ours: Box::new(ours),
        peers: peers(setting, "cnn_train", samples, BATCH)?,
    })
}

fn start_inference(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let samples = 9_728 / setting.divisor / INFERENCE_BATCH * INFERENCE_BATCH;
    let images = mnist()?.test.images();
    let ours = Inference {
        model: mnist_cnn().build(0)?,
        images: images.slice_axis(Axis(0), Slice::from(..samples)),
    };
    Ok(Sides {
        flops: Some(flops::forward(&ours.model)),
        ours: Box::new(ours),
        peers: peers(setting, "cnn_infer", samples, INFERENCE_BATCH)?,
    })
}

fn peers(
    setting: &Setting,
    job: &str,
    samples: usize,
    batch: usize,
) -> Result<Vec<Box<dyn Side>>, Box<dyn Error>> {
    let torch = |layout| json!({"job": job, "layout": layout, "samples": samples, "batch": batch});
    let keras = json!({"job": job, "samples": samples, "batch": batch});
    setting.peers(|peers| {
        Ok(vec![
            peers.side("pytorch.py", "", torch("default"))?,
            peers.side("pytorch.py", "channels-last", torch("channels_last"))?,
            peers.side("tensorflow_keras.py", "", keras)?,
        ])
    })
}

struct Inference {
    model: Model<f32>,
    images: ArrayView4<'static, f32>,
}

impl Side for Inference {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        let warm_up = Slice::from(..2 * INFERENCE_BATCH);
        self.model
            .predict(&self.images.slice_axis(Axis(0), warm_up))?;
        let start = Instant::now();
        let outputs = self.model.predict(&self.images)?;
        Ok(Measure::Work {
            seconds: start.elapsed().as_secs_f64(),
            amount: outputs.len_of(Axis(0)) as f64,
        })
    }
}
