//! The search for a learning rate: a short training in which it rises.

use dl_core::random::derive_seed;
use dl_core::{Mode, Scalar, Source, instantiate};
use ndarray::ArrayViewD;

use super::arrays::Arrays;
use super::check::{check_data, check_source, require_targets};
use super::error::TrainError;
use super::learning_rate_curve::{LearningRateCurve, LearningRatePoint, SearchEnd};
use super::reader::Reader;
use super::trainer::Trainer;
use crate::arrays::in_standard_layout;
use crate::error::{ConfigError, DataError};
use crate::execute::Workspace;
use crate::samples::IntoSamples;
use crate::target::{IntoTarget, Target};

/// Options of [`find_learning_rate`](Trainer::find_learning_rate): the learning rates, the steps, the smoothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FindLearningRate {
    lowest: f64,
    highest: f64,
    steps: usize,
    batch_size: usize,
    smoothing: f64,
    stop: f64,
}

impl Default for FindLearningRate {
    fn default() -> Self {
        Self::new()
    }
}

impl FindLearningRate {
    /// 100 steps with batches of 32, in which the learning rate rises from 1e-7 to 10; losses smoothed by 0.98; the
    /// search stops early at four times the lowest smoothed loss. (All are fastai's.)
    pub fn new() -> Self {
        Self {
            lowest: 1e-7,
            highest: 10.0,
            steps: 100,
            batch_size: 32,
            smoothing: 0.98,
            stop: 4.0,
        }
    }

    /// Sets the first learning rate, positive.
    pub fn lowest(self, lowest: f64) -> Self {
        Self { lowest, ..self }
    }

    /// Sets the last learning rate, above the first.
    pub fn highest(self, highest: f64) -> Self {
        Self { highest, ..self }
    }

    /// Sets the number of steps, at least 10. They go on into further epochs where the data ends.
    pub fn steps(self, steps: usize) -> Self {
        Self { steps, ..self }
    }

    /// Sets the number of samples per step, at least 1: that of the training to come, since the best rate depends on
    /// it. Above the number of samples it means all of them.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Sets β, in [0, 1), the weight of the earlier losses in the smoothed one: m ← β m + (1 − β) loss, divided by
    /// 1 − βᵗ after t steps. It averages over about 1/(1 − β) steps and lags as far behind: 0.9 follows a steep fall,
    /// 0.98 takes out more noise.
    pub fn smoothing(self, smoothing: f64) -> Self {
        Self { smoothing, ..self }
    }

    /// Sets the multiple of the lowest smoothed loss, above 1, beyond which the search stops. (For a loss below 0, which
    /// some losses reach: as far above the lowest.)
    pub fn stop(self, stop: f64) -> Self {
        Self { stop, ..self }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let name = |setting: &str| format!("FindLearningRate {setting}");
        let Self {
            lowest,
            highest,
            smoothing,
            stop,
            ..
        } = *self;
        let holds = lowest > 0.0 && lowest.is_finite();
        ConfigError::require(holds, &name("lowest"), lowest, "positive and finite")?;
        let holds = highest > lowest && highest.is_finite();
        ConfigError::require(
            holds,
            &name("highest"),
            highest,
            "above the lowest and finite",
        )?;
        ConfigError::require(self.steps >= 10, &name("steps"), self.steps, "at least 10")?;
        let size = self.batch_size;
        ConfigError::require(size > 0, &name("batch_size"), size, "at least 1")?;
        let holds = (0.0..1.0).contains(&smoothing);
        ConfigError::require(holds, &name("smoothing"), smoothing, "in [0, 1)")?;
        let holds = stop > 1.0 && stop.is_finite();
        ConfigError::require(holds, &name("stop"), stop, "above 1 and finite")
    }

    /// The learning rate of a step: from step to step it grows by the same factor.
    fn learning_rate(&self, step: usize) -> f64 {
        let progress = step as f64 / (self.steps - 1) as f64;
        self.lowest * (self.highest / self.lowest).powf(progress)
    }
}

/// The points so far.
struct Recorder {
    options: FindLearningRate,
    points: Vec<LearningRatePoint>,
    /// The exponential mean of the losses, which starts at 0.
    mean: f64,
    lowest: f64,
}

impl Recorder {
    fn new(options: FindLearningRate) -> Self {
        Self {
            options,
            points: Vec::new(),
            mean: 0.0,
            lowest: f64::INFINITY,
        }
    }

    /// Adds a finite loss; why the search ends here, if it does.
    fn add(&mut self, learning_rate: f64, loss: f64) -> Option<SearchEnd> {
        let beta = self.options.smoothing;
        self.mean = beta * self.mean + (1.0 - beta) * loss;
        let t = self.points.len() as f64 + 1.0;
        let smoothed = self.mean / (1.0 - beta.powf(t));
        self.points.push(LearningRatePoint {
            learning_rate,
            loss,
            smoothed,
        });
        self.lowest = self.lowest.min(smoothed);
        // for positive losses: smoothed > stop · lowest
        let risen = smoothed - self.lowest > (self.options.stop - 1.0) * self.lowest.abs();
        let last = self.points.len() == self.options.steps;
        match (risen, last) {
            (true, _) => Some(SearchEnd::Rising),
            (false, true) => Some(SearchEnd::Highest),
            (false, false) => None,
        }
    }
}

impl<F: Scalar> Trainer<F> {
    /// Searches for a learning rate: trains for some steps, in which the rate rises from far too low to far too high by
    /// the same factor from step to step, and returns the loss as a function of it, which
    /// [suggests](LearningRateCurve::suggestion) rates. The trainer is left bit-identical.
    ///
    /// Leslie Smith, "Cyclical Learning Rates for Training Neural Networks" (2017), section 3.3, calls this the learning rate
    /// range test; the exponential rise and the smoothed loss are fastai's (`lr_find`). Callbacks, weights of samples and a
    /// validation split have no part in it.
    ///
    /// ```
    /// use dl_nn::ndarray::Array2;
    /// use dl_nn::prelude::*;
    /// use dl_nn::train::FindLearningRate;
    ///
    /// let x = Array2::from_shape_fn((200, 2), |(i, j)| f64::sin((7 * i + 3 * j) as f64));
    /// let labels: Vec<_> = x.rows().into_iter().map(|row| usize::from(row[0] > row[1])).collect();
    /// let model = Sequential::input([2])
    ///     .push(Dense::new(16).activation(Relu))
    ///     .push(Dense::new(2))
    ///     .build(1)?;
    /// let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?;
    /// let options = FindLearningRate::new().smoothing(0.9);
    /// let curve = trainer.find_learning_rate(&x, &labels, options)?;
    /// let rates = curve.suggestion().ok_or("the loss does not fall")?;
    /// assert!((1e-3..1.0).contains(&rates.tenth_of_minimum()), "{rates:?}");
    ///
    /// let mut trainer = Trainer::new(
    ///     trainer.into_model(),
    ///     SoftmaxCrossEntropy::new(),
    ///     Adam::new(rates.tenth_of_minimum()),
    /// )?;
    /// let losses = trainer.fit(&x, &labels, Fit::epochs(10))?.losses();
    /// assert!(losses[9] < 0.3, "{losses:?}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TrainError`]: options out of range, data that does not match the model, or not enough memory for a step; a loss
    /// of the first step that is NaN or infinite. A later such loss ends the search.
    pub fn find_learning_rate<'a>(
        &mut self,
        x: impl IntoSamples<'a, F>,
        targets: impl IntoTarget<'a, F>,
        options: FindLearningRate,
    ) -> Result<LearningRateCurve, TrainError> {
        find(self, x.into_samples(), targets.into_target()?, options)
    }

    /// As [`find_learning_rate`](Self::find_learning_rate), on the samples of a source.
    ///
    /// # Errors
    /// As `find_learning_rate`; or a sample that cannot be read.
    pub fn find_learning_rate_source(
        &mut self,
        source: &impl Source<F>,
        options: FindLearningRate,
    ) -> Result<LearningRateCurve, TrainError> {
        find_source(self, source, options)
    }

    /// Searches on data that is checked, and restores everything.
    fn search(
        &mut self,
        source: &dyn Source<F>,
        options: FindLearningRate,
    ) -> Result<LearningRateCurve, TrainError> {
        let batch_size = options.batch_size.min(source.len());
        let workspace = Workspace::training(&self.model, batch_size)?;
        let (weights, optimizer) = (self.model.try_weights()?, self.optimizer.clone());
        let workspace = std::mem::replace(&mut self.workspace, workspace);
        let steps = self.steps;
        let curve = self.raise(source, options, batch_size);
        let restored = self.model.set_weights(&weights);
        restored.expect("the weights are a copy of this model's");
        (self.optimizer, self.workspace, self.steps) = (optimizer, workspace, steps);
        curve
    }

    /// Trains while the learning rate rises, in epochs as [`fit`](Self::fit) does.
    fn raise(
        &mut self,
        source: &dyn Source<F>,
        options: FindLearningRate,
        batch_size: usize,
    ) -> Result<LearningRateCurve, TrainError> {
        let mut order: Vec<usize> = (0..source.len()).collect();
        let (mut reader, mut recorder) = (Reader::new(source, None), Recorder::new(options));
        let width = self.model.output_shape().iter().product();
        let end = 'search: loop {
            let seed = derive_seed(self.seed, self.steps);
            order.sort_unstable();
            source.shuffle(&mut order, seed);
            reader.restart();
            let mut batches = order.chunks(batch_size).peekable();
            while let Some(samples) = batches.next() {
                let learning_rate = options.learning_rate(recorder.points.len());
                let factor = learning_rate / self.optimizer.learning_rate();
                let next = batches.peek().copied();
                let mode = Mode::Train { seed };
                let outcome = reader.with_batch(samples, next, mode, |batch| {
                    require_targets(&*self.loss, width, &batch.targets, samples)?;
                    self.step_batch(batch, None, factor)
                })??;
                if !outcome.loss.is_finite() && recorder.points.is_empty() {
                    return Err(TrainError::NonFiniteStep {
                        loss: outcome.loss,
                        step: self.steps.wrapping_add(1),
                        learning_rate,
                    });
                }
                if !outcome.loss.is_finite() {
                    break 'search SearchEnd::NonFinite;
                }
                if let Some(end) = recorder.add(learning_rate, outcome.loss) {
                    break 'search end;
                }
            }
        };
        Ok(LearningRateCurve {
            points: recorder.points,
            end,
        })
    }
}

instantiate! {
    fn find<F: Scalar>(
        trainer: &mut Trainer<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
        options: FindLearningRate,
    ) -> Result<LearningRateCurve, TrainError> {
        options.validate()?;
        trainer.check_outputs()?;
        check_data(trainer, &x, &targets)?;
        let x = in_standard_layout(x).map_err(DataError::from)?;
        trainer.search(&Arrays::new(x.view().into(), targets.view()), options)
    }

    fn find_source<F: Scalar>(
        trainer: &mut Trainer<F>,
        source: &dyn Source<F>,
        options: FindLearningRate,
    ) -> Result<LearningRateCurve, TrainError> {
        options.validate()?;
        trainer.check_outputs()?;
        check_source(trainer, source)?;
        trainer.search(source, options)
    }
}
