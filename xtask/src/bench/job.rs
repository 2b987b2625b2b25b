//! What a job is, and how it is run.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

use super::exported::Exported;
use super::peers::Peers;
use super::process::Process;
use super::side::{Side, Unit};
use super::simd::Simd;
use super::wanted::Wanted;

/// How a job is run.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) threads: usize,
    /// The work is divided by this.
    pub(super) divisor: usize,
    /// Whether to wait until the machine is otherwise idle.
    pub(super) patient: bool,
    pub(super) simd: Option<Simd>,
    pub(super) peers: Option<Peers>,
}

impl Setting {
    /// The requested sides for which there is a Python and a module.
    pub(super) fn sides(&self, wanted: Vec<Wanted>) -> Result<Vec<Box<dyn Side>>, Box<dyn Error>> {
        let mut sides = Vec::new();
        for Wanted {
            script,
            variant,
            job,
        } in wanted
        {
            if let Some(peers) = &self.peers {
                sides.extend(peers.side(script, &variant, job)?);
            }
        }
        Ok(sides)
    }

    /// The process of a script, if there is a Python and a module for it.
    pub(super) fn process(
        &self,
        script: &'static str,
    ) -> Result<Option<Rc<RefCell<Process>>>, Box<dyn Error>> {
        let peers = self.peers.as_ref();
        peers.map_or(Ok(None), |peers| peers.process(script))
    }
}

/// The sides of a job; those of the peers are measured first.
pub(super) struct Sides {
    pub(super) ours: Box<dyn Side + Send>,
    pub(super) peers: Vec<Box<dyn Side>>,
    /// Floating-point operations of one unit of our work, if they dominate its time.
    pub(super) flops: Option<f64>,
    /// Files that the peers read.
    pub(super) exported: Option<Exported>,
}

impl Sides {
    /// Only ours.
    pub(super) fn new(ours: impl Side + Send + 'static) -> Self {
        Self {
            ours: Box::new(ours),
            peers: Vec::new(),
            flops: None,
            exported: None,
        }
    }
}

type Start = dyn Fn(&Setting) -> Result<Sides, Box<dyn Error>>;

/// A whole job, as a user would run it.
pub(super) struct Job {
    /// Its name on the command line.
    pub(super) name: &'static str,
    pub(super) title: String,
    /// One row of the table each.
    pub(super) units: &'static [Unit],
    /// Measured on several threads and on one.
    pub(super) also_on_one: bool,
    /// The script of a peer that it cannot do without.
    pub(super) needs: Option<&'static str>,
    pub(super) start: Box<Start>,
}

impl Job {
    /// A job without a title that cannot start.
    pub(super) fn new(name: &'static str, units: &'static [Unit]) -> Self {
        Self {
            name,
            title: String::new(),
            units,
            also_on_one: false,
            needs: None,
            start: Box::new(|_| Err("nothing to do".into())),
        }
    }

    pub(super) fn also_on_one(mut self) -> Self {
        self.also_on_one = true;
        self
    }
}
