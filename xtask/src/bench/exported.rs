//! A network as an ONNX file with its inputs, for the peers that read one.

use std::error::Error;
use std::fs;

use dl_io::onnx::Onnx;
use dl_nn::Model;
use dl_nn::ndarray::{ArrayViewD, Axis, Slice};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::wanted::Wanted;

/// ONNX Runtime with NumPy arrays as inputs and outputs of each call, and with buffers bound once.
const ONNX_RUNTIME: [(&str, &str); 2] = [("run", ""), ("bound", "with I/O binding")];
const LATENCY: (&str, &str) = ("LATENCY", "latency hint");
const THROUGHPUT: (&str, &str) = ("THROUGHPUT", "throughput hint");

/// Files in a folder that is removed with this value.
#[derive(Debug)]
pub(super) struct Exported {
    folder: TempDir,
    /// Number of all samples.
    shape: Vec<usize>,
    /// The network's output for the first sample, which the peers compare with theirs.
    expected: Vec<f32>,
}

impl Exported {
    /// Writes the network and its samples `[n, …input]`.
    pub(super) fn new(model: &Model<f32>, x: &ArrayViewD<f32>) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        Onnx::new(model).save(folder.path().join("network.onnx"))?;
        let bytes: Vec<u8> = x.iter().flat_map(|value| value.to_le_bytes()).collect();
        fs::write(folder.path().join("samples.f32"), bytes)?;
        let first = model.predict(&x.slice_axis(Axis(0), Slice::from(..1)))?;
        Ok(Self {
            folder,
            shape: x.shape().to_vec(),
            expected: first.iter().copied().collect(),
        })
    }

    /// All samples once, `batch` at a time.
    pub(super) fn batches(&self, batch: usize) -> Vec<Wanted> {
        let job = |way: &str| {
            let mut job = self.job("batches", way);
            job["batch"] = json!(batch);
            job
        };
        wanted(&[LATENCY, THROUGHPUT], job)
    }

    /// A number of calls with one sample each.
    pub(super) fn single(&self, calls: usize) -> Vec<Wanted> {
        let job = |way: &str| {
            let mut job = self.job("single", way);
            job["calls"] = json!(calls);
            job
        };
        wanted(&[LATENCY], job)
    }

    fn job(&self, job: &str, way: &str) -> Value {
        json!({
            "job": job,
            "folder": self.folder.path(),
            "shape": self.shape,
            "expected": self.expected,
            "way": way,
        })
    }
}

fn wanted(openvino: &[(&str, &str)], job: impl Fn(&str) -> Value) -> Vec<Wanted> {
    let of = |script, ways: &[(&str, &str)]| -> Vec<Wanted> {
        let ways = ways.iter();
        ways.map(|(way, variant)| Wanted::new(script, variant, job(way)))
            .collect()
    };
    let mut wanted = of("onnx_runtime.py", &ONNX_RUNTIME);
    wanted.extend(of("openvino_cpu.py", openvino));
    wanted
}
