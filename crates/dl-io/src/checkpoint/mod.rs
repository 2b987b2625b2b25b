//! Training that can be interrupted at any moment.

mod content;

use std::error::Error;
use std::path::{Path, PathBuf};

use dl_core::instantiate;
use dl_core::text::{shown, shown_path};
use dl_fs::Lock;
use dl_nn::Scalar;
use dl_nn::train::{Checkpointer, Moment, Snapshot};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::container::{self, Container, Format, ReadError};
use crate::error::WriteError;
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
/// One program at a time keeps checkpoints in a file: it is locked when it is [resumed](Self::resume) from or
/// when training begins, whichever comes first, and until this is dropped. Who reads a checkpoint has the lock
/// already, so that nobody else's training goes on between the two. A second training with the same file is
/// refused before its first step.
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
#[derive(Debug)]
pub struct Checkpoints {
    path: PathBuf,
    every_epochs: usize,
    every_steps: Option<usize>,
    run: Result<Value, String>,
    lock: Option<Lock>,
}

/// Why a training cannot go on from a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The run's settings cannot be written as JSON, and so not be compared.
    #[error("the run's settings cannot be written as JSON: {}", shown(.0))]
    Settings(String),
    /// Another training keeps its checkpoints in this file, or the file cannot be locked.
    #[error("cannot resume from `{}`: {source}", shown_path(path))]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// It cannot be told whether there is a file.
    #[error("cannot check for `{}`: {source}", shown_path(path))]
    Look {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// It belongs to a run with other settings.
    #[error(
        "`{}` is a checkpoint of another run: {setting} was {found}, but is {expected} here",
        shown_path(path),
        setting = shown(setting), found = shown(&found.to_string()),
        expected = shown(&expected.to_string())
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
            run: Ok(Value::Null),
            lock: None,
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

    /// The run's settings, anything serde can write as JSON: a checkpoint of a run with others is
    /// refused. Put in whatever makes the training what it is and is not in the trainer's state: a
    /// checksum of the data, learning rate, loss, schedule.
    pub fn run(mut self, settings: impl Serialize) -> Self {
        self.run = serde_json::to_value(settings).map_err(|error| error.to_string());
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last checkpoint, to be handed to [`Fit::resume`](dl_nn::train::Fit::resume); `None`
    /// where there is no file yet. Its file is locked first, and stays so until this is dropped. What an
    /// interrupted write left beside it is removed.
    ///
    /// # Errors
    /// [`CheckpointError`] where another training keeps its checkpoints in the file, it cannot be locked
    /// (its folder cannot be written to), or there is a file that cannot be read or is of another run.
    pub fn resume<F>(&mut self) -> Result<Option<Snapshot<F>>, CheckpointError>
    where
        F: Scalar,
    {
        resume(self)
    }

    fn lock_and_read<F: Scalar>(&mut self) -> Result<Option<Snapshot<F>>, CheckpointError> {
        let held = self.lock.is_some();
        self.lock().map_err(|source| CheckpointError::Lock {
            path: self.path.clone(),
            source,
        })?;
        let read = self.read();
        if read.is_err() && !held {
            self.lock = None;
        }
        read
    }

    /// Takes the lock, unless it is held already.
    fn lock(&mut self) -> std::io::Result<()> {
        if self.lock.is_none() {
            self.lock = Some(Lock::acquire(&self.path)?);
        }
        Ok(())
    }

    fn read<F: Scalar>(&self) -> Result<Option<Snapshot<F>>, CheckpointError> {
        let run = self.settings()?;
        let exists = self.path.try_exists();
        let exists = exists.map_err(|source| CheckpointError::Look {
            path: self.path.clone(),
            source,
        })?;
        // where this fails, what is left over takes room and nothing else
        let _ = dl_fs::remove_partial(&self.path);
        if !exists {
            return Ok(None);
        }
        let file = Container::read(&self.path, FORMAT)?;
        let content: Content = file.content()?;
        self.compare(&content.run, &run)?;
        Ok(Some(content.into_snapshot(&file)?))
    }

    fn settings(&self) -> Result<Value, CheckpointError> {
        self.run.clone().map_err(CheckpointError::Settings)
    }

    /// Compares the file's settings with these: setting by setting where they have names.
    fn compare(&self, found: &Value, expected: &Value) -> Result<(), CheckpointError> {
        let differs = |setting: String, found: &Value, expected: &Value| CheckpointError::Run {
            path: self.path.clone(),
            setting,
            found: found.clone(),
            expected: expected.clone(),
        };
        if found == expected {
            return Ok(());
        }
        if let (Value::Object(was), Value::Object(is)) = (found, expected) {
            for setting in was.keys().chain(is.keys()) {
                let of = |settings: &Map<String, Value>| settings.get(setting).cloned();
                let (was, is) = (of(was).unwrap_or_default(), of(is).unwrap_or_default());
                if was != is {
                    return Err(differs(format!("`{setting}`"), &was, &is));
                }
            }
        }
        Err(differs("it".to_owned(), found, expected))
    }

    fn is_due(&self, moment: Moment) -> bool {
        match moment.step {
            0 => moment.last || moment.epoch.is_multiple_of(self.every_epochs),
            step => self.every_steps.is_some_and(|n| step.is_multiple_of(n)),
        }
    }

    fn write<F: Scalar>(&self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let (content, arrays) = Content::of(snapshot, self.settings()?);
        let bytes = container::encode(FORMAT, &content, arrays)?;
        Ok(container::write(&self.path, &bytes)?)
    }
}

impl<F: Scalar> Checkpointer<F> for Checkpoints {
    fn wants(&mut self, moment: Moment) -> bool {
        self.is_due(moment)
    }

    fn begin(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        dl_fs::check_writable(&self.path).map_err(WriteError::at(&self.path))?;
        Ok(self.lock().map_err(WriteError::at(&self.path))?)
    }

    fn save(&mut self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>> {
        save(self, snapshot)
    }
}

instantiate! {
    fn resume<F: Scalar>(
        checkpoints: &mut Checkpoints,
    ) -> Result<Option<Snapshot<F>>, CheckpointError> {
        checkpoints.lock_and_read()
    }

    fn save<F: Scalar>(
        checkpoints: &Checkpoints,
        snapshot: Snapshot<F>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        checkpoints.write(snapshot)
    }
}
