//! Logs training for TensorBoard.

use std::path::{Path, PathBuf};

use dl_core::instantiate;
use dl_nn::train::{Callback, Epoch, FitContext, Flow, History, StepEnd};
use dl_nn::{Model, Scalar};

use super::writer::has_fit;
use super::{EventError, EventWriter};

/// The run of validation metrics.
const VALIDATION: &str = "validation";
/// The run of values logged per step: its steps are not the epochs of the other runs, so it is purged from a
/// different step.
const STEPS: &str = "steps";

/// Logs training as event files for `tensorboard --logdir DIR`.
///
/// There are two runs, so that TensorBoard draws them in one chart: `DIR/train`, and `DIR/validation` if there are
/// validation samples. Values logged per step are in a third run, `DIR/steps`.
/// | tag | run | step | value |
/// |---|---|---|---|
/// | `loss`, `accuracy` | both | epochs done | as in [`Epoch`]; no accuracy for regression |
/// | `learning_rate`, `seconds` | train | epochs done | as in [`Epoch`] |
/// | `step/loss`, `step/learning_rate` | steps | steps done | with [`every_steps`](Self::every_steps) |
/// | `weights/dense_1.kernel` … | train | epochs done, 0 before the first | histograms |
/// | `gradients/dense_1.kernel` … | train | epochs done | histograms of the epoch's last step |
/// | `model` | train | 0 | the model's summary |
///
/// Epochs and steps continue to count if the same callback is used in another `fit`.
///
/// **A resumed `fit`** in the same directory repeats what the interrupted one logged after its last checkpoint.
/// TensorBoard is told to discard the earlier events ([`EventWriter::purge_from`]), so it shows every epoch and
/// step once. In the same way, a new training run replaces another one in the same directory; to compare the two,
/// use separate directories. The files of the earlier run are kept.
///
/// **If the files cannot be written** (a full disk, a removed directory), training stops after the step or epoch,
/// with the reason in [`History::stopped`], and [`finish`](Self::finish) returns the error: logging does not fail
/// silently. The model is unaffected, and another `fit` can continue from there.
///
/// ```
/// use dl_nn::prelude::*;
/// use dl_nn::ndarray::array;
/// use dl_watch::tensorboard::TensorBoard;
///
/// # let directory = tempfile::tempdir()?;
/// # let runs = directory.path();
/// let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
/// let labels = vec![0, 1, 1, 0];
/// let model = Sequential::input([2])
///     .push(Dense::new(8).activation(Tanh))
///     .push(Dense::new(2))
///     .build(1)?;
/// let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.05))?;
///
/// let mut board = TensorBoard::create(runs.join("xor"))?.every_steps(10);
/// board.writer().text("configuration", 0, "Adam, learning rate 0.05")?;
/// trainer.fit(&x, &labels, Fit::epochs(20).callback(&mut board))?;
/// board.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    dir: PathBuf,
    train: EventWriter,
    /// Created when there is something to write.
    validation: Option<EventWriter>,
    /// Like the run `validation`.
    steps: Option<EventWriter>,
    every_steps: u64,
    histograms: bool,
    /// Whether the directory contains another training run.
    replaces: bool,
    /// Whether a `fit` has begun.
    begun: bool,
    /// Number of epochs done.
    epoch: u64,
    /// Number of steps done.
    step: u64,
    /// The first error; nothing is written after it.
    error: Option<EventError>,
}

impl TensorBoard {
    /// Starts an event file in `dir/train`.
    ///
    /// # Errors
    /// [`EventError::Io`] with the path that cannot be written.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self, EventError> {
        Self::create_in(dir.as_ref())
    }

    fn create_in(dir: &Path) -> Result<Self, EventError> {
        let run = dir.join("train");
        let replaces = has_fit(&run);
        let train = EventWriter::create_for_fit(&run)?;
        Ok(Self {
            replaces,
            ..Self::with_writer(dir, train)
        })
    }

    fn with_writer(dir: &Path, train: EventWriter) -> Self {
        Self {
            dir: dir.to_owned(),
            train,
            validation: None,
            steps: None,
            every_steps: 0,
            histograms: true,
            replaces: false,
            begun: false,
            epoch: 0,
            step: 0,
            error: None,
        }
    }

    /// Logs the loss and the learning rate of every `n`-th step; 0, the default, disables this.
    pub fn every_steps(mut self, n: u64) -> Self {
        self.every_steps = n;
        self
    }

    /// Whether to log histograms of weights and gradients, by default yes. They read every value twice per epoch.
    pub fn histograms(mut self, histograms: bool) -> Self {
        self.histograms = histograms;
        self
    }

    /// The writer of the run `train`, for additional values. Steps of this run are epochs done: if a `fit` is
    /// resumed after `n` of them, values at steps above `n` that were written before this callback was created are
    /// discarded.
    pub fn writer(&mut self) -> &mut EventWriter {
        &mut self.train
    }

    /// Flushes all event files.
    ///
    /// # Errors
    /// The first [`EventError`] since the callback was created.
    pub fn finish(mut self) -> Result<(), EventError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.flush(),
        }
    }

    /// Writes, unless writing has failed before, and returns whether training continues.
    fn attempt(&mut self, write: impl FnOnce(&mut Self) -> Result<(), EventError>) -> Flow {
        if self.error.is_none() {
            self.error = write(self).err();
        }
        match &self.error {
            None => Flow::Continue,
            Some(error) => Flow::Stop(format!("cannot write TensorBoard events: {error}")),
        }
    }

    fn begin<F: Scalar>(&mut self, run: &FitContext<'_, F>) {
        let first = !std::mem::replace(&mut self.begun, true);
        // an error stops training after the first step
        self.attempt(|board| match run.resumed_at {
            Some((epochs, steps)) => {
                // earlier files have the earlier events
                board.epoch = epochs as u64;
                let steps_before = epochs.saturating_mul(run.plan.steps_per_epoch);
                board.step = steps_before.saturating_add(steps) as u64;
                board.forget(
                    board.epoch.saturating_add(1),
                    board.step.saturating_add(1),
                    first,
                )
            }
            None if first => {
                if board.replaces {
                    board.forget(0, 0, first)?;
                }
                board.first(run.model)
            }
            None => Ok(()),
        });
    }

    /// Discards what was logged from this epoch and this step on, which is computed again. Before the first `fit`,
    /// values written with the writer of the run `train` are kept.
    fn forget(&mut self, epoch: u64, step: u64, first: bool) -> Result<(), EventError> {
        match first {
            true => self.train.purge_from_before(epoch)?,
            false => self.train.purge_from(epoch)?,
        }
        // these are created here if they have files
        if self.dir.join(VALIDATION).is_dir() {
            writer_of(&mut self.validation, &self.dir, VALIDATION)?.purge_from(epoch)?;
        }
        if self.dir.join(STEPS).is_dir() {
            writer_of(&mut self.steps, &self.dir, STEPS)?.purge_from(step)?;
        }
        self.flush()
    }

    fn first<F: Scalar>(&mut self, model: &Model<F>) -> Result<(), EventError> {
        let summary = format!("```\n{}\n```", model.summary());
        self.train.text("model", 0, &summary)?;
        self.weights(model)?;
        self.flush()
    }

    fn weights<F: Scalar>(&mut self, model: &Model<F>) -> Result<(), EventError> {
        if !self.histograms {
            return Ok(());
        }
        for (name, values) in model.params() {
            let values = values.iter().map(|value| value.as_f64());
            self.train
                .histogram(&format!("weights/{name}"), self.epoch, values)?;
        }
        Ok(())
    }

    fn gradients<F: Scalar>(&mut self, run: &FitContext<'_, F>) -> Result<(), EventError> {
        if !self.histograms {
            return Ok(());
        }
        for ((name, _), values) in run.model.params().zip(run.grads.iter().flatten()) {
            let values = values.iter().map(|value| value.as_f64());
            self.train
                .histogram(&format!("gradients/{name}"), self.epoch, values)?;
        }
        Ok(())
    }

    fn epoch<F: Scalar>(
        &mut self,
        epoch: &Epoch,
        run: &FitContext<'_, F>,
    ) -> Result<(), EventError> {
        let at = self.epoch;
        self.train.scalar("loss", at, epoch.train.loss)?;
        if let Some(accuracy) = epoch.train.accuracy {
            self.train.scalar("accuracy", at, accuracy)?;
        }
        self.train
            .scalar("learning_rate", at, epoch.learning_rate)?;
        self.train.scalar("seconds", at, epoch.seconds)?;
        if let Some(validation) = &epoch.validation {
            let writer = writer_of(&mut self.validation, &self.dir, VALIDATION)?;
            writer.scalar("loss", at, validation.loss)?;
            if let Some(accuracy) = validation.accuracy {
                writer.scalar("accuracy", at, accuracy)?;
            }
        }
        for metric in &epoch.metrics {
            // of the samples on which it was measured
            let writer = match epoch.validation {
                Some(_) => writer_of(&mut self.validation, &self.dir, VALIDATION)?,
                None => &mut self.train,
            };
            writer.scalar(&format!("metrics/{}", metric.name), at, metric.value)?;
        }
        self.weights(run.model)?;
        self.gradients(run)?;
        self.flush()
    }

    fn end_step(&mut self, step: &StepEnd) -> Flow {
        self.step += 1;
        self.attempt(|board| board.step(step))
    }

    fn end_epoch<F: Scalar>(&mut self, epoch: &Epoch, run: &FitContext<'_, F>) -> Flow {
        self.epoch += 1;
        self.attempt(|board| board.epoch(epoch, run))
    }

    fn end(&mut self) {
        self.attempt(Self::flush);
    }

    fn step(&mut self, step: &StepEnd) -> Result<(), EventError> {
        if self.every_steps == 0 || !self.step.is_multiple_of(self.every_steps) {
            return Ok(());
        }
        let writer = writer_of(&mut self.steps, &self.dir, STEPS)?;
        writer.scalar("step/loss", self.step, step.loss)?;
        writer.scalar("step/learning_rate", self.step, step.learning_rate)?;
        writer.flush()
    }

    fn flush(&mut self) -> Result<(), EventError> {
        let others = self.validation.iter_mut().chain(&mut self.steps);
        std::iter::once(&mut self.train)
            .chain(others)
            .try_for_each(EventWriter::flush)
    }
}

/// The writer of the run `name`, created when there is something to write.
fn writer_of<'a>(
    writer: &'a mut Option<EventWriter>,
    dir: &Path,
    name: &str,
) -> Result<&'a mut EventWriter, EventError> {
    Ok(match writer {
        Some(writer) => writer,
        none => none.insert(EventWriter::create_for_fit(&dir.join(name))?),
    })
}

impl<F: Scalar> Callback<F> for TensorBoard {
    fn train_begin(&mut self, run: &mut FitContext<'_, F>) {
        train_begin(self, run);
    }

    fn step_end(&mut self, step: &StepEnd, _run: &mut FitContext<'_, F>) -> Flow {
        self.end_step(step)
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut FitContext<'_, F>) -> Flow {
        epoch_end(self, epoch, run)
    }

    fn train_end(&mut self, _history: &History, _run: &mut FitContext<'_, F>) {
        self.end();
    }
}

instantiate! {
    fn train_begin<F: Scalar>(board: &mut TensorBoard, run: &FitContext<'_, F>) {
        board.begin(run);
    }

    fn epoch_end<F: Scalar>(board: &mut TensorBoard, epoch: &Epoch, run: &FitContext<'_, F>) -> Flow {
        board.end_epoch(epoch, run)
    }
}

#[cfg(test)]
mod tests;
