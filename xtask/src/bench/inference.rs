//! Inference in batches.

use std::error::Error;
use std::time::Instant;

use dl_nn::Model;
use dl_nn::ndarray::{ArrayViewD, Axis, Slice};
use serde_json::json;

use super::exported::Exported;
use super::flops;
use super::job::{Job, Sides, Wanted};
use super::networks::Network;
use super::peers::torch_variants;
use super::side::{Measure, Side, Unit};

/// Samples a call: what `Model::predict` takes at once.
const BATCH: usize = 256;

/// Predictions for so many samples.
pub(super) fn job(name: &'static str, network: &'static Network, samples: usize) -> Job {
    Job {
        title: format!("{}, inference, batch {BATCH}", network.title),
        start: Box::new(move |setting| {
            let samples = (samples / setting.divisor / BATCH).max(1) * BATCH;
            let model = (network.describe)().build(0)?;
            let x = inputs(network, &model, samples)?;
            let exported = Exported::new(&model, &x)?;
            let job =
                json!({"job": "infer", "net": network.name, "samples": samples, "batch": BATCH});
            let mut wanted = torch_variants(network, &job);
            if network.name == "cnn" {
                let job = json!({"job": "cnn_infer", "samples": samples, "batch": BATCH});
                wanted.push(Wanted::new("tensorflow_keras.py", "", job));
            }
            wanted.extend(exported.batches(BATCH));
            let ours = Inference { model, x };
            Ok(Sides {
                flops: Some(flops::forward(&ours.model)),
                peers: setting.sides(wanted)?,
                exported: Some(exported),
                ..Sides::new(ours)
            })
        }),
        ..Job::new(name, &[Unit::ImagesPerSecond])
    }
}

/// The first so many of the network's test samples, `[n, …input]`.
pub(super) fn inputs(
    network: &Network,
    model: &Model<f32>,
    samples: usize,
) -> Result<ArrayViewD<'static, f32>, Box<dyn Error>> {
    let x = network.samples.test()?;
    let mut shape = vec![x.len_of(Axis(0))];
    shape.extend(model.input_shape());
    let x = x.into_shape_with_order(shape)?;
    let samples = samples.min(x.len_of(Axis(0)));
    Ok(x.slice_axis_move(Axis(0), Slice::from(..samples)))
}

struct Inference {
    model: Model<f32>,
    x: ArrayViewD<'static, f32>,
}

impl Side for Inference {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        let warm_up = self.x.len_of(Axis(0)).min(2 * BATCH);
        let warm_up = Slice::from(..warm_up);
        self.model.predict(&self.x.slice_axis(Axis(0), warm_up))?;
        let start = Instant::now();
        let outputs = self.model.predict(&self.x)?;
        Ok(Measure::Work {
            seconds: start.elapsed().as_secs_f64(),
            amount: outputs.len_of(Axis(0)) as f64,
        })
    }
}
