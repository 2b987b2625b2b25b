//! A model with its loss and its optimiser.

use std::ops::Range;

use dl_core::memory::OutOfMemory;
use dl_core::{Scalar, Source, instantiate};
use ndarray::{Array1, Array2, ArrayD, ArrayRef, ArrayViewD, Axis, Dimension};

use super::arrays::Arrays;
use super::check::{check_data, check_samples, check_source};
use super::error::TrainError;
use super::evaluate::{
    Evaluation, boundary, count_correct, evaluate_samples, evaluation_workspace, outputs,
    predicted_class, require_no_nan,
};
use super::gradient_sum::GradientSum;
use super::history::History;
use super::reader::{LoadedBatch, Reader};
use super::snapshot::{ResumeError, TrainerState};
use crate::activation::Activation;
use crate::arrays::{in_standard_layout, matrix};
use crate::error::{BuildError, ConfigError, DataError};
use crate::execute::{LossPart, Workspace};
use crate::layer::{Batch, Mode};
use crate::losses::{Loss, mean_loss_part, total_weight};
use crate::model::Model;
use crate::optim::{Optimizer, Rule, parameters};
use crate::samples::IntoSamples;
use crate::target::{IntoTarget, Target};
use dl_core::random::derive_seed;

/// Trains a model: the model, a loss, an optimiser, and the buffers they need.
///
/// ```
/// use dl_nn::prelude::*;
/// use dl_nn::ndarray::array;
///
/// // exclusive or
/// let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
/// let labels = vec![0, 1, 1, 0];
/// let model = Sequential::input([2])
///     .push(Dense::new(8).activation(Tanh))
///     .push(Dense::new(2))
///     .build(1)?;
/// let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.05))?;
/// trainer.fit(&x, &labels, Fit::epochs(200))?;
/// assert_eq!(trainer.predict_classes(&x)?.to_vec(), labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Trainer<F> {
    pub(super) model: Model<F>,
    pub(super) loss: Box<dyn Loss<F>>,
    pub(super) optimizer: Optimizer<F>,
    pub(super) seed: u64,
    pub(super) steps: u64,
    pub(super) history: History,
    pub(super) workspace: Workspace<F>,
    /// Of the micro-batches of a step.
    gradient_sum: GradientSum<F>,
}

/// The measurements of one step, before its update.
pub(super) struct Outcome {
    pub(super) loss: f64,
    /// Sum of the sample weights.
    pub(super) weight: f64,
    pub(super) correct: Option<usize>,
}

impl Outcome {
    /// Rejects a loss that is not finite.
    pub(super) fn finite(
        self,
        epoch: usize,
        step: usize,
        learning_rate: f64,
    ) -> Result<Self, TrainError> {
        if self.loss.is_finite() {
            return Ok(self);
        }
        Err(TrainError::NonFiniteLoss {
            loss: self.loss,
            epoch,
            step,
            learning_rate,
        })
    }
}

impl<F: Scalar> Trainer<F> {
    /// Combines a model, a loss and an optimiser's rule: `Adam::new(1e-3)`, `Sgd::new(0.1).l2(1e-4)`.
    ///
    /// Shuffling, splits and dropout are drawn from the seed that the model was built with.
    ///
    /// # Errors
    /// [`BuildError`]: a setting out of range, a loss that takes logits on a model whose last
    /// layer applies softmax or sigmoid, or not enough memory for the gradients.
    pub fn new(
        model: Model<F>,
        loss: impl Loss<F> + 'static,
        rule: impl Rule<F> + 'static,
    ) -> Result<Self, BuildError> {
        new(model, Box::new(loss), Optimizer::new(rule))
    }

    /// Draws shuffling, splits and dropout from another seed than the one the model was built with: for several
    /// runs from the same initial weights, or a model that was not built here.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The model.
    pub fn model(&self) -> &Model<F> {
        &self.model
    }

    /// The model, mutably. It may be replaced by another one, which the next `fit` or
    /// [`step`](Self::step) trains if the optimiser has no state yet or one that matches.
    pub fn model_mut(&mut self) -> &mut Model<F> {
        &mut self.model
    }

    /// Consumes the trainer and returns the model.
    pub fn into_model(self) -> Model<F> {
        self.model
    }

    /// The loss.
    pub fn loss(&self) -> &dyn Loss<F> {
        &*self.loss
    }

    /// Model, loss and optimiser together, for training loops of your own that need all three.
    pub fn parts_mut(&mut self) -> (&mut Model<F>, &dyn Loss<F>, &mut Optimizer<F>) {
        (&mut self.model, &*self.loss, &mut self.optimizer)
    }

    /// The optimiser with its state.
    pub fn optimizer(&self) -> &Optimizer<F> {
        &self.optimizer
    }

    /// The epochs of the last `fit`, even if it failed.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The gradients of the last step, layer by layer, parameter by parameter.
    pub fn grads(&self) -> &[Vec<ArrayD<F>>] {
        self.workspace.grads()
    }

    /// The mode of the next step, on which the random numbers of its layers (dropout) depend.
    pub fn next_mode(&self) -> Mode {
        Mode::Train {
            seed: derive_seed(self.seed, self.steps),
        }
    }

    /// The complete state between two [`step`](Self::step)s, which can be saved and
    /// [restored](Self::restore).
    pub fn state(&self) -> TrainerState<F> {
        TrainerState {
            seed: self.seed,
            steps: self.steps,
            weights: self.model.weights(),
            optimizer: self.optimizer.state().clone(),
        }
    }

    /// Restores the [`state`](Self::state) of a trainer with the same model and optimiser.
    ///
    /// # Errors
    /// [`ResumeError`] if the state belongs to a different model or optimiser; then nothing has
    /// changed.
    pub fn restore(&mut self, state: TrainerState<F>) -> Result<(), ResumeError> {
        restore(self, state)
    }

    /// One training step on a batch `[n, …input]` at the base learning rate; returns the batch's
    /// mean loss before the update. For training loops of your own.
    ///
    /// # Errors
    /// [`TrainError`]: data that does not match the model, or not enough memory for it; a loss that is
    /// NaN or infinite, in which case nothing has been changed.
    pub fn step<'a>(
        &mut self,
        x: impl IntoSamples<'a, F>,
        targets: impl IntoTarget<'a, F>,
    ) -> Result<f64, TrainError> {
        step(self, x.into_samples(), targets.into_target()?)
    }

    /// A step on a checked batch, in micro-batches of about this size if it is given. If the loss is not finite, no
    /// parameter is changed.
    pub(super) fn step_batch(
        &mut self,
        batch: LoadedBatch<'_, F>,
        micro_batch_size: Option<usize>,
        learning_rate_factor: f64,
    ) -> Result<Outcome, TrainError> {
        let mode = self.next_mode();
        let LoadedBatch {
            x,
            targets,
            weights,
        } = batch;
        let weight = total_weight(0..targets.len(), weights);
        let (loss, boundary) = (&*self.loss, boundary(&self.model));
        let of_block = |samples: Range<usize>, outputs: &[F], dy: &mut [F]| {
            let each = samples.clone();
            LossPart {
                loss: mean_loss_part(loss, outputs, &targets, each, weights, weight, dy),
                correct: count_correct(outputs, &targets, samples, boundary),
            }
        };
        let (workspace, sum) = (&mut self.workspace, &mut self.gradient_sum);
        let part = match micro_batch_size {
            None => workspace.train(&self.model, x, mode, &of_block),
            Some(size) => sum.train(&mut self.model, workspace, x, mode, size, &of_block)?,
        };
        if part.loss.is_finite() {
            let parameters = &mut parameters(&mut self.model, self.workspace.grads());
            self.optimizer.step(parameters, learning_rate_factor)?;
            self.workspace.commit(&mut self.model);
            self.steps = self.steps.wrapping_add(1);
        }
        Ok(Outcome {
            loss: part.loss,
            weight,
            correct: targets.classes().map(|_| part.correct),
        })
    }

    /// Loss and, for classes, accuracy on samples `[n, …input]`, without dropout.
    ///
    /// # Errors
    /// [`DataError`] if samples or targets do not match the model, or an output is NaN.
    pub fn evaluate<'a>(
        &self,
        x: impl IntoSamples<'a, F>,
        targets: impl IntoTarget<'a, F>,
    ) -> Result<Evaluation, DataError> {
        evaluate(self, x.into_samples(), targets.into_target()?)
    }

    /// As [`evaluate`](Self::evaluate), on the samples of a source.
    ///
    /// # Errors
    /// As `evaluate`; or a sample that cannot be read.
    pub fn evaluate_source(&self, source: &impl Source<F>) -> Result<Evaluation, DataError> {
        evaluate_source(self, source)
    }

    /// Predictions for samples `[n, …input]`: probabilities if the loss takes logits (softmax or
    /// sigmoid is applied), otherwise the network's outputs. For the logits themselves, use
    /// [`Model::predict`].
    ///
    /// # Errors
    /// [`DataError`] if the samples do not match the model, or not enough memory for their outputs.
    pub fn predict<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<ArrayD<F>, DataError> {
        predict(self, x.view().into_dyn())
    }

    /// What [`predict`](Self::predict) gives, as a matrix: a classifier's probabilities, one row per sample.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_matrix<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<Array2<F>, DataError> {
        Ok(matrix(self.predict(x)?))
    }

    /// The most probable class of each sample; with one output, 1 if its logit is positive, or
    /// its probability above ½ if the last layer applies sigmoid.
    ///
    /// # Errors
    /// [`DataError`] if the samples do not match the model, or an output is NaN.
    pub fn predict_classes<D: Dimension>(
        &self,
        x: &ArrayRef<F, D>,
    ) -> Result<Array1<usize>, DataError> {
        predict_classes(self, x.view().into_dyn())
    }

    /// As [`predict`](Self::predict), for the samples of a source.
    ///
    /// # Errors
    /// As `predict`; or a sample that cannot be read.
    pub fn predict_source(&self, source: &impl Source<F>) -> Result<ArrayD<F>, DataError> {
        predict_source(self, source)
    }

    /// As [`predict_classes`](Self::predict_classes), for the samples of a source.
    ///
    /// # Errors
    /// As `predict_classes`; or a sample that cannot be read.
    pub fn predict_classes_source(
        &self,
        source: &impl Source<F>,
    ) -> Result<Array1<usize>, DataError> {
        predict_classes_source(self, source)
    }

    fn classes(&self, x: ArrayViewD<'_, F>) -> Result<Array1<usize>, DataError> {
        self.classes_of(&self.model.predict(&x)?)
    }

    /// The classes that the model's outputs `[n, …]` predict.
    fn classes_of(&self, y: &ArrayD<F>) -> Result<Array1<usize>, DataError> {
        let samples = y.len_of(Axis(0));
        let values = y.as_slice().expect("in standard layout");
        let (boundary, width) = (boundary(&self.model), values.len() / samples);
        require_no_nan(values, 0..samples)?;
        let classes = values.chunks_exact(width);
        let classes = classes.map(|y| predicted_class(y, boundary));
        Ok(classes.map(Option::unwrap_or_default).collect())
    }

    /// Turns the model's outputs into predictions.
    fn with_inverse_link(&self, mut y: ArrayD<F>) -> ArrayD<F> {
        let width = y.shape().last().copied().unwrap_or(1);
        let values = y.as_slice_mut().expect("in standard layout");
        self.loss.inverse_link().forward(values, width);
        y
    }

    fn outputs_of_source(&self, source: &dyn Source<F>) -> Result<ArrayD<F>, DataError> {
        check_samples(self, source)?;
        outputs(&self.model, source)
    }

    fn evaluate_checked(&self, source: &dyn Source<F>) -> Result<Evaluation, DataError> {
        let samples: Vec<usize> = (0..source.len()).collect();
        let mut workspace = evaluation_workspace(&self.model, samples.len())?;
        let reader = &mut Reader::new(source, None);
        let model = &self.model;
        evaluate_samples(
            model,
            &*self.loss,
            &mut workspace,
            reader,
            &samples,
            |_, _| {},
        )
    }

    /// Plans buffers for batches of this size through this model, unless there are any.
    pub(super) fn plan_workspace(&mut self, batch_size: usize) -> Result<(), OutOfMemory> {
        if self.workspace.capacity() < batch_size || !self.workspace.fits(&self.model) {
            self.workspace = Workspace::training(&self.model, batch_size)?;
        }
        Ok(())
    }

    /// Checks that the outputs of the model, which may have been replaced, are what the loss takes.
    /// Checks, too, that not all of its layers are frozen.
    pub(super) fn check_outputs(&self) -> Result<(), ConfigError> {
        let allowed = "at least 1 (`Model::unfreeze` trains one again)";
        let trainable = self.model.is_trainable();
        ConfigError::require(trainable, "the number of trained layers", 0, allowed)?;
        let activation = self.model.output_activation();
        let logits =
            self.loss.inverse_link() == Activation::Identity || !is_probability(activation);
        let allowed = "none, since the loss takes logits";
        ConfigError::require(logits, "the model's last activation", activation, allowed)
    }
}

/// Whether an activation outputs probabilities rather than logits.
fn is_probability(activation: Activation) -> bool {
    matches!(activation, Activation::Softmax | Activation::Sigmoid)
}

instantiate! {
    fn new<F: Scalar>(
        model: Model<F>,
        loss: Box<dyn Loss<F>>,
        optimizer: Result<Optimizer<F>, ConfigError>,
    ) -> Result<Trainer<F>, BuildError> {
        loss.validate()?;
        let activation = model.output_activation();
        if is_probability(activation) && loss.inverse_link() != Activation::Identity {
            return Err(BuildError::LogitsExpected {
                loss: loss.name(),
                layer: model.layers().last().expect("never empty").name.clone(),
                activation: activation.to_string(),
            });
        }
        Ok(Trainer {
            workspace: Workspace::training(&model, 0)?,
            gradient_sum: GradientSum::new(),
            seed: model.seed(),
            model,
            loss,
            optimizer: optimizer?,
            steps: 0,
            history: History::default(),
        })
    }

    fn restore<F: Scalar>(
        trainer: &mut Trainer<F>,
        state: TrainerState<F>,
    ) -> Result<(), ResumeError> {
        trainer.plan_workspace(0)?;
        trainer.model.check_weights(&state.weights)?;
        let mut optimizer = trainer.optimizer.clone();
        optimizer.load_state(state.optimizer)?;
        optimizer.check_state(&parameters(&mut trainer.model, trainer.workspace.grads()))?;
        trainer.model.set_weights(&state.weights)?;
        trainer.optimizer = optimizer;
        (trainer.seed, trainer.steps) = (state.seed, state.steps);
        Ok(())
    }

    fn step<F: Scalar>(
        trainer: &mut Trainer<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<f64, TrainError> {
        trainer.check_outputs()?;
        check_data(trainer, &x, &targets)?;
        trainer.plan_workspace(targets.len())?;
        let x = in_standard_layout(x).map_err(DataError::from)?;
        let batch = LoadedBatch {
            x: Batch::from_array(&x),
            targets: targets.view(),
            weights: None,
        };
        let loss = trainer.step_batch(batch, None, 1.0)?.loss;
        if loss.is_finite() {
            return Ok(loss);
        }
        Err(TrainError::NonFiniteStep {
            loss,
            step: trainer.steps.wrapping_add(1),
            learning_rate: trainer.optimizer.learning_rate(),
        })
    }

    fn evaluate<F: Scalar>(
        trainer: &Trainer<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<Evaluation, DataError> {
        check_data(trainer, &x, &targets)?;
        let x = in_standard_layout(x)?;
        trainer.evaluate_checked(&Arrays::new(x.view().into(), targets.view()))
    }

    fn evaluate_source<F: Scalar>(
        trainer: &Trainer<F>,
        source: &dyn Source<F>,
    ) -> Result<Evaluation, DataError> {
        check_source(trainer, source)?;
        trainer.evaluate_checked(source)
    }

    fn predict<F: Scalar>(
        trainer: &Trainer<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<ArrayD<F>, DataError> {
        Ok(trainer.with_inverse_link(trainer.model.predict(&x)?))
    }

    fn predict_source<F: Scalar>(
        trainer: &Trainer<F>,
        source: &dyn Source<F>,
    ) -> Result<ArrayD<F>, DataError> {
        Ok(trainer.with_inverse_link(trainer.outputs_of_source(source)?))
    }

    fn predict_classes_source<F: Scalar>(
        trainer: &Trainer<F>,
        source: &dyn Source<F>,
    ) -> Result<Array1<usize>, DataError> {
        trainer.classes_of(&trainer.outputs_of_source(source)?)
    }

    fn predict_classes<F: Scalar>(
        trainer: &Trainer<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<Array1<usize>, DataError> {
        trainer.classes(x)
    }
}
