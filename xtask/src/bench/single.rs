//! Inference of one sample at a time: the median and the tail of the time of a call.

use std::error::Error;
use std::time::Instant;

use dl_nn::Predictor;
use dl_nn::ndarray::{ArrayViewD, Axis, Slice};
use serde_json::json;

use super::exported::Exported;
use super::flops;
use super::inference::inputs;
use super::job::{Job, Sides};
use super::networks::Network;
use super::peers::torch_variants;
use super::side::{Measure, Side, Unit};

/// Maximum number of samples that take turns.
const SAMPLES: usize = 500;

/// A number of calls with one sample each.
pub(super) fn job(name: &'static str, network: &'static Network, calls: usize) -> Job {
    let sample = if network.images { "image" } else { "row" };
    Job {
        title: format!("{}, one {sample}", network.title),
        start: Box::new(move |setting| {
            let calls = calls / setting.divisor;
            let model = (network.describe)().build(0)?;
            let x = inputs(network, &model, SAMPLES)?;
            let exported = Exported::new(&model, &x)?;
            let job = json!({"job": "single", "net": network.name, "calls": calls});
            let mut wanted = torch_variants(network, &job);
            wanted.extend(exported.single(calls));
            let ours = Single {
                predictor: Predictor::new(model, 1)?,
                x,
                calls,
            };
            Ok(Sides {
                flops: Some(flops::forward(ours.predictor.model())),
                peers: setting.sides(wanted)?,
                exported: Some(exported),
                ..Sides::new(ours)
            })
        }),
        ..Job::new(name, &[Unit::MedianLatency, Unit::TailLatency])
    }
}

struct Single {
    predictor: Predictor<f32>,
    x: ArrayViewD<'static, f32>,
    calls: usize,
}

impl Single {
    /// Seconds of one call.
    fn call(&mut self, number: usize) -> f64 {
        let sample = number % self.x.len_of(Axis(0));
        let sample = Slice::from(sample..=sample);
        let start = Instant::now();
        let x = self.x.slice_axis(Axis(0), sample);
        let outputs = self.predictor.predict(&x);
        std::hint::black_box(outputs).expect("a sample of the model's");
        start.elapsed().as_secs_f64()
    }
}

impl Side for Single {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        for number in 0..self.calls / 10 {
            self.call(number);
        }
        let mut seconds: Vec<f64> = (0..self.calls).map(|number| self.call(number)).collect();
        seconds.sort_by(f64::total_cmp);
        Ok(Measure::Latency {
            p50: seconds[self.calls / 2],
            p99: seconds[self.calls * 99 / 100],
        })
    }
}
