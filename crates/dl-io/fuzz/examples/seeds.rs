//! Writes the initial inputs for fuzzing to `corpus`: `cargo run --example seeds`, in this folder.

#![allow(dead_code, reason = "seeds are written, not read")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use dl_conv::{
    AveragePool2d, Conv2d, ConvTranspose2d, GlobalAveragePool2d, LocalResponseNorm, MaxPool2d,
    Padding, UpSample2d, ZeroPad2d,
};
use dl_data::{MinMaxScaler, Pca, StandardScaler};
use dl_io::{Bundle, Checkpoints, Divide, Layout, WeightsFile};
use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;

#[path = "../src/architecture.rs"]
mod architecture;
#[path = "../src/checkpoint.rs"]
mod checkpoint;
#[path = "../src/container.rs"]
mod container;
#[path = "../src/file.rs"]
mod file;
#[path = "../src/weights.rs"]
mod weights;

fn main() -> Result<(), Box<dyn Error>> {
    for (i, network) in networks().iter().enumerate() {
        let model = network.build(1)?;
        let json = serde_json::to_vec(&model.architecture()?)?;
        fs::write(seed("architecture", i)?, json)?;
        save(
            Bundle::new(model).with_preprocessing(Divide(255.0)),
            i,
        )?;
    }
    rows()?;

    let (x, labels) = checkpoint::data();
    let mut stopping = EarlyStopping::new(5);
    let path = file::file("checkpoint", b"");
    fs::remove_file(&path)?;
    let keep = Checkpoints::new(&path).every_steps(2);
    let fit = checkpoint::options(&mut stopping).checkpoint(keep);
    checkpoint::trainer().fit(&x, &labels, fit)?;
    fs::write(seed("checkpoint", 0)?, container::input(&fs::read(path)?))?;

    let layouts = [Layout::PyTorch, Layout::Keras, Layout::Native];
    for (i, layout) in layouts.into_iter().enumerate() {
        for (bit, extension) in ["safetensors", "npz"].into_iter().enumerate() {
            let path = file::file(extension, b"");
            WeightsFile::new(&path)
                .layout(layout)
                .save(&weights::model())?;
            let choice = (2 * i + bit) as u8;
            fs::write(
                seed("weights", choice.into())?,
                [&[choice], &fs::read(path)?[..]].concat(),
            )?;
        }
    }
    Ok(())
}

/// Every kind of layer.
fn networks() -> Vec<Sequential<f32>> {
    vec![
        Sequential::input([3])
            .push(Dense::new(4).activation(Relu))
            .push(LayerNorm::new())
            .push(BatchNorm::new())
            .push(Dropout::new(0.5))
            .push(Activate(Tanh))
            .push(Dense::new(2)),
        Sequential::input([8, 8, 2])
            .push(ZeroPad2d::new(1))
            .push(Conv2d::new(4, 3).stride(2).padding(Padding::Same).groups(2))
            .push(LocalResponseNorm::new())
            .push(MaxPool2d::new(2))
            .push(UpSample2d::new(2))
            .push(AveragePool2d::new(2))
            .push(Flatten)
            .push(Dense::new(3)),
        Sequential::input([12])
            .push(Reshape::new([2, 2, 3]))
            .push(ConvTranspose2d::new(2, 3).stride(2))
            .push(GlobalAveragePool2d::new()),
    ]
}

/// A bundle for rows, with names and every preprocessing step.
fn rows() -> Result<(), Box<dyn Error>> {
    let x = Array2::from_shape_fn((9, 4), |(i, j)| ((5 * i + 7 * j) as f32).sin());
    let scaled = StandardScaler::fit(&x)?;
    let pca = Pca::fit(&scaled.transform(&x)?, 2)?;
    let model = Sequential::input([2]).push(Dense::new(2)).build(1)?;
    let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1))?;
    let bundle = Bundle::from_trainer(&trainer)
        .with_preprocessing(scaled)
        .with_preprocessing(pca)
        .with_class_names(["left", "right"])
        .with_feature_names(["a", "b", "c", "d"])
        .with_training("a seed");
    save(bundle, 100)?;
    let model = Sequential::input([4]).push(Dense::new(1)).build(1)?;
    save(
        Bundle::new(model).with_preprocessing(MinMaxScaler::fit(&x)?),
        101,
    )
}

fn save(bundle: Bundle<f32>, number: usize) -> Result<(), Box<dyn Error>> {
    let path = file::file("dl", b"");
    bundle.save(&path)?;
    fs::write(seed("bundle", number)?, container::input(&fs::read(path)?))?;
    Ok(())
}

/// The path of a seed.
fn seed(target: &str, number: usize) -> Result<PathBuf, std::io::Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("seed_{number}")))
}
