//! Training that can be interrupted at any moment.

mod content;

use std::error::Error;
use std::path::{Path, PathBuf};

use dl_nn::Scalar;
use dl_nn::train::{Checkpointer, Moment, Snapshot};
use serde::Serialize;
use serde_json::Value;

use crate::atomic::remove_partial;
use crate::container::{self, Container, Format, ReadError};
use content::Content;

const FORMAT: Format = Format {
    name: "dl-checkpoint",
    version: 1,
};

/// Keeps the state of a running training in a file, and gives it back.
///
/// The file holds all there is: weights, the optimiser's moments and steps, the seed from which
/// every order and mask is drawn, the position in the epoch, the history, what the callbacks
/// remember (the best weights, a schedule's patience). Each one is written beside the last and
/// renamed over it, so that a program killed at any moment leaves a whole one; training resumed
/// from it ends with the bits of one that was never interrupted.
///
/// ```
/// use dl_io::Checkpoints;
/// use dl_nn::ndarray::array;
/// use dl_nn::prelude::*;
///
/// fn train(epochs: usize, checkpoints: &mut Checkpoints) -> Result<Trainer<f32>, Box<dyn std::error::Error>> {
///     let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
///     let network = Sequential::input([2]).push(Dense::new(8).activation(Tanh)).push(Dense::new(2));
///     let loss = SoftmaxCrossEntropy::new();
///     let mut trainer = Trainer::new(network.build(1)?, loss, Adam::new(0.05))?;
///     // where there is a checkpoint, goes on from it
///     let snapshot = checkpoints.resume()?;
///     let fit = Fit::epochs(epochs).batch_size(2).resume(snapshot).checkpoint(checkpoints);
///     trainer.fit(&x, &vec![0, 1, 1, 0], fit)?;
///     Ok(trainer)
/// }
///
/// let folder = tempfile::tempdir()?;
/// let mut checkpoints = Checkpoints::new(folder.path().join("xor.dl"));
/// train(3, &mut checkpoints)?;
/// let resumed = train(8, &mut checkpoints)?; // epochs 4 to 8
/// let whole = train(8, &mut Checkpoints::new(folder.path().join("other.dl")))?;
/// assert_eq!(resumed.model().weights(), whole.model().weights());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checkpoints {
    path: PathBuf,
    every_epochs: usize,
    every_steps: Option<usize>,
    run: Value,
}

/// Why a training cannot go on from a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It belongs to a run with other settings.
    #[error(
        "`{}` is a checkpoint of another run: {setting} was {found}, but is {expected} here",
        path.display()
    )]
    Run {
        /// The file.
        path: PathBuf,
        /// The first setting that differs.
        setting: String,
        /// Its value in the file.
        found: Value,
        /// Its value now.
        expected: Value,
    },
}

impl Checkpoints {
    /// In this file, after every epoch.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            every_epochs: 1,
            every_steps: None,
            run: Value::Null,
        }
    }

    /// After every so many epochs, at least 1; in any case after the last.
    pub fn every_epochs(mut self, epochs: usize) -> Self {
        self.every_epochs = epochs.max(1);
        self
    }

    /// And, within an epoch, after every so many steps, at least 1.
    pub fn every_steps(mut self, steps: usize) -> Self {
        self.every_steps = Some(steps.max(1));
        self
    }

    /// The run's settings, anything serde can write: a checkpoint of a run with others is refused.
    pub fn run(mut self, settings: impl Serialize) -> Self {
        self.run = serde_json::to_value(settings).unwrap_or_default();
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last checkpoint, to be handed to [`Fit::resume`](dl_nn::train::Fit::resume); `None`
    /// where there is no file yet. What an interrupted write left beside it is removed.
    ///
    /// # Errors
    /// [`CheckpointError`] where there is a file that cannot be read or is of another run.
    pub fn resume<F>(&self) -> Result<Option<Snapshot<F>>, CheckpointError>
    where
        F: Scalar,
    {
        // a folder that does not exist has nothing to be removed from
        let _ = remove_partial(&self.path);
        if !self.path.exists() {
            return Ok(None);
        }
        let file = Container::read(&self.path, FORMAT)?;
        let content: Content = file.content()?;
        self.check_run(&content.run)?;
        Ok(Some(content.into_snapshot(&file)?))
    }

    fn check_run(&self, found: &Value) -> Result<(), CheckpointError> {
        let differs = |setting: &str, found: &Value, expected: &Value| CheckpointError::Run {
            path: self.path.clone(),
            setting: setting.to_owned(),
            found: found.clone(),
            expected: expected.clone(),
        };
        if let (Value::Object(found), Value::Object(expected)) = (found, &self.run) {
            for (setting, value) in expected {
                let before = found.get(setting).unwrap_or(&Value::Null);
                if before != value {
                    return Err(differs(&format!("`{setting}`"), before, value));
                }
            }
            return Ok(());
        }
        if *found != self.run {
            return Err(differs("it", found, &self.run));
        }
        Ok(())
    }
}

impl<F: Scalar> Checkpointer<F> for Checkpoints {
    fn wants(&mut self, moment: Moment) -> bool {
        match moment.step {
            0 => moment.last || moment.epoch.is_multiple_of(self.every_epochs),
            step => self.every_steps.is_some_and(|n| step.is_multiple_of(n)),
        }
    }

    fn save(&mut self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let (content, arrays) = Content::of(snapshot, self.run.clone());
        Ok(container::write(&self.path, FORMAT, &content, arrays)?)
    }
}
