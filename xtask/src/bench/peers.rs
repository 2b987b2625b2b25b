//! The peers, which run in Python.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::rc::Rc;

use serde_json::{Value, json};

use super::networks::Network;
use super::process::{Process, Python, Started};
use super::side::{Measure, Side};
use super::wanted::Wanted;

/// The running scripts, one process each, which end when this is dropped; none for a script whose
/// module is missing.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) python: Python,
    running: RefCell<HashMap<&'static str, Option<Rc<RefCell<Process>>>>>,
}

impl Peers {
    pub(super) fn new(python: Python) -> Self {
        let running = RefCell::default();
        Self { python, running }
    }

    /// The process of a script, if its module is there.
    pub(super) fn process(
        &self,
        script: &'static str,
    ) -> Result<Option<Rc<RefCell<Process>>>, Box<dyn Error>> {
        if let Some(process) = self.running.borrow().get(script) {
            return Ok(process.clone());
        }
        let process = match self.python.start(script)? {
            Started::Process(process) => Some(Rc::new(RefCell::new(process))),
            Started::Missing(module) => {
                eprintln!("{script} is left out: this Python has no module {module}");
                None
            }
        };
        self.running.borrow_mut().insert(script, process.clone());
        Ok(process)
    }

    /// A job of a script as a side, if its module is there.
    pub(super) fn side(
        &self,
        script: &'static str,
        variant: &str,
        job: Value,
    ) -> Result<Option<Box<dyn Side>>, Box<dyn Error>> {
        let Some(process) = self.process(script)? else {
            return Ok(None);
        };
        let name = match variant {
            "" => process.borrow().name.clone(),
            variant => format!("{} {variant}", process.borrow().name),
        };
        Ok(Some(Box::new(PeerSide { process, name, job })))
    }
}

/// A job of PyTorch in each way that may be the fastest: eager and compiled, and for images in both memory
/// formats.
pub(super) fn torch_variants(network: &Network, job: &Value) -> Vec<Wanted> {
    let layouts: &[_] = if network.images {
        &["default", "channels_last"]
    } else {
        &["default"]
    };
    let mut wanted = Vec::new();
    for compiled in [false, true] {
        for layout in layouts {
            let mut job = job.clone();
            job["layout"] = json!(layout);
            job["compiled"] = json!(compiled);
            let variant = match (compiled, *layout) {
                (false, "default") => "",
                (false, _) => "channels-last",
                (true, "default") => "compiled",
                (true, _) => "compiled, channels-last",
            };
            wanted.push(Wanted::new("pytorch.py", variant, job));
        }
    }
    wanted
}

struct PeerSide {
    process: Rc<RefCell<Process>>,
    name: String,
    job: Value,
}

impl Side for PeerSide {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        self.process.borrow_mut().ask(&self.job)
    }
}
