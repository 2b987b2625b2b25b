//! All rounds of a job.

use std::error::Error;

use rayon::ThreadPoolBuilder;

use super::job::{Job, Setting, Sides};
use super::scores::{self, Scores};
use super::side::Measure;
use super::table::Results;
use super::{peak, quiet};

/// Measures each side in a number of rounds. In each round the peers come first, since ours may have to
/// match what they did.
pub(super) fn measure(
    job: &Job,
    setting: &Setting,
    rounds: u32,
) -> Result<Results, Box<dyn Error>> {
    let Sides {
        mut ours,
        mut peers,
        flops,
        exported: _for_so_long,
    } = (job.start)(setting)?;
    let names = peers.iter().map(|peer| peer.name());
    let mut results = Results {
        title: title(job, setting.threads),
        units: job.units,
        flops,
        ours: Vec::new(),
        peers: names.map(|name| (name, Vec::new())).collect(),
        peaks: Vec::new(),
        scores: Vec::new(),
    };
    // As a program's own pool has them, or in a pool that does without others' help.
    let pool = if setting.threads == rayon::current_num_threads() {
        None
    } else {
        let pool = ThreadPoolBuilder::new().num_threads(setting.threads);
        Some(pool.build()?)
    };
    let wait = || !setting.patient || quiet::wait();
    for round in 1..=rounds {
        eprintln!("{}, round {round} of {rounds}", results.title);
        for (peer, (_, measures)) in peers.iter_mut().zip(&mut results.peers) {
            let quiet = wait();
            measures.push(told(job, peer.name(), quiet, peer.measure()?));
        }
        let quiet = wait();
        let measure = match &pool {
            None => ours.measure()?,
            Some(pool) => pool.install(|| ours.measure().map_err(|error| error.to_string()))?,
        };
        results.ours.push(told(job, ours.name(), quiet, measure));
        if flops.is_some() {
            let peak = peak::measure(setting.threads);
            eprintln!("  peak: {:.0} GFLOP/s", peak / 1e9);
            results.peaks.push(peak);
        }
    }
    let scored = Scores::new(ours.scores());
    for peer in peers.iter().filter(|peer| !peer.scores().is_empty()) {
        let (title, name) = (&results.title, peer.name());
        let row = scores::row(title, &scored, &name, &Scores::new(peer.scores()));
        results.scores.push(row);
    }
    Ok(results)
}

fn title(job: &Job, threads: usize) -> String {
    match (job.also_on_one, threads) {
        (false, 2) => job.title.clone(),
        (_, 1) => format!("{}, 1 thread", job.title),
        (_, threads) => format!("{}, {threads} threads", job.title),
    }
}

/// Prints a measure as soon as it is taken.
fn told(job: &Job, name: String, quiet: bool, measure: Measure) -> Measure {
    let values = job.units.iter().map(|&unit| {
        let value = unit.show(measure.value(unit));
        format!("{value}{}", unit.suffix())
    });
    let values: Vec<String> = values.collect();
    let busy = if quiet {
        ""
    } else {
        " (others use the machine)"
    };
    eprintln!("  {name}: {}{busy}", values.join("; "));
    measure
}
