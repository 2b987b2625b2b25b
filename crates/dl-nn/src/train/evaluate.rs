//! Loss and accuracy without training.

use dl_core::Scalar;
use dl_core::memory::{OutOfMemory, filled, room};

use crate::activation::Activation;
use crate::error::DataError;
use crate::execute::Workspace;
use crate::layer::{Batch, Mode};
use crate::losses::{Loss, mean_loss};
use crate::model::Model;
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

/// The rows of a data set that a pass visits, gathered batch by batch.
pub(super) struct Samples<'a, F> {
    x: Batch<'a, F>,
    gathered: Vec<F>,
}

impl<'a, F: Scalar> Samples<'a, F> {
    pub(super) fn new(x: Batch<'a, F>) -> Self {
        Self {
            x,
            gathered: Vec::new(),
        }
    }

    /// Total number of samples.
    pub(super) fn len(&self) -> usize {
        self.x.len()
    }

    /// The samples of these rows, contiguous. All rows in order are not copied.
    pub(super) fn batch(&mut self, rows: &[usize]) -> Result<Batch<'_, F>, OutOfMemory> {
        if rows.len() == self.len() && rows.iter().enumerate().all(|(i, &row)| i == row) {
            return Ok(self.x);
        }
        let all = self.x.slice();
        let size = all.len() / self.len();
        self.gathered.clear();
        if self.gathered.capacity() < rows.len() * size {
            self.gathered = room(rows.len() * size)?;
        }
        for &row in rows {
            self.gathered
                .extend_from_slice(&all[row * size..(row + 1) * size]);
        }
        Ok(Batch::new(self.x.sample_shape(), &self.gathered))
    }
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

/// Rejects the first NaN among the outputs, one row per sample.
pub(super) fn require_no_nan<F: Scalar>(outputs: &[F], width: usize) -> Result<(), DataError> {
    match outputs.iter().position(|output| output.is_nan()) {
        None => Ok(()),
        Some(at) => Err(DataError::NanOutput {
            sample: at / width,
            output: at % width,
        }),
    }
}

/// How many of the rows' classes the outputs predict; 0 if targets are values.
pub(super) fn count_correct<F: Scalar>(
    outputs: &[F],
    targets: &Target<'_, F>,
    rows: &[usize],
    boundary: F,
) -> usize {
    if targets.classes().is_none() {
        return 0;
    }
    let width = outputs.len() / rows.len();
    let correct = |(outputs, &row): (&[F], &usize)| {
        predicted_class(outputs, boundary).map(TargetRow::Class) == Some(targets.row(row))
    };
    let pairs = outputs.chunks_exact(width).zip(rows);
    pairs.filter(|&pair| correct(pair)).count()
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

/// Evaluates a model on some rows of a data set, unweighted. A NaN among the outputs is an error, since it
/// predicts no class.
pub(super) fn evaluate_rows<F: Scalar>(
    model: &Model<F>,
    loss: &dyn Loss<F>,
    workspace: &mut Workspace<F>,
    samples: &mut Samples<'_, F>,
    targets: &Target<'_, F>,
    rows: &[usize],
) -> Result<Evaluation, DataError> {
    let mut running = RunningEvaluation::default();
    let capacity = workspace.capacity();
    let width: usize = model.output_shape().iter().product();
    let mut delta = filled(capacity.min(rows.len()).saturating_mul(width), F::zero)?;
    for chunk in rows.chunks(capacity) {
        let outputs = workspace.forward(model, samples.batch(chunk)?, Mode::Eval);
        let outputs = outputs.slice();
        if let Err(DataError::NanOutput { sample, output }) = require_no_nan(outputs, width) {
            let sample = chunk[sample];
            return Err(DataError::NanOutput { sample, output });
        }
        let loss = mean_loss(
            loss,
            outputs,
            targets,
            chunk.iter().copied(),
            None,
            &mut delta[..outputs.len()],
        );
        let correct = count_correct(outputs, targets, chunk, boundary(model));
        let correct = targets.classes().map(|_| correct);
        running.add(loss, chunk.len() as f64, correct, chunk.len());
    }
    Ok(running.evaluation())
}

/// A workspace for evaluating up to `samples` samples.
pub(super) fn evaluation_workspace<F: Scalar>(
    model: &Model<F>,
    samples: usize,
) -> Result<Workspace<F>, OutOfMemory> {
    Workspace::inference(model, samples.min(EVALUATION_BATCH))
}
