//! Training that can be interrupted at any time.

mod content;

use std::error::Error;
use std::path::{Path, PathBuf};

use dl_core::instantiate;
use dl_core::text::{shown, shown_path};
use dl_fs::Lock;
use dl_nn::train::{CheckpointPoint, Checkpointer, Snapshot};
use dl_nn::{ConfigError, Scalar};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::container::{self, Container, Format, ReadError};
use crate::error::WriteError;
use content::Content;

static FORMAT: Format = Format {
    name: "dl-checkpoint",
    versions: 2..=2,
};

/// Saves the state of a training run to a file, and restores it.
///
/// A checkpoint contains the complete state: weights, the optimiser's moments and step count, the seed that
/// determines every order and mask, the position in the epoch, the history, and the state of the callbacks (the
/// best weights, a schedule's patience). Each one is written to a temporary file and renamed over the last, so that
/// a program killed at any time leaves a complete one. The results of a resumed run are bit-identical to those of
/// one that was never interrupted.
///
/// Only one program at a time can use a checkpoint file: it is locked by [`resume`](Self::resume) or when training
/// begins, whichever comes first, until this value is dropped. `resume` takes the lock before it reads, so no other
/// run can write in between. A second run with the same file is rejected before its first step.
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
///     // continues from the checkpoint, if there is one
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
/// let uninterrupted = train(8, &mut Checkpoints::new(folder.path().join("other.dl")))?;
/// assert_eq!(resumed.model().weights(), uninterrupted.model().weights());
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

/// Why training cannot resume from a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The run's settings cannot be written as JSON, so they cannot be compared.
    #[error("the run's settings cannot be written as JSON: {}", shown(.0))]
    Settings(String),
    /// Another run uses this file, or the file cannot be locked.
    #[error("cannot resume from `{}`: {source}", shown_path(path))]
    Lock {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// Whether the file exists cannot be determined.
    #[error("cannot tell whether `{}` exists: {source}", shown_path(path))]
    Existence {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// It belongs to a run with different settings.
    #[error(
        "`{}` is a checkpoint of a different run: {setting} was {found}, but is {expected} here",
        shown_path(path),
        setting = shown(setting), found = shown(&found.to_string()),
        expected = shown(&expected.to_string())
    )]
    SettingsMismatch {
        /// The file.
        path: PathBuf,
        /// The first setting that differs.
        setting: String,
        /// Its value in the file.
        found: Value,
        /// Its value in this run.
        expected: Value,
    },
}

impl Checkpoints {
    /// Checkpoints in this file, saved after every epoch.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            every_epochs: 1,
            every_steps: None,
            run: Ok(Value::Null),
            lock: None,
        }
    }

    /// Saves after every `epochs` epochs, at least 1, and always after the last.
    pub fn every_epochs(mut self, epochs: usize) -> Self {
        self.every_epochs = epochs;
        self
    }

    /// Saves also within an epoch, after every `steps` steps, at least 1.
    pub fn every_steps(mut self, steps: usize) -> Self {
        self.every_steps = Some(steps);
        self
    }

    /// The run's settings, anything serde can write as JSON: a checkpoint of a run with different ones is rejected.
    /// Include everything that determines the run but is not part of the trainer's state: a checksum of the data,
    /// learning rate, loss, schedule.
    pub fn run_settings(mut self, settings: impl Serialize) -> Self {
        self.run = serde_json::to_value(settings).map_err(|error| error.to_string());
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last checkpoint, to be passed to [`Fit::resume`](dl_nn::train::Fit::resume); `None` if there is no file
    /// yet. The file is locked first, and stays locked until this value is dropped. Remains of an interrupted write
    /// are removed.
    ///
    /// # Errors
    /// [`CheckpointError`] if another run uses the file, it cannot be locked (for instance because its folder is
    /// read-only), or there is a file that cannot be read or belongs to a different run.
    pub fn resume<F>(&mut self) -> Result<Option<Snapshot<F>>, CheckpointError>
    where
        F: Scalar,
    {
        resume(self)
    }

    /// Takes the lock, unless it is held already.
    fn lock(&mut self) -> std::io::Result<()> {
        if self.lock.is_none() {
            self.lock = Some(Lock::acquire(&self.path)?);
        }
        Ok(())
    }

    fn read<F: Scalar + DeserializeOwned>(&self) -> Result<Option<Snapshot<F>>, CheckpointError> {
        let run = self.settings()?;
        let exists = self.path.try_exists();
        let exists = exists.map_err(|source| CheckpointError::Existence {
            path: self.path.clone(),
            source,
        })?;
        // if this fails, the remains only take up space
        let _ = dl_fs::remove_partial(&self.path);
        if !exists {
            return Ok(None);
        }
        let file = Container::read(&self.path, &FORMAT)?;
        let content: Content<F> = file.content()?;
        self.compare(&content.run, &run)?;
        Ok(Some(content.into_snapshot(&file)?))
    }

    fn settings(&self) -> Result<Value, CheckpointError> {
        self.run.clone().map_err(CheckpointError::Settings)
    }

    /// Compares the file's settings with these, one by one if they have names.
    fn compare(&self, found: &Value, expected: &Value) -> Result<(), CheckpointError> {
        let differs =
            |setting: String, found: &Value, expected: &Value| CheckpointError::SettingsMismatch {
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
        Err(differs(
            "the value of `run_settings`".to_owned(),
            found,
            expected,
        ))
    }

    fn is_due(&self, moment: CheckpointPoint) -> bool {
        match moment.step {
            0 => moment.last || moment.epoch.is_multiple_of(self.every_epochs),
            step => self.every_steps.is_some_and(|n| step.is_multiple_of(n)),
        }
    }

    fn write<F: Scalar + Serialize>(
        &self,
        snapshot: Snapshot<F>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let (content, arrays) = Content::from_snapshot(snapshot, self.settings()?);
        let bytes = container::encode(&FORMAT, &content, arrays)?;
        Ok(container::write(&self.path, &bytes)?)
    }
}

impl<F: Scalar> Checkpointer<F> for Checkpoints {
    fn wants(&mut self, moment: CheckpointPoint) -> bool {
        self.is_due(moment)
    }

    fn begin(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let (epochs, steps) = (self.every_epochs, self.every_steps.unwrap_or(1));
        ConfigError::require(epochs > 0, "Checkpoints every_epochs", 0, "at least 1")?;
        ConfigError::require(steps > 0, "Checkpoints every_steps", 0, "at least 1")?;
        dl_fs::check_writable(&self.path).map_err(WriteError::at(&self.path))?;
        Ok(self.lock().map_err(WriteError::at(&self.path))?)
    }

    fn save(&mut self, snapshot: Snapshot<F>) -> Result<(), Box<dyn Error + Send + Sync>> {
        save(self, snapshot)
    }
}

instantiate! {
    fn resume<F: Scalar + DeserializeOwned>(
        checkpoints: &mut Checkpoints,
    ) -> Result<Option<Snapshot<F>>, CheckpointError> {
        let held = checkpoints.lock.is_some();
        checkpoints.lock().map_err(|source| CheckpointError::Lock {
            path: checkpoints.path.clone(),
            source,
        })?;
        let read = checkpoints.read();
        if read.is_err() && !held {
            checkpoints.lock = None;
        }
        read
    }

    fn save<F: Scalar + Serialize>(
        checkpoints: &Checkpoints,
        snapshot: Snapshot<F>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        checkpoints.write(snapshot)
    }
}
