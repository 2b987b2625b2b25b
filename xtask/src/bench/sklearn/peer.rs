//! scikit-learn's side.

use std::cell::RefCell;
use std::error::Error;
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::network::settings;
use crate::bench::process::Process;
use crate::bench::side::{Measure, Side};

pub(super) const SCRIPT: &str = "sklearn_mlp.py";

type Running = Rc<RefCell<Process>>;

/// Lets the peer write a table and its folds.
pub(super) fn write(process: &Running, table: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let job = json!({"job": "write", "table": table, "folder": folder});
    let _: IgnoredAny = process.borrow_mut().ask(&job)?;
    Ok(())
}

pub(super) struct Peer {
    process: Running,
    table: &'static str,
    dtype: &'static str,
    threads: usize,
    seeds_per_round: usize,
    /// One a seed, with one a fold.
    scores: Vec<Vec<f64>>,
}

impl Peer {
    /// Fits with inputs of a precision, and as many threads as it finds fastest.
    pub(super) fn new(
        process: &Running,
        table: &'static str,
        dtype: &'static str,
        seeds_per_round: usize,
    ) -> Result<Self, Box<dyn Error>> {
        #[derive(Deserialize)]
        struct Answer {
            threads: usize,
        }
        let job = json!({"job": "threads", "table": table, "dtype": dtype, "settings": settings()});
        let Answer { threads } = process.borrow_mut().ask(&job)?;
        Ok(Self {
            process: Rc::clone(process),
            table,
            dtype,
            threads,
            seeds_per_round,
            scores: Vec::new(),
        })
    }
}

impl Side for Peer {
    fn name(&self) -> String {
        let threads = match self.threads {
            1 => "1 thread".into(),
            threads => format!("{threads} threads"),
        };
        format!("{} ({threads})", self.process.borrow().name)
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        #[derive(Deserialize)]
        struct Answer {
            scores: Vec<Vec<f64>>,
            seconds: f64,
            amount: f64,
        }
        let done = self.scores.len();
        let job = json!({
            "job": "fits",
            "table": self.table,
            "dtype": self.dtype,
            "seeds": (done..done + self.seeds_per_round).collect::<Vec<_>>(),
            "settings": settings(),
        });
        let answer: Answer = self.process.borrow_mut().ask(&job)?;
        self.scores.extend(answer.scores);
        Ok(Measure::Work {
            seconds: answer.seconds,
            amount: answer.amount,
        })
    }

    fn scores(&self) -> &[Vec<f64>] {
        &self.scores
    }
}
