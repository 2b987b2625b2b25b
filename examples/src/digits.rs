//! Code shared by the programs that learn MNIST's digits: options, data, a line of output per epoch.

mod epoch_lines;
mod learn;
mod prediction;

use std::path::{Path, PathBuf};

use clap::value_parser;
use dl_data::{DatasetError, ImageDataset, Mnist, MnistError};
use dl_nn::train::Fit;

use crate::record::RecordOptions;
use crate::{Options, println};

pub use epoch_lines::EpochLines;
pub use learn::LearnOptions;
pub use prediction::{Prediction, confusion_matrix, prediction_panels, predictions};

/// The fraction of the training images held out for validation.
pub const VALIDATION_FRACTION: f64 = 0.1;

/// Number of test images with `--quick`.
const QUICK_TEST: usize = 1000;
/// Maximum number of test images in a figure.
const MIN_TEST: usize = 20;

/// The options of a program that learns MNIST's digits.
#[derive(Debug, clap::Args)]
pub struct DigitOptions {
    /// Where figures are written, and whether to run on less data.
    #[command(flatten)]
    pub options: Options,
    /// Where the numbers of a run are written to or read from.
    #[command(flatten)]
    pub record: RecordOptions,
    /// Number of training images, the first N, a tenth of which are held out for validation [default:
    /// enough for a good network; 1500 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=60_000))]
    pub train: Option<u32>,
    /// Number of epochs [default: enough for a good network; 2 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,
    /// Images per training step
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = value_parser!(u32).range(1..))]
    pub batch_size: u32,
    /// Folder with MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Number of threads [default: one per core]; the result does not depend on it
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    /// Seed of the initial weights, the validation split and the order of the images
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

/// An option that cannot be satisfied.
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// The data set is missing or invalid.
    #[error(
        "{0}\nhint: a clone of the repository holds MNIST in examples/data/mnist; --data DIR names another folder"
    )]
    Data(#[from] MnistError),
    /// More images than there are.
    #[error("--train: {0}")]
    Train(#[from] DatasetError),
    /// A batch of more images than there are for training.
    #[error(
        "--batch-size is {batch_size}, but there are only {images} images to learn from (a tenth of --train is held out)"
    )]
    BatchSize {
        /// Images per step.
        batch_size: usize,
        /// Images that are not held out.
        images: usize,
    },
    /// Fewer test images than the figures show.
    #[error("the data set has only {0} images to test on, but the figures show {MIN_TEST}")]
    Test(usize),
    /// Figures cannot be written.
    #[error("{0}")]
    Out(String),
    /// The threads could not be started.
    #[error("--threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl DigitOptions {
    /// Starts the threads, reads the data and prints its size: without `--train`, `default_train`
    /// training images (`None` for all), fewer with `--quick`.
    ///
    /// # Errors
    /// [`OptionError`].
    pub fn load(&self, default_train: Option<u32>) -> Result<Mnist<f32>, OptionError> {
        self.options.check().map_err(OptionError::Out)?;
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads.into())
                .build_global()?;
        }
        let quick = self.options.quick;
        let train = self.train.or(quick.then_some(1500)).or(default_train);
        let data = first_digits(self.data.as_deref(), train, quick)?;
        let images = training_count(&data.train);
        let batch_size = self.batch_size as usize;
        if batch_size > images {
            return Err(OptionError::BatchSize { batch_size, images });
        }
        println!(
            "{} images to learn from, {} to test on",
            data.train.len(),
            data.test.len()
        );
        Ok(data)
    }

    /// The files to be read.
    pub fn inputs(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(mnist_folder(self.data.as_deref()));
        let files = files.into_iter().flatten().flatten();
        files.map(|entry| entry.path()).collect()
    }

    /// Sets the number of epochs unless `--epochs` or `--quick` is given.
    pub fn default_epochs(mut self, epochs: u32) -> Self {
        if !self.options.quick {
            self.epochs.get_or_insert(epochs);
        }
        self
    }

    /// Options of `fit`: with validation, and a line per epoch on standard output.
    pub fn fit<'a>(&self) -> Fit<'a, f32> {
        Fit::epochs(self.epochs())
            .batch_size(self.batch_size as usize)
            .validation_split(VALIDATION_FRACTION)
            .callback(EpochLines::new())
    }

    /// Number of training steps of [`fit`](Self::fit).
    pub fn steps(&self, train: &ImageDataset<f32>) -> u64 {
        let an_epoch = training_count(train).div_ceil(self.batch_size as usize);
        an_epoch as u64 * self.epochs() as u64
    }

    /// Number of epochs.
    pub fn epochs(&self) -> usize {
        let usual = if self.options.quick { 2 } else { 5 };
        self.epochs.unwrap_or(usual) as usize
    }
}

/// MNIST's first `train` training images, all for `None`, and the test images, the first 1000 if
/// `quick`.
///
/// # Errors
/// [`OptionError`].
pub fn first_digits(
    folder: Option<&Path>,
    train: Option<u32>,
    quick: bool,
) -> Result<Mnist<f32>, OptionError> {
    let mut data = Mnist::load(mnist_folder(folder))?;
    if let Some(count) = train {
        data.train = data.train.first(count as usize)?;
    }
    if quick {
        data.test = data.test.first(QUICK_TEST.min(data.test.len()))?;
    }
    if data.test.len() < MIN_TEST {
        return Err(OptionError::Test(data.test.len()));
    }
    Ok(data)
}

/// Number of images that are not held out.
fn training_count(train: &ImageDataset<f32>) -> usize {
    train.len() - (VALIDATION_FRACTION * train.len() as f64).round() as usize
}

/// The given folder, or the repository's own.
pub fn mnist_folder(given: Option<&Path>) -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    given.map_or_else(own, Path::to_path_buf)
}
