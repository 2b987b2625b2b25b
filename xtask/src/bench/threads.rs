//! Training the MNIST CNN on several threads compared with one.

use std::error::Error;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::job::{Job, Setting, Sides};
use super::networks::CNN;
use super::side::{Measure, Side, Unit};
use super::training::Training;

pub(super) fn cnn() -> Job {
    Job {
        title: "MNIST CNN, training, all threads against one".into(),
        start: Box::new(start),
        ..Job::new("cnn-threads", &[Unit::ImagesPerSecond])
    }
}

fn start(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let side = |threads: usize| -> Result<Pooled, Box<dyn Error>> {
        Ok(Pooled {
            pool: ThreadPoolBuilder::new().num_threads(threads).build()?,
            training: Training::new(&CNN, 12_800 / setting.divisor)?,
        })
    };
    Ok(Sides {
        peers: vec![Box::new(side(1)?)],
        ..Sides::new(side(setting.threads)?)
    })
}

/// Training within a thread pool of its own.
struct Pooled {
    pool: ThreadPool,
    training: Training,
}

impl Side for Pooled {
    fn name(&self) -> String {
        match self.pool.current_num_threads() {
            1 => "ours, 1 thread".into(),
            threads => format!("ours, {threads} threads"),
        }
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        let training = &mut self.training;
        let result = self.pool.install(|| {
            let result = training.measure();
            result.map_err(|error| error.to_string())
        });
        Ok(result?)
    }
}
