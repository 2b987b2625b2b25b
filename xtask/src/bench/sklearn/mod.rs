//! scikit-learn's `MLPClassifier` and `MLPRegressor`: the same network on the same folds of five tables, compared in time
//! and in score.

mod folds;
mod network;
mod ours;
mod peer;

use std::error::Error;

use dl_data::Scalar;
use tempfile::TempDir;

use super::job::{Job, Setting, Sides};
use super::side::{Side, Unit};
use folds::Folds;
use ours::Ours;
use peer::{Peer, SCRIPT};

/// Seeds that a side trains with in each round: 20 in the five rounds of the full form.
const SEEDS_PER_ROUND: usize = 4;

/// Names in `xtask/peers/sklearn_tables.py`, titles, and the name of the score.
const TABLES: [(&str, &str, &str); 5] = [
    ("breast_cancer", "breast cancer", "accuracy"),
    ("wine", "wine", "accuracy"),
    ("diabetes", "diabetes", "R²"),
    ("digits", "digits", "accuracy"),
    ("mixed", "mixed table", "accuracy"),
];

/// One job for each table, with inputs of 32 bits on both sides, in which scikit-learn computes then.
pub(super) fn jobs_f32() -> impl Iterator<Item = Job> {
    jobs::<f32>("sklearn-f32", "float32")
}

/// The same with 64 bits.
pub(super) fn jobs_f64() -> impl Iterator<Item = Job> {
    jobs::<f64>("sklearn-f64", "float64")
}

fn jobs<F: Scalar>(name: &'static str, dtype: &'static str) -> impl Iterator<Item = Job> {
    TABLES.into_iter().map(move |(table, title, score)| Job {
        title: format!("{title}, {score}, {dtype}"),
        start: Box::new(move |setting| start::<F>(table, dtype, setting)),
        needs: Some(SCRIPT),
        ..Job::new(name, &[Unit::Milliseconds])
    })
}

fn start<F: Scalar>(
    table: &'static str,
    dtype: &'static str,
    setting: &Setting,
) -> Result<Sides, Box<dyn Error>> {
    let process = setting
        .process(SCRIPT)?
        .ok_or("the tables are the peer's")?;
    let folder = TempDir::new()?;
    peer::write(&process, table, folder.path())?;
    let seeds = (SEEDS_PER_ROUND / setting.divisor).max(1);
    let ours = Ours::<F>::new(Folds::read(folder.path())?, seeds);
    let peer: Box<dyn Side> = Box::new(Peer::new(&process, table, dtype, seeds)?);
    Ok(Sides {
        peers: vec![peer],
        ..Sides::new(ours)
    })
}
