//! A fully connected network on MNIST: training.

use std::error::Error;

use dl_nn::prelude::*;
use serde_json::json;

use super::flops;
use super::job::{Job, Setting, Sides};
use super::mnist::{BATCH, Training};
use super::side::Unit;

pub(super) fn training() -> Job {
    Job {
        name: "mlp-train",
        title: "MNIST MLP 784-512-512-10, training, batch 64, Adam",
        unit: Unit::ImagesPerSecond,
        start,
    }
}

fn start(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let samples = 38_400 / setting.divisor;
    let model = Sequential::input([784])
        .push(Dense::new(512).activation(Relu))
        .push(Dense::new(512).activation(Relu))
        .push(Dense::new(10));
    let job = json!({"job": "mlp_train", "samples": samples, "batch": BATCH});
    let ours = Training::new(model, samples)?;
    Ok(Sides {
        flops: Some(flops::training(ours.model())),
        ours: Box::new(ours),
        peers: setting.peers(|peers| Ok(vec![peers.side("pytorch.py", "", job)?]))?,
    })
}
