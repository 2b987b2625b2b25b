//! Reading gzipped MNIST into arrays of 32-bit floats.

use std::error::Error;
use std::time::Instant;

use dl_data::Mnist;
use serde_json::json;

use super::job::{Job, Setting, Sides};
use super::mnist::folder;
use super::side::{Measure, Side, Unit};

const TIMES: usize = 10;

pub(super) fn mnist() -> Job {
    Job {
        name: "read",
        title: "reading gzipped MNIST into arrays",
        unit: Unit::Milliseconds,
        start,
    }
}

fn start(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let job = json!({"job": "read", "times": TIMES});
    Ok(Sides {
        flops: None,
        ours: Box::new(Reading),
        peers: setting.peers(|peers| Ok(vec![peers.side("read_mnist.py", "", job)?]))?,
    })
}

struct Reading;

impl Side for Reading {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        Mnist::<f32>::load(folder())?;
        let start = Instant::now();
        for _ in 0..TIMES {
            Mnist::<f32>::load(folder())?;
        }
        Ok(Measure::Work {
            seconds: start.elapsed().as_secs_f64(),
            amount: TIMES as f64,
        })
    }
}
