//! Inference in batches.

use std::error::Error;
use std::time::Instant;

use dl_nn::ndarray::{ArrayViewD, Axis, Slice};
use dl_nn::{Model, Predictor};
use serde_json::json;

use super::exported::Exported;
use super::flops;
use super::job::{Job, Sides};
use super::networks::Network;
use super::peers::torch_variants;
use super::side::{Measure, Side, Unit};
use super::wanted::Wanted;

/// Samples per call.
const BATCH: usize = 256;

/// Predictions for a number of samples.
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
            let flops = flops::forward(&model);
            let predictor = Predictor::new(model, BATCH)?;
            let ours = Inference { predictor, x };
            Ok(Sides {
                flops: Some(flops),
                peers: setting.sides(wanted)?,
                exported: Some(exported),
                ..Sides::new(ours)
            })
        }),
        ..Job::new(name, &[Unit::ImagesPerSecond])
    }
}

/// The first of the network's test samples, `[n, …input]`.
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
    predictor: Predictor<f32>,
    x: ArrayViewD<'static, f32>,
}

impl Side for Inference {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        self.predict(2)?;
        let start = Instant::now();
        let amount = self.predict(usize::MAX)?;
        Ok(Measure::Work {
            seconds: start.elapsed().as_secs_f64(),
            amount: amount as f64,
        })
    }
}

impl Inference {
    /// Predicts up to `batches` batches; returns the number of samples.
    fn predict(&mut self, batches: usize) -> Result<usize, Box<dyn Error>> {
        let mut samples = 0;
        for x in self.x.axis_chunks_iter(Axis(0), BATCH).take(batches) {
            samples += self.predictor.predict(&x)?.len_of(Axis(0));
        }
        Ok(samples)
    }
}
