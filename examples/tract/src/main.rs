//! A network that leaves the workspace: saved as an ONNX file, run by another library.
//!
//! tract (<https://github.com/sonos/tract>) runs ONNX files in pure Rust. This program gives MNIST's test
//! images to an ONNX file in tract, and to the bundle that was saved with it, and compares the answers:
//!
//! ```sh
//! cargo run --release -p examples --bin mnist_cnn -- --save digits.dl --onnx digits.onnx
//! cargo run --release --manifest-path examples/tract/Cargo.toml -- digits.onnx digits.dl
//! ```

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use dl_data::Mnist;
use dl_io::Bundle;
use dl_nn::metrics::{accuracy, argmax};
use dl_nn::ndarray::{Array2, Array4, Axis, Ix2};
use tract_onnx::prelude::*;

/// Images that tract gets at once.
const BATCH_SIZE: usize = 100;
/// So far may two single-precision probabilities be apart.
const TOLERANCE: f32 = 1e-5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [onnx, bundle] = &arguments[..] else {
        eprintln!("usage: run-onnx NETWORK.onnx NETWORK.dl");
        return ExitCode::FAILURE;
    };
    match run(onnx.as_ref(), bundle.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(onnx: &Path, bundle: &Path) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/mnist");
    let test = Mnist::<f32>::load(folder)?.test;
    let theirs = run_in_tract(onnx, test.images())?;
    // a bundle takes pictures in bytes
    let bytes = test.images().mapv(|pixel| (255.0 * pixel).round());
    let ours = Bundle::<f32>::load(bundle)?.predict(&bytes)?;
    let ours = ours.into_dimensionality::<Ix2>()?;
    for (name, probabilities) in [("dl-nn", &ours), ("tract", &theirs)] {
        let accuracy = accuracy(test.labels(), &argmax(probabilities)?)?.value;
        println!("{name}: accuracy {accuracy:.4} on {} images", test.len());
    }
    let difference = (&ours - &theirs).mapv(f32::abs);
    let difference = difference.iter().copied().fold(0.0, f32::max);
    println!("largest difference of a probability: {difference:.1e}");
    if difference > TOLERANCE {
        return Err(format!("the probabilities differ by more than {TOLERANCE:e}").into());
    }
    Ok(())
}

/// The file's outputs for these images, `[n, 10]`.
fn run_in_tract(path: &Path, images: &Array4<f32>) -> Result<Array2<f32>, Box<dyn Error>> {
    let onnx = tract_onnx::onnx().model_for_path(path)?;
    let network = onnx.into_optimized()?.into_runnable()?;
    let mut outputs = Vec::new();
    for batch in images.axis_chunks_iter(Axis(0), BATCH_SIZE) {
        let numbers = batch.to_slice().ok_or("images are in standard layout")?;
        let input = Tensor::from_shape(batch.shape(), numbers)?;
        let output = network.run(tvec!(input.into()))?;
        outputs.extend_from_slice(output[0].as_slice::<f32>()?);
    }
    let n = images.len_of(Axis(0));
    Ok(Array2::from_shape_vec((n, outputs.len() / n), outputs)?)
}
