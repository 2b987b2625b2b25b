//! The numbers behind the figures of a trained network, saved to a file.
//!
//! A different CPU may sum in a different order, and over thousands of steps a difference in the last
//! bit becomes a different prediction. So a figure of a trained network is a function of a record of
//! the run, never of the network itself: from a record it is the same everywhere, without training.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use dl_nn::Scalar;
use dl_nn::train::History;
use ndarray::{Array, ArrayView, Dimension};
use serde::{Serialize, de::DeserializeOwned};

use crate::keep::tell;
use crate::{check_writable, println};

/// Where the numbers of a run are written to or read from.
#[derive(Debug, clap::Args)]
pub struct RecordOptions {
    /// Write the numbers behind the figures to this file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Do not train; draw the figures from a file that --record wrote
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    pub replay: Option<PathBuf>,
}

impl RecordOptions {
    /// Rejects `--replay`, which trains nothing, if training is `wanted`.
    ///
    /// # Errors
    /// The message.
    pub fn require_training(&self, wanted: bool) -> Result<(), &'static str> {
        match self.replay.is_some() && wanted {
            true => Err("--replay trains nothing: there is nothing to keep or to watch"),
            false => Ok(()),
        }
    }

    /// The record of the file given by `--replay`; otherwise that of `run`, which is written to the
    /// file given by `--record`.
    ///
    /// # Errors
    /// Those of `run`; a file that cannot be read or written, or is not such a record, with its path.
    pub fn record<R: Serialize + DeserializeOwned>(
        &self,
        run: impl FnOnce() -> Result<R, Box<dyn Error>>,
    ) -> Result<R, Box<dyn Error>> {
        self.check()?;
        if let Some(path) = &self.replay {
            let record = read(path)?;
            println!(
                "nothing is trained: the numbers are those of {}",
                path.display()
            );
            return Ok(record);
        }
        let record = run()?;
        if let Some(path) = &self.record {
            tell(path, write(path, &record));
        }
        Ok(record)
    }

    /// Checks that the file can be written, before anything is trained.
    ///
    /// # Errors
    /// Why it cannot.
    fn check(&self) -> Result<(), String> {
        let Some(path) = &self.record else {
            return Ok(());
        };
        make_folder(path)?;
        check_writable(path)
    }
}

/// Reads a record.
///
/// # Errors
/// A file that cannot be read, or is not such a record, with its path.
pub fn read<R: DeserializeOwned>(path: &Path) -> Result<R, String> {
    let text = dl_fs::read(path).map_err(|error| at(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| at(path, &error))
}

fn write(path: &Path, record: &impl Serialize) -> Result<(), String> {
    make_folder(path)?;
    let text = serde_json::to_vec(record).map_err(|error| at(path, &error))?;
    dl_fs::write(path, &text).map_err(|error| at(path, &error))
}

/// Creates the folder of a record.
fn make_folder(path: &Path) -> Result<(), String> {
    match path.parent() {
        Some(folder) => fs::create_dir_all(folder).map_err(|error| at(folder, &error)),
        None => Ok(()),
    }
}

fn at(path: &Path, error: &dyn Error) -> String {
    format!("{}: {error}", path.display())
}

/// A history without its seconds, which differ from run to run.
pub fn untimed(mut history: History) -> History {
    for epoch in &mut history.epochs {
        epoch.seconds = 0.0;
    }
    history
}

/// Values with three decimals: as many as a figure shows, and a small file.
pub fn rounded<F: Scalar, D: Dimension>(values: ArrayView<'_, F, D>) -> Array<f64, D> {
    values.mapv(|value| (1e3 * value.as_f64()).round() / 1e3)
}
