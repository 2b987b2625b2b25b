//! Random networks compared with PyTorch: outputs, losses, gradients and weights after some steps.
//!
//! `make.py` generates the networks and computes them in PyTorch. `stored` has a few small ones, which include
//! every kind of layer: `make.py stored --small --networks 16 --seed 1501`. If `TORCH_PYTHON` is a Python with
//! `requirements.txt` installed, it generates `TORCH_NETWORKS` more (150) from the seed `TORCH_SEED` (1), in the
//! folder `TORCH_CASES` or a temporary one.
//!
//! Layers that draw random numbers in training, dropout and reparameterisation, are compared in evaluation mode.

#![allow(clippy::print_stdout, reason = "the tables are what it is run for")]

mod case;
mod compare;
mod passes;
mod settings;

use std::path::{Path, PathBuf};
use std::process::Command;

/// By its tests `pytorch_layers` and `pytorch_resnet`, or, where a layer only moves elements, in the definition's terms.
const COMPARED_IN_DL_CONV: [&str; 11] = [
    "adaptive_average_pool2d",
    "branches",
    "columns",
    "conv1d",
    "embedding",
    "group_norm",
    "max_pool1d",
    "prelu",
    "residual",
    "sequential",
    "zero_pad_channels",
];

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch_networks")
}

#[test]
fn stored_networks_are_computed_as_by_pytorch() {
    let mut kinds = compare::all_in(&here().join("stored"));
    kinds.extend(COMPARED_IN_DL_CONV.map(str::to_owned));
    assert_eq!(
        format!("{kinds:?}"),
        format!("{:?}", dl_conv::registry::<f32>())
    );
}

#[test]
fn drawn_networks_are_computed_as_by_pytorch() {
    let setting = |name: &str, default: &str| match std::env::var(name) {
        Ok(value) => value,
        Err(_) => default.to_owned(),
    };
    let Some(python) = std::env::var_os("TORCH_PYTHON") else {
        println!("skipped: TORCH_PYTHON is not set");
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let named = std::env::var_os("TORCH_CASES").map(PathBuf::from);
    let folder = named.as_deref().unwrap_or(temporary.path());
    let status = Command::new(python)
        .arg(here().join("make.py"))
        .arg(folder)
        .args(["--networks", &setting("TORCH_NETWORKS", "150")])
        .args(["--seed", &setting("TORCH_SEED", "1")])
        .status();
    assert!(status.unwrap().success());
    compare::all_in(folder);
}
