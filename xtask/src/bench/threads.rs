//! The MNIST CNN's training on several threads against the same on one.

use std::error::Error;

use dl_conv::models::mnist_cnn;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::job::{Job, Setting, Sides};
use super::mnist::Training;
use super::side::{Measure, Side, Unit};

pub(super) fn cnn() -> Job {
    Job {
        name: "cnn-threads",
        title: "MNIST CNN, training, all threads against one",
        unit: Unit::ImagesPerSecond,
        start,
    }
}

fn start(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let side = |threads: usize| -> Result<Box<dyn Side>, Box<dyn Error>> {
        Ok(Box::new(Pooled {
            pool: ThreadPoolBuilder::new().num_threads(threads).build()?,
            training: Training::new(mnist_cnn(), 12_800 / setting.divisor)?,
        }))
    };
    Ok(Sides {
        flops: None,
        ours: side(setting.threads)?,
        peers: vec![side(1)?],
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
            let result = training.run();
            result.map_err(|error| error.to_string())
        });
        Ok(result?)
    }
}
