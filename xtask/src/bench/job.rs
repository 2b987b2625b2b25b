//! The list of jobs.

use std::error::Error;

use super::peers::Peers;
use super::side::{Side, Unit};
use super::{alexnet, cnn, iris, memory, mlp, reading, threads};

/// How a job is run.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) threads: usize,
    /// The work is divided by this.
    pub(super) divisor: usize,
    pub(super) peers: Option<Peers>,
}

impl Setting {
    /// The sides that the scripts give, if there is a Python to run them.
    pub(super) fn peers<F>(&self, sides: F) -> Result<Vec<Box<dyn Side>>, Box<dyn Error>>
    where
        F: FnOnce(&Peers) -> Result<Vec<Box<dyn Side>>, Box<dyn Error>>,
    {
        self.peers.as_ref().map_or(Ok(Vec::new()), sides)
    }
}

/// The sides of a job; those of the peers are measured first.
pub(super) struct Sides {
    pub(super) ours: Box<dyn Side>,
    pub(super) peers: Vec<Box<dyn Side>>,
    /// Floating-point operations of one piece of our work, where they are what takes the time.
    pub(super) flops: Option<f64>,
}

/// A whole job, as a user has one.
pub(super) struct Job {
    /// What the command line calls it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    pub(super) start: fn(&Setting) -> Result<Sides, Box<dyn Error>>,
}

/// All jobs, in the table's order.
pub(super) fn all() -> Vec<Job> {
    vec![
        cnn::training(),
        cnn::inference(),
        mlp::training(),
        iris::fit_f32(),
        iris::fit_f64(),
        alexnet::gradient(),
        reading::mnist(),
        threads::cnn(),
        memory::cnn(),
    ]
}
