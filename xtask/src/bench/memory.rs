//! Peak memory of a whole run of the MNIST CNN: reading, training, inference.

use std::error::Error;
use std::fs;
use std::process::Command;

use dl_nn::ndarray::{Axis, Slice};
use examples::println;
use serde_json::{Value, json};

use super::job::{Job, Setting, Sides};
use super::networks::CNN;
use super::process::{Python, Started};
use super::side::{Measure, Side, Unit};
use super::simd::Simd;
use super::training::{BATCH, Training};

const SAMPLES: usize = 6_400;
/// All complete batches of 256.
const TEST_SAMPLES: usize = 9_984;

pub(super) fn cnn() -> Job {
    Job {
        title: "peak memory of an MNIST CNN run".into(),
        start: Box::new(start),
        ..Job::new("cnn-memory", &[Unit::Mebibytes])
    }
}

fn start(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let torch = |python: &Python, layout: &str| -> Box<dyn Side> {
        let job = |job, samples, batch| {
            json!({
                "job": job, "net": CNN.name, "layout": layout, "compiled": false,
                "samples": samples, "batch": batch,
            })
        };
        Box::new(Fresh {
            python: python.clone(),
            name: format!("PyTorch {}", layout.replace('_', "-")),
            jobs: [
                job("train", SAMPLES, BATCH),
                job("infer", TEST_SAMPLES, 256),
            ],
        })
    };
    let mut peers = Vec::new();
    if let (Some(_), Some(all)) = (setting.process("pytorch.py")?, &setting.peers) {
        peers.extend(["default", "channels_last"].map(|layout| torch(&all.python, layout)));
    }
    let ours = Ours {
        threads: setting.threads,
        simd: setting.simd,
    };
    Ok(Sides {
        peers,
        ..Sides::new(ours)
    })
}

/// PyTorch in a process that does nothing else.
struct Fresh {
    python: Python,
    name: String,
    jobs: [Value; 2],
}

impl Side for Fresh {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        let Started::Process(mut process) = self.python.start("pytorch.py")? else {
            return Err("PyTorch has gone".into());
        };
        for job in &self.jobs {
            process.ask::<Value>(job)?;
        }
        process.ask(&json!({"job": "peak_memory"}))
    }
}

/// This program in a process that does nothing else.
struct Ours {
    threads: usize,
    simd: Option<Simd>,
}

impl Side for Ours {
    fn name(&self) -> String {
        "ours".into()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        let threads = self.threads.to_string();
        let output = Command::new(std::env::current_exe()?)
            .args(["bench", "--memory-of-cnn", "--threads", &threads])
            .args(self.simd.iter().flat_map(|simd| ["--simd", simd.name()]))
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// Does the work and prints the peak memory of this process.
pub(super) fn run_ours() -> Result<(), Box<dyn Error>> {
    let mut training = Training::new(&CNN, SAMPLES)?;
    training.measure()?;
    let images = CNN.samples.test()?;
    let images = images.slice_axis(Axis(0), Slice::from(..TEST_SAMPLES));
    training.model().predict(&images)?;
    println!("{}", json!({"mebibytes": peak_mebibytes()?}));
    Ok(())
}

/// The largest resident size of this process so far.
fn peak_mebibytes() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("/proc/self/status, which Linux has: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kibibytes: f64 = kibibytes.ok_or("no VmHWM")?.trim().parse()?;
    Ok(kibibytes / 1024.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_that_was_used_counts() {
        let before = peak_mebibytes().expect("Linux");
        let large = vec![1_u8; 256 << 20];
        assert_eq!(
            large
                .iter()
                .step_by(4096)
                .map(|&x| u64::from(x))
                .sum::<u64>(),
            1 << 16
        );
        drop(large);
        let after = peak_mebibytes().expect("Linux");
        assert!(before > 1.0 && after > 256.0, "{before} then {after} MiB");
    }
}
