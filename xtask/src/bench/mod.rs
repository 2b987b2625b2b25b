//! Times whole jobs and their alternatives, in turn and on the same machine.

mod alexnet;
mod builds;
mod exported;
mod flops;
mod hiding;
mod inference;
mod iris;
mod job;
mod jobs;
mod layers;
mod memory;
mod networks;
mod peak;
mod peers;
mod process;
mod quiet;
mod reading;
mod rounds;
mod samples;
mod scaling;
mod scores;
mod side;
mod simd;
mod single;
mod sklearn;
mod table;
mod threads;
mod training;
mod wanted;

use std::error::Error;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use examples::println;

use hiding::Hiding;
use job::{Job, Setting};
use peers::Peers;
use process::Python;
use simd::Simd;

/// Time whole jobs, and their peers if a Python with them is given
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// A Python that has the packages of xtask/peers/requirements.txt
    #[arg(long, value_name = "PYTHON")]
    peers: Option<PathBuf>,
    /// How often each side is run, in turn; the median of the rounds' ratios counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only these jobs
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = PossibleValuesParser::new(names()))]
    only: Vec<String>,
    /// Threads of each side; can be repeated [default: 2, and also 1 where several threads may not help]
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    threads: Vec<u16>,
    /// The instruction set of our side and of those peers that can be restricted
    #[arg(long)]
    simd: Option<Simd>,
    /// A tenth of the work, even if the machine is busy: a check that everything runs
    #[arg(long)]
    quick: bool,
    /// Time the layers of the MNIST CNN one by one on one core instead, with their rooflines
    #[arg(long, conflicts_with_all = ["peers", "only", "scaling"])]
    layers: bool,
    /// Measure instead how the cost of training grows with batch, image, channels and threads
    #[arg(long, conflicts_with_all = ["peers", "only"])]
    scaling: bool,
    /// Measure instead what it costs to build the examples and a user's project, and how fast that trains
    #[arg(long, conflicts_with_all = ["peers", "only", "layers", "scaling"])]
    builds: bool,
    /// Print the peak memory of our side's run, and nothing else
    #[arg(long, hide = true)]
    memory_of_cnn: bool,
}

fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = jobs::all().iter().map(|job| job.name).collect();
    names.dedup();
    names
}

/// The numbers of threads for which there is a table by default.
const THREADS: [usize; 2] = [2, 1];

impl Bench {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        if self.builds {
            return builds::run(self.quick);
        }
        if let Some(simd) = self.simd {
            simd.limit_ours()?;
        }
        let threads = match &self.threads[..] {
            [] => THREADS.to_vec(),
            threads => threads.iter().map(|&n| usize::from(n)).collect(),
        };
        let most = threads.iter().copied().max().unwrap_or(1);
        rayon::ThreadPoolBuilder::new()
            .num_threads(most)
            .build_global()?;
        if self.memory_of_cnn {
            return memory::run_ours();
        }
        if self.layers {
            return layers::run();
        }
        if self.scaling {
            return scaling::run(most);
        }
        if self.peers.is_none() {
            eprintln!("no peers: --peers PYTHON runs others beside us");
        }
        let hidden = self.simd.map_or(Ok(None), Hiding::from_level);
        let hiding = hidden.as_ref().ok().and_then(Option::as_ref);
        let setting = |n| self.setting(n, hiding);
        let settings: Vec<Setting> = threads.into_iter().map(setting).collect();
        let wanted = |job: &Job| self.only.is_empty() || self.only.iter().any(|n| n == job.name);
        let (mut rows, mut scores) = (Vec::new(), Vec::new());
        for job in jobs::all().into_iter().filter(wanted) {
            let on_one = job.also_on_one || !self.threads.is_empty();
            for setting in settings.iter().take(if on_one { usize::MAX } else { 1 }) {
                if let Some(script) = job.needs
                    && setting.process(script)?.is_none()
                {
                    eprintln!("{} is left out: it needs {script}", job.title);
                    continue;
                }
                let results = rounds::measure(&job, setting, self.rounds)?;
                rows.extend(results.rows());
                scores.extend(results.scores);
            }
        }
        if let Some(simd) = self.simd {
            println!("{}\n", simd.note(&hidden));
        }
        println!("{}", table::header(self.rounds as usize));
        rows.iter().for_each(|row| println!("{row}"));
        if !scores.is_empty() {
            println!("\n{}", scores::HEADER);
            scores.iter().for_each(|row| println!("{row}"));
        }
        Ok(())
    }

    fn setting(&self, threads: usize, hiding: Option<&Hiding>) -> Setting {
        let python = |program| Python {
            program,
            threads,
            simd: self.simd,
            hiding: hiding.cloned(),
        };
        Setting {
            threads,
            divisor: if self.quick { 10 } else { 1 },
            patient: !self.quick,
            simd: self.simd,
            peers: self.peers.clone().map(python).map(Peers::new),
        }
    }
}
