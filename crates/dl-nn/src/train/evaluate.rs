//! Loss and accuracy without training.

use std::ops::Range;

use dl_core::memory::{OutOfMemory, filled, room};
use dl_core::{Scalar, Source};
use ndarray::ArrayD;

use super::check::require_targets;
use super::reader::{LoadedBatch, Reader};
use crate::activation::Activation;
use crate::error::DataError;
use crate::execute::Workspace;
use crate::layer::Mode;
use crate::losses::{Loss, mean_loss};
use crate::model::{Model, elements};
use crate::target::{Target, TargetRow};

/// Samples per pass in an evaluation.
const EVALUATION_BATCH: usize = 256;

/// Loss and accuracy of a model on a set of samples.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Mean loss per sample.
    #[serde(with = "crate::json::non_finite")]
    pub loss: f64,
    /// Fraction of samples whose class is predicted correctly; `None` if targets are values.
    pub accuracy: Option<f64>,
    /// Number of samples.
    pub samples: usize,
}

/// The threshold of a single output between class 0 and class 1: 0 for a logit, ½ for a probability.
pub(super) fn boundary<F: Scalar>(model: &Model<F>) -> F {
    match model.output_activation() {
        Activation::Sigmoid => F::cast(0.5),
        _ => F::zero(),
    }
}

/// The class that a row of outputs predicts: the largest, or for one output whether it is above the
/// [`boundary`]; `None` if an output is NaN.
pub(super) fn predicted_class<F: Scalar>(outputs: &[F], boundary: F) -> Option<usize> {
    if outputs.iter().any(|output| output.is_nan()) {
        return None;
    }
    if let [output] = outputs {
        return Some(usize::from(*output > boundary));
    }
    let mut best = 0;
    for (class, &output) in outputs.iter().enumerate() {
        if output > outputs[best] {
            best = class;
        }
    }
    Some(best)
}

/// Rejects the first NaN among the outputs, one row for each of these samples.
pub(super) fn require_no_nan<F: Scalar>(
    outputs: &[F],
    mut samples: impl ExactSizeIterator<Item = usize>,
) -> Result<(), DataError> {
    let Some(at) = outputs.iter().position(|output| output.is_nan()) else {
        return Ok(());
    };
    let width = outputs.len() / samples.len();
    Err(DataError::NanOutput {
        sample: samples.nth(at / width).unwrap_or_default(),
        output: at % width,
    })
}

/// How many classes of these samples, of a batch's targets, the outputs predict; 0 if targets are values.
pub(super) fn count_correct<F: Scalar>(
    outputs: &[F],
    targets: &Target<'_, F>,
    samples: Range<usize>,
    boundary: F,
) -> usize {
    if targets.classes().is_none() {
        return 0;
    }
    let width = outputs.len() / samples.len();
    let correct = |(outputs, sample): &(&[F], usize)| {
        predicted_class(outputs, boundary).map(TargetRow::Class) == Some(targets.row(*sample))
    };
    let pairs = outputs.chunks_exact(width).zip(samples);
    pairs.filter(correct).count()
}

/// Accumulates an [`Evaluation`] batch by batch.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunningEvaluation {
    #[serde(with = "crate::json::non_finite")]
    loss: f64,
    weight: f64,
    correct: Option<usize>,
    samples: usize,
}

impl RunningEvaluation {
    /// Adds a batch: its mean loss, total weight, number of correct predictions and size.
    pub(super) fn add(&mut self, loss: f64, weight: f64, correct: Option<usize>, samples: usize) {
        self.loss += loss * weight;
        self.weight += weight;
        self.correct = correct.map(|correct| correct + self.correct.unwrap_or(0));
        self.samples += samples;
    }

    /// Upper bound on the samples seen: in a damaged file, `correct` may exceed `samples`.
    pub(super) fn seen(&self) -> usize {
        self.samples.max(self.correct.unwrap_or(0))
    }

    pub(super) fn evaluation(&self) -> Evaluation {
        Evaluation {
            loss: self.loss / self.weight,
            accuracy: self
                .correct
                .map(|correct| correct as f64 / self.samples as f64),
            samples: self.samples,
        }
    }
}

/// Evaluates a model on some samples of a source, unweighted. A NaN among the outputs is an error, since it predicts no
/// class. `each` gets the outputs and targets of each batch.
pub(super) fn evaluate_samples<F: Scalar>(
    model: &Model<F>,
    loss: &dyn Loss<F>,
    workspace: &mut Workspace<F>,
    reader: &mut Reader<'_, F>,
    samples: &[usize],
    mut each: impl FnMut(&[F], &Target<'_, F>),
) -> Result<Evaluation, DataError> {
    let mut running = RunningEvaluation::default();
    let capacity = workspace.capacity();
    let width: usize = model.output_shape().iter().product();
    let mut delta = filled(capacity.min(samples.len()).saturating_mul(width), F::zero)?;
    reader.for_each(
        samples,
        capacity,
        |chunk, LoadedBatch { x, targets, .. }| {
            require_targets(loss, width, &targets, chunk)?;
            let outputs = workspace.forward(model, x, Mode::Eval).slice();
            require_no_nan(outputs, chunk.iter().copied())?;
            each(outputs, &targets);
            let delta = &mut delta[..outputs.len()];
            let loss = mean_loss(loss, outputs, &targets, 0..chunk.len(), None, delta);
            let correct = count_correct(outputs, &targets, 0..chunk.len(), boundary(model));
            let correct = targets.classes().map(|_| correct);
            running.add(loss, chunk.len() as f64, correct, chunk.len());
            Ok(())
        },
    )?;
    Ok(running.evaluation())
}

/// The model's outputs `[n, …output]` for all samples of a source.
pub(super) fn outputs<F: Scalar>(
    model: &Model<F>,
    source: &dyn Source<F>,
) -> Result<ArrayD<F>, DataError> {
    let samples: Vec<usize> = (0..source.len()).collect();
    let mut workspace = evaluation_workspace(model, samples.len())?;
    let mut shape = vec![samples.len()];
    shape.extend(model.output_shape());
    let mut y = room(elements(&shape).unwrap_or(usize::MAX))?;
    let capacity = workspace.capacity();
    Reader::new(source, None).for_each(&samples, capacity, |_, batch| {
        let outputs = workspace.forward(model, batch.x, Mode::Eval);
        y.extend_from_slice(outputs.slice());
        Ok(())
    })?;
    Ok(ArrayD::from_shape_vec(shape, y).expect("as many elements as the shape"))
}

/// A workspace for evaluating up to `samples` samples.
pub(super) fn evaluation_workspace<F: Scalar>(
    model: &Model<F>,
    samples: usize,
) -> Result<Workspace<F>, OutOfMemory> {
    Workspace::inference(model, samples.min(EVALUATION_BATCH))
}
