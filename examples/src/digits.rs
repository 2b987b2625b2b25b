//! What the programs that learn MNIST's digits share: options, data, how an epoch is told.

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

/// The share of the training images that is held out to validate on.
pub const VALIDATION_SHARE: f64 = 0.1;

/// Test images that `--quick` measures on.
const QUICK_TEST: usize = 1000;
/// Test images that figures show at most.
const FEWEST_TEST: usize = 20;

/// The options of a program that learns MNIST's digits.
#[derive(Debug, clap::Args)]
pub struct DigitOptions {
    /// Where figures go, and how much is done.
    #[command(flatten)]
    pub options: Options,
    /// Where the run's numbers go, or come from.
    #[command(flatten)]
    pub record: RecordOptions,
    /// Images to learn from, a tenth of them held out to validate on: the first N [default: as many
    /// as make a good network; 1500 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=60_000))]
    pub train: Option<u32>,
    /// How often each image is seen [default: as often as makes a good network; 2 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,
    /// Images a training step
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = value_parser!(u32).range(1..))]
    pub batch_size: u32,
    /// Folder of MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Threads that work [default: one a core]; the result does not depend on them
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    /// Seed of the initial weights, the images held out and the order of the others
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

/// What an option asks for and cannot get.
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// The data set is not there, or not what it should be.
    #[error(
        "{0}\nhint: a clone of the repository holds MNIST in examples/data/mnist; --data DIR names another folder"
    )]
    Data(#[from] MnistError),
    /// More images than there are.
    #[error("--train: {0}")]
    Train(#[from] DatasetError),
    /// A batch of more images than there are to learn from.
    #[error(
        "--batch-size is {batch_size}, but there are only {images} images to learn from (a tenth of --train is held out)"
    )]
    BatchSize {
        /// Images a step.
        batch_size: usize,
        /// Images that are not held out.
        images: usize,
    },
    /// Fewer test images than the figures show.
    #[error("the data set has only {0} images to test on, but the figures show {FEWEST_TEST}")]
    Test(usize),
    /// Figures cannot be written.
    #[error("{0}")]
    Out(String),
    /// The threads could not be started.
    #[error("--threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl DigitOptions {
    /// Starts the threads, reads the data and says how much there is: without `--train`,
    /// `default_train` images to learn from (`None` for all), fewer with `--quick`.
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
        let images = learned_from(&data.train);
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

    /// The files that are read.
    pub fn inputs(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(mnist_folder(self.data.as_deref()));
        let files = files.into_iter().flatten().flatten();
        files.map(|entry| entry.path()).collect()
    }

    /// The same, with each image seen so often where neither `--epochs` nor `--quick` is given.
    pub fn usual_epochs(mut self, epochs: u32) -> Self {
        if !self.options.quick {
            self.epochs.get_or_insert(epochs);
        }
        self
    }

    /// How to fit: with validation, a line an epoch on standard output.
    pub fn fit<'a>(&self) -> Fit<'a, f32> {
        Fit::epochs(self.epochs())
            .batch_size(self.batch_size as usize)
            .validation_split(VALIDATION_SHARE)
            .callback(EpochLines::new())
    }

    /// The training steps of [`fit`](Self::fit).
    pub fn steps(&self, train: &ImageDataset<f32>) -> u64 {
        let an_epoch = learned_from(train).div_ceil(self.batch_size as usize);
        an_epoch as u64 * self.epochs() as u64
    }

    /// How often each image is seen.
    pub fn epochs(&self) -> usize {
        let usual = if self.options.quick { 2 } else { 5 };
        self.epochs.unwrap_or(usual) as usize
    }
}

/// MNIST's first `train` images to learn from, all for `None`, and the images to test on: the first
/// 1000 if `quick`.
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
    if data.test.len() < FEWEST_TEST {
        return Err(OptionError::Test(data.test.len()));
    }
    Ok(data)
}

/// The images that are not held out.
fn learned_from(train: &ImageDataset<f32>) -> usize {
    train.len() - (VALIDATION_SHARE * train.len() as f64).round() as usize
}

/// The folder named, or the repository's own.
pub fn mnist_folder(named: Option<&Path>) -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    named.map_or_else(own, Path::to_path_buf)
}
