//! Whole jobs, timed beside what a user would run instead, in turn and on the same machine.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use dl_data::{Dataset, Scalar, iris};
use dl_nn::prelude::Fit;
use examples::iris::{BATCH_SIZE, Preprocessing, trainer};
use serde::Deserialize;

/// Time whole jobs, beside their peers where a Python with them is given
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// A Python that has the packages of xtask/peers/requirements.txt
    #[arg(long, value_name = "PYTHON")]
    peers: Option<PathBuf>,
    /// Times each side is run, in turn; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// What `xtask/peers/sklearn_iris.py` prints.
#[derive(Debug, Deserialize)]
struct Peer {
    peer: String,
    train_rows: Vec<usize>,
    fits: Vec<PeerFit>,
}

#[derive(Debug, Deserialize)]
struct PeerFit {
    epochs: usize,
    /// Absent in the stored reference.
    seconds: Option<f64>,
}

impl Bench {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        if self.peers.is_none() {
            eprintln!("no peer: --peers PYTHON runs scikit-learn beside us");
        }
        let (mut f32s, mut f64s, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        let (mut f32_ratios, mut f64_ratios) = (Vec::new(), Vec::new());
        let mut name = String::from("-");
        for round in 1..=self.rounds {
            let peer = match &self.peers {
                Some(python) => run_peer(python)?,
                None => serde_json::from_str(include_str!("../peers/sklearn_iris.json"))?,
            };
            let (single, double) = (iris_fits::<f32>(&peer)?, iris_fits::<f64>(&peer)?);
            let per_epoch = 1e6 / epochs(&peer) as f64;
            let (a, b) = (per_epoch * single, per_epoch * double);
            eprint!("round {round}: ours {a:.2} µs an epoch in f32, {b:.2} in f64");
            let peer_seconds: Option<f64> = peer.fits.iter().map(|fit| fit.seconds).sum();
            let fits = peer.fits.len() as f64;
            if let Some(other) = peer_seconds {
                eprint!(", {} {:.2}", peer.peer, per_epoch * other);
                theirs.push(1e3 * other / fits);
                f32_ratios.push(other / single);
                f64_ratios.push(other / double);
                name = format!("{} (f64)", peer.peer);
            }
            eprintln!();
            f32s.push(1e3 * single / fits);
            f64s.push(1e3 * double / fits);
        }
        let rounds = self.rounds;
        println!("| job | ours | peer | ratio (median of {rounds} rounds) |");
        println!("|---|---|---|---|");
        let theirs = median(&mut theirs).map_or("-".into(), |ms| format!("{name}: {ms:.1} ms"));
        for (kind, ours, ratios) in [
            ("f32", &mut f32s, &mut f32_ratios),
            ("f64", &mut f64s, &mut f64_ratios),
        ] {
            let ours = median(ours).map_or("-".into(), |ms| format!("{ms:.2} ms"));
            let ratio = median(ratios).map_or("-".into(), |ratio| format!("{ratio:.1} ×"));
            println!("| Iris MLP (10, 10), full fit, {kind} | {ours} | {theirs} | {ratio} |");
        }
        Ok(())
    }
}

fn epochs(peer: &Peer) -> usize {
    peer.fits.iter().map(|fit| fit.epochs).sum()
}

/// Fits the course's Iris network once a seed, for as many epochs as the peer took: building,
/// initialising and training, as `MLPClassifier.fit` does. Seconds of all.
fn iris_fits<F: Scalar>(peer: &Peer) -> Result<f64, Box<dyn Error>> {
    let data: Dataset<F> = iris();
    let features = Preprocessing::fit(data.features(), 2)?.transform(data.features())?;
    let data = data.with_features(features, vec!["PC1".into(), "PC2".into()])?;
    let train = data.select(&peer.train_rows)?;
    let mut seconds = 0.0;
    for (seed, fit) in (0..).zip(&peer.fits) {
        let start = Instant::now();
        let mut trainer = trainer(&train, seed)?;
        let options = Fit::epochs(fit.epochs).batch_size(BATCH_SIZE);
        trainer.fit(train.features(), train.labels(), options)?;
        seconds += start.elapsed().as_secs_f64();
    }
    Ok(seconds)
}

fn run_peer(python: &Path) -> Result<Peer, Box<dyn Error>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/sklearn_iris.py");
    let output = Command::new(python)
        .arg(&script)
        .output()
        .map_err(|error| format!("cannot run {}: {error}", python.display()))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        let needed = "it needs the packages of xtask/peers/requirements.txt";
        return Err(format!("{} failed ({needed}):\n{message}", script.display()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
