//! Whole jobs, timed beside what a user would run instead, in turn and on the same machine.

mod alexnet;
mod builds;
mod cnn;
mod flops;
mod iris;
mod job;
mod layers;
mod memory;
mod mlp;
mod mnist;
mod peak;
mod peers;
mod quiet;
mod reading;
mod scaling;
mod side;
mod table;
mod threads;

use std::error::Error;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use dl_core::simd::{self, Level};
use examples::println;

use job::{Job, Setting};
use peers::{Peers, Python};
use side::{Measure, Side};
use table::Results;

/// Time whole jobs, beside their peers where a Python with them is given
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// A Python that has the packages of xtask/peers/requirements.txt
    #[arg(long, value_name = "PYTHON")]
    peers: Option<PathBuf>,
    /// Times each side is run, in turn; the median of the rounds' ratios counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only these jobs
    #[arg(long = "job", value_name = "NAME", value_parser = PossibleValuesParser::new(names()))]
    jobs: Vec<String>,
    /// Threads of each side
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    /// Our kernels' instruction set, where it is to be lower than the machine's best
    #[arg(long, value_enum)]
    simd: Option<InstructionSet>,
    /// A tenth of the work, to see that everything runs
    #[arg(long)]
    quick: bool,
    /// Instead, the layers of the MNIST CNN one by one on one core, beside their rooflines
    #[arg(long, conflicts_with_all = ["peers", "jobs", "scaling"])]
    layers: bool,
    /// Instead, how the cost of training grows with batch, image, channels and threads
    #[arg(long, conflicts_with_all = ["peers", "jobs"])]
    scaling: bool,
    /// Instead, what it costs to build the examples and a user's project, and how fast that trains
    #[arg(long, conflicts_with_all = ["peers", "jobs", "layers", "scaling"])]
    builds: bool,
    /// Print the peak memory of our side's run, and nothing else
    #[arg(long, hide = true)]
    memory_of_cnn: bool,
}

/// An instruction set by its usual name.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum InstructionSet {
    Sse2,
    Avx2,
    Avx512,
}

fn names() -> Vec<&'static str> {
    job::all().iter().map(|job| job.name).collect()
}

/// Keeps our kernels from instructions above the set.
fn limit(set: InstructionSet) -> Result<(), String> {
    let level = match set {
        InstructionSet::Sse2 => Level::Baseline,
        InstructionSet::Avx2 => Level::Avx2,
        InstructionSet::Avx512 => Level::Avx512,
    };
    match simd::limit(level) {
        true => Ok(()),
        false => Err(format!("this machine has no {level}")),
    }
}

impl Bench {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        if self.builds {
            return builds::run(self.quick);
        }
        if let Some(set) = self.simd {
            limit(set)?;
        }
        let threads = usize::from(self.threads);
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global()?;
        if self.memory_of_cnn {
            return memory::run_ours();
        }
        if self.layers {
            return layers::run();
        }
        if self.scaling {
            return scaling::run(threads);
        }
        if self.peers.is_none() {
            eprintln!(
                "no peers: --peers PYTHON runs scikit-learn, PyTorch and TensorFlow beside us"
            );
        }
        let peers = self
            .peers
            .clone()
            .map(|program| Peers::new(Python { program, threads }));
        let divisor = if self.quick { 10 } else { 1 };
        let setting = Setting {
            threads,
            divisor,
            peers,
        };
        let wanted = |job: &Job| self.jobs.is_empty() || self.jobs.iter().any(|n| n == job.name);
        let mut rows = Vec::new();
        for job in job::all().into_iter().filter(wanted) {
            rows.push(self.measure(&job, &setting)?.row());
        }
        println!("{}", table::header(self.rounds as usize));
        rows.iter().for_each(|row| println!("{row}"));
        Ok(())
    }

    /// All rounds of a job. In each the peers come first: ours may have to do what they did.
    fn measure(&self, job: &Job, setting: &Setting) -> Result<Results, Box<dyn Error>> {
        let mut sides = (job.start)(setting)?;
        let names = sides.peers.iter().map(|peer| peer.name());
        let mut results = Results {
            title: job.title,
            unit: job.unit,
            flops: sides.flops,
            ours: Vec::new(),
            peers: names.map(|name| (name, Vec::new())).collect(),
            peaks: Vec::new(),
        };
        for round in 1..=self.rounds {
            eprintln!("{}, round {round} of {}", job.name, self.rounds);
            let when_quiet = |side: &mut dyn Side| -> Result<Measure, Box<dyn Error>> {
                let busy = if quiet::wait() {
                    ""
                } else {
                    " (others use the machine)"
                };
                let measure = side.measure()?;
                let value = job.unit.show(measure.value(job.unit));
                eprintln!("  {}: {value}{busy}", side.name());
                Ok(measure)
            };
            for (peer, (_, measures)) in sides.peers.iter_mut().zip(&mut results.peers) {
                measures.push(when_quiet(&mut **peer)?);
            }
            results.ours.push(when_quiet(&mut *sides.ours)?);
            if sides.flops.is_some() {
                let peak = peak::measure(setting.threads);
                eprintln!("  peak: {:.0} GFLOP/s", peak / 1e9);
                results.peaks.push(peak);
            }
        }
        Ok(results)
    }
}
