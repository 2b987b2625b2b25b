//! Reading gzipped MNIST into arrays of 32-bit floats.

use std::error::Error;
use std::time::Instant;

use dl_data::Mnist;
use serde_json::json;

use super::job::{Job, Setting, Sides};
use super::samples::folder;
use super::side::{Measure, Side, Unit};
use super::wanted::Wanted;

const TIMES: usize = 10;

pub(super) fn mnist() -> Job {
    Job {
        title: "reading gzipped MNIST into arrays".into(),
        start: Box::new(start),
        ..Job::new("read", &[Unit::Milliseconds])
    }
}

fn start(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let job = json!({"job": "read", "times": TIMES});
    Ok(Sides {
        peers: setting.sides(vec![Wanted::new("read_mnist.py", "", job)])?,
        ..Sides::new(Reading)
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
