//! Training as TensorBoard shows it.

use std::path::{Path, PathBuf};

use dl_nn::train::{Callback, Epoch, Flow, History, Run, StepEnd};
use dl_nn::{Model, Scalar};

use super::{EventError, EventWriter};

/// Writes what training does as events, for `tensorboard --logdir DIR`.
///
/// There are two runs, so that TensorBoard draws them into one chart: `DIR/train`, and
/// `DIR/validation` where there are validation samples.
///
/// | tag | run | step | what |
/// |---|---|---|---|
/// | `loss`, `accuracy` | both | epochs done | as in [`Epoch`]; no accuracy for regression |
/// | `learning_rate`, `seconds` | train | epochs done | as in [`Epoch`] |
/// | `step/loss`, `step/learning_rate` | train | steps done | with [`every_steps`](Self::every_steps) |
/// | `weights/dense_1.kernel` … | train | epochs done, 0 before the first | histograms |
/// | `gradients/dense_1.kernel` … | train | epochs done | histograms of the epoch's last step |
/// | `model` | train | 0 | the model's summary |
///
/// Epochs and steps go on counting where the same callback goes through another `fit`.
///
/// **Where the files cannot be written** (a full disk, a directory taken away) training stops after
/// the step or epoch, with the reason in [`History::stopped`], and [`finish`](Self::finish) gives the
/// error: a run that nobody can watch is not carried on in silence. The model is as good as it was;
/// `fit` goes on from there.
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
    /// Made when there is something to write into it.
    validation: Option<EventWriter>,
    every_steps: u64,
    histograms: bool,
    /// Epochs done.
    epoch: u64,
    /// Steps done.
    step: u64,
    /// The first that was met: nothing is written after it.
    error: Option<EventError>,
}

impl TensorBoard {
    /// Starts the event file `dir/train`.
    ///
    /// # Errors
    /// [`EventError::Io`] with the path that cannot be written.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self, EventError> {
        let dir = dir.as_ref();
        let train = EventWriter::create(dir.join("train"))?;
        Ok(Self::with_writer(dir, train))
    }

    fn with_writer(dir: &Path, train: EventWriter) -> Self {
        Self {
            dir: dir.to_owned(),
            train,
            validation: None,
            every_steps: 0,
            histograms: true,
            epoch: 0,
            step: 0,
            error: None,
        }
    }

    /// Writes the loss and the learning rate of every `n`-th step; of none for 0, as at first.
    pub fn every_steps(mut self, n: u64) -> Self {
        self.every_steps = n;
        self
    }

    /// Whether to write the histograms of weights and gradients, as at first. They take a look at
    /// every number twice an epoch.
    pub fn histograms(mut self, histograms: bool) -> Self {
        self.histograms = histograms;
        self
    }

    /// The writer of the run `train`, for values of one's own.
    pub fn writer(&mut self) -> &mut EventWriter {
        &mut self.train
    }

    /// Writes out what is left.
    ///
    /// # Errors
    /// The first [`EventError`] since the callback was made.
    pub fn finish(mut self) -> Result<(), EventError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.flush(),
        }
    }

    /// Writes, unless something has failed before; whether training goes on.
    fn attempt(&mut self, write: impl FnOnce(&mut Self) -> Result<(), EventError>) -> Flow {
        if self.error.is_none() {
            self.error = write(self).err();
        }
        match &self.error {
            None => Flow::Continue,
            Some(error) => Flow::Stop(format!(
                "no event could be written for TensorBoard: {error}"
            )),
        }
    }

    fn begin<F: Scalar>(&mut self, model: &Model<F>) -> Result<(), EventError> {
        if self.epoch > 0 || self.step > 0 {
            return Ok(());
        }
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

    fn gradients<F: Scalar>(&mut self, run: &Run<'_, F>) -> Result<(), EventError> {
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

    fn epoch<F: Scalar>(&mut self, epoch: &Epoch, run: &Run<'_, F>) -> Result<(), EventError> {
        let at = self.epoch;
        self.train.scalar("loss", at, epoch.train.loss)?;
        if let Some(accuracy) = epoch.train.accuracy {
            self.train.scalar("accuracy", at, accuracy)?;
        }
        self.train
            .scalar("learning_rate", at, epoch.learning_rate)?;
        self.train.scalar("seconds", at, epoch.seconds)?;
        if let Some(validation) = &epoch.validation {
            let writer = match &mut self.validation {
                Some(writer) => writer,
                none => none.insert(EventWriter::create(self.dir.join("validation"))?),
            };
            writer.scalar("loss", at, validation.loss)?;
            if let Some(accuracy) = validation.accuracy {
                writer.scalar("accuracy", at, accuracy)?;
            }
        }
        self.weights(run.model)?;
        self.gradients(run)?;
        self.flush()
    }

    fn step(&mut self, step: &StepEnd) -> Result<(), EventError> {
        if self.every_steps == 0 || !self.step.is_multiple_of(self.every_steps) {
            return Ok(());
        }
        self.train.scalar("step/loss", self.step, step.loss)?;
        self.train
            .scalar("step/learning_rate", self.step, step.learning_rate)?;
        self.train.flush()
    }

    fn flush(&mut self) -> Result<(), EventError> {
        self.train.flush()?;
        self.validation.as_mut().map_or(Ok(()), EventWriter::flush)
    }
}

impl<F: Scalar> Callback<F> for TensorBoard {
    fn train_begin(&mut self, run: &mut Run<'_, F>) {
        if let Some((epochs, steps)) = run.resumed_at {
            // the files before this one have what came before
            self.epoch = epochs as u64;
            self.step = (epochs * run.plan.steps_per_epoch + steps) as u64;
            return;
        }
        // an error stops training after the first step
        self.attempt(|board| board.begin(run.model));
    }

    fn step_end(&mut self, step: &StepEnd, _run: &mut Run<'_, F>) -> Flow {
        self.step += 1;
        self.attempt(|board| board.step(step))
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut Run<'_, F>) -> Flow {
        self.epoch += 1;
        self.attempt(|board| board.epoch(epoch, run))
    }

    fn train_end(&mut self, _history: &History, _run: &mut Run<'_, F>) {
        self.attempt(Self::flush);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_nn::ndarray::array;
    use dl_nn::prelude::*;
    use dl_nn::train::{Checkpointer, Moment, Snapshot};

    fn fit(board: &mut TensorBoard, epochs: usize) -> History {
        let model = Sequential::input([2]).push(Dense::new(2)).build(1).unwrap();
        let mut trainer: Trainer<f64> =
            Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.05)).unwrap();
        let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
        let labels = vec![0, 1, 1, 0];
        let options = Fit::epochs(epochs)
            .batch_size(2)
            .validation(&x, &labels)
            .callback(board);
        trainer.fit(&x, &labels, options).unwrap()
    }

    #[test]
    fn a_training_gone_on_with_counts_on() {
        struct Keep(Option<Snapshot<f64>>);
        impl Checkpointer<f64> for Keep {
            fn wants(&mut self, moment: Moment) -> bool {
                (moment.epoch, moment.step) == (2, 1)
            }
            fn save(
                &mut self,
                snapshot: Snapshot<f64>,
            ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                self.0 = Some(snapshot);
                Ok(())
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
        let labels = vec![0, 1, 1, 0];
        let trainer = || {
            let network = Sequential::input([2]).push(Dense::new(2));
            let loss = SoftmaxCrossEntropy::new();
            Trainer::new(network.build(1).unwrap(), loss, Adam::new(0.05)).unwrap()
        };
        let mut keep = Keep(None);
        let options = Fit::epochs(3).batch_size(2).checkpoint(&mut keep);
        trainer().fit(&x, &labels, options).unwrap();
        let mut board = TensorBoard::create(dir.path()).unwrap();
        let fit = Fit::epochs(3).batch_size(2).callback(&mut board);
        trainer().fit(&x, &labels, fit.resume(keep.0)).unwrap();
        assert_eq!((board.epoch, board.step), (3, 6));
    }

    /// `/dev/full` opens, and says at each write that the disk is full.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_stops_training_and_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let train = EventWriter::start("/dev/full".into(), full).unwrap();
        let mut board = TensorBoard::with_writer(dir.path(), train);
        let history = fit(&mut board, 5);
        assert!(history.epochs.is_empty());
        let stopped = history.stopped.unwrap();
        let expected =
            "no event could be written for TensorBoard: /dev/full: No space left on device";
        assert!(stopped.starts_with(expected), "{stopped}");
        assert!(matches!(board.finish(), Err(EventError::Io { .. })));
    }

    #[test]
    fn a_directory_taken_away_stops_training_and_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let runs = dir.path().join("runs");
        let mut board = TensorBoard::create(&runs).unwrap();
        // where the validation run was to be is a file
        std::fs::write(runs.join("validation"), "").unwrap();
        let history = fit(&mut board, 5);
        assert_eq!(history.epochs.len(), 1);
        assert!(history.stopped.unwrap().contains("validation"));
        let error = board.finish().unwrap_err();
        assert!(matches!(error, EventError::Io { path, .. } if path == runs.join("validation")));
    }

    #[test]
    fn a_second_fit_goes_on_counting() {
        let dir = tempfile::tempdir().unwrap();
        let mut board = TensorBoard::create(dir.path()).unwrap().every_steps(3);
        fit(&mut board, 2);
        fit(&mut board, 3);
        assert_eq!((board.epoch, board.step), (5, 10));
        board.finish().unwrap();
    }
}
