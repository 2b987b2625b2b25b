//! AlexNet: a forward and a backward pass.

use std::error::Error;
use std::time::Instant;

use dl_conv::models::alexnet;
use dl_nn::losses::{SoftmaxCrossEntropy, mean_loss_part};
use dl_nn::ndarray::{Array4, ArrayD};
use dl_nn::{Batch, LossPart, Mode, Model, Target, Workspace};
use serde_json::json;

use super::flops;
use super::job::{Job, Setting, Sides};
use super::side::{Measure, Side, Unit};
use super::wanted::Wanted;

const BATCH: usize = 8;
const CLASSES: usize = 1000;

pub(super) fn gradient() -> Job {
    Job {
        title: format!("AlexNet, 227×227×3, batch {BATCH}, forward and backward"),
        start: Box::new(start),
        ..Job::new("alexnet", &[Unit::ImagesPerSecond])
    }
}

fn start(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let steps = (10 / setting.divisor).max(1);
    let peer = |variant, layout, compiled| {
        let job = json!({
            "job": "gradient", "net": "alexnet", "layout": layout, "compiled": compiled,
            "steps": steps, "batch": BATCH,
        });
        Wanted::new("pytorch.py", variant, job)
    };
    let model = alexnet(227, CLASSES).build(0)?;
    // Any numbers in 0..1 will do.
    let image = |(n, row, column, channel)| {
        ((n * 31 + row * 17 + column * 7 + channel * 3) % 101) as f32 / 101.0
    };
    let ours = Gradient {
        workspace: Workspace::training(&model, BATCH)?,
        model,
        images: Array4::from_shape_fn((BATCH, 227, 227, 3), image).into_dyn(),
        labels: (0..BATCH).map(|n| n * 97 % CLASSES).collect(),
        steps,
    };
    Ok(Sides {
        flops: Some(flops::training(&ours.model)),
        peers: setting.sides(vec![
            peer("", "default", false),
            peer("channels-last", "channels_last", false),
            peer("compiled, channels-last", "channels_last", true),
        ])?,
        ..Sides::new(ours)
    })
}

struct Gradient {
    model: Model<f32>,
    workspace: Workspace<f32>,
    images: ArrayD<f32>,
    labels: Vec<usize>,
    steps: usize,
}

impl Gradient {
    fn step(&mut self, seed: u64) -> f64 {
        let (loss, targets) = (
            SoftmaxCrossEntropy::new(),
            Target::Classes((&self.labels).into()),
        );
        let mean_loss =
            |samples: std::ops::Range<usize>, outputs: &[f32], delta: &mut [f32]| LossPart {
                loss: mean_loss_part(&loss, outputs, &targets, samples, None, BATCH as f64, delta),
                correct: 0,
            };
        let (images, mode) = (Batch::from_array(&self.images), Mode::Train { seed });
        let part = self.workspace.train(&self.model, images, mode, &mean_loss);
        part.loss
    }
}

impl Side for Gradient {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        self.step(0);
        let start = Instant::now();
        for seed in 0..self.steps {
            let loss = self.step(seed as u64);
            if !loss.is_finite() {
                return Err(format!("a loss of {loss}").into());
            }
        }
        Ok(Measure::Work {
            seconds: start.elapsed().as_secs_f64(),
            amount: (self.steps * BATCH) as f64,
        })
    }
}
