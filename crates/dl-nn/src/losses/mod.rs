//! Loss functions, one file each: value and gradient side by side.
//!
//! Every loss is the negative log-likelihood of a distribution whose parameters the network
//! outputs, up to constants; the table says which (Goodfellow et al. 2016, section 6.2).
//!
//! | loss | distribution of the target | output unit |
//! |---|---|---|
//! | [`MeanSquaredError`] | normal, fixed variance | linear |
//! | [`MeanAbsoluteError`] | Laplace, fixed scale | linear |
//! | [`GaussianNll`] | normal, variance predicted as well | linear (mean, ln variance) |
//! | [`BinaryCrossEntropy`] | Bernoulli | sigmoid (inside the loss) |
//! | [`SoftmaxCrossEntropy`], [`KlDivergence`] | categorical | softmax (inside the loss) |

mod binary_cross_entropy;
mod gaussian_nll;
mod regression;
mod softmax_cross_entropy;

pub use binary_cross_entropy::BinaryCrossEntropy;
pub use gaussian_nll::GaussianNll;
pub use regression::{Huber, MeanAbsoluteError, MeanSquaredError};
pub use softmax_cross_entropy::{KlDivergence, SoftmaxCrossEntropy};

use std::fmt::Debug;

use dl_core::{Scalar, instantiate};

use crate::activation::Activation;
use crate::error::{ConfigError, DataError};
use crate::target::{Target, TargetRow};

/// A loss of one sample; the mean over samples, weighted or not, is taken in one place,
/// [`mean_loss`].
pub trait Loss<F: Scalar>: Debug + Send + Sync {
    /// Its name in errors.
    fn name(&self) -> &'static str;

    /// ℓ(prediction, target), and ∂ℓ/∂prediction written to `delta`. The target has passed
    /// [`check_targets`].
    fn sample(&self, prediction: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F;

    /// A description of a valid target row for `outputs` outputs.
    fn takes(&self, outputs: usize) -> String;

    /// Whether a target suits `outputs` outputs.
    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool;

    /// The activation that turns outputs into predictions, the inverse of the link function of a generalised linear
    /// model: softmax or sigmoid if the loss takes logits, otherwise the identity.
    fn inverse_link(&self) -> Activation {
        Activation::Identity
    }

    /// Checks the loss's own settings.
    ///
    /// # Errors
    /// A setting out of range.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }
}

instantiate! {
    /// Checks every target against the loss.
    ///
    /// # Errors
    /// [`DataError::Target`] naming the first sample whose target does not suit, or
    /// [`DataError::TargetKind`] if none of this kind can.
    pub fn check_targets<F: Scalar>(
        loss: &dyn Loss<F>,
        outputs: usize,
        targets: &Target<'_, F>,
    ) -> Result<(), DataError> {
        all_accepted(loss, outputs, targets)
    }
}

fn all_accepted<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
) -> Result<(), DataError> {
    let Some(sample) = (0..targets.len()).find(|&i| !loss.accepts(outputs, targets.row(i))) else {
        return Ok(());
    };
    let takes = loss.takes(outputs);
    // the least demanding target of this kind and width: if it is rejected, all are
    let (plainest, kind) = match targets {
        Target::Classes(_) => (None, "class numbers".to_owned()),
        Target::Values(values) => {
            let mut one_hot = vec![F::zero(); values.ncols()];
            one_hot.first_mut().into_iter().for_each(|v| *v = F::one());
            (Some(one_hot), plural(values.ncols(), "value") + " a sample")
        }
    };
    let plainest = plainest.as_deref();
    if !loss.accepts(
        outputs,
        plainest.map_or(TargetRow::Class(0), TargetRow::Values),
    ) {
        return Err(DataError::TargetKind {
            got: kind,
            loss: loss.name(),
            outputs,
            takes,
        });
    }
    let got = match targets.row(sample) {
        TargetRow::Class(class) => format!("class {class}"),
        TargetRow::Values(values) if values.len() > SHOWN => {
            format!("{:?} and {} more", &values[..SHOWN], values.len() - SHOWN)
        }
        TargetRow::Values(values) => format!("{values:?}"),
    };
    Err(DataError::Target {
        sample,
        got,
        loss: loss.name(),
        takes,
    })
}

/// How many values of a rejected target its error shows.
const SHOWN: usize = 8;

/// `1 value`, `2 values`
fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Σᵢ wᵢ ℓᵢ / Σᵢ wᵢ over a batch, and its gradient written to `delta`: (wᵢ / Σ w) ∂ℓᵢ/∂outputᵢ.
///
/// `outputs` and `delta` are `[n, width]`, row-major; `rows[i]` is the target's (and weight's)
/// row of sample i. Weights default to 1; if all of a batch are 0, so are loss and gradient.
/// Sums are taken in f64.
///
/// # Panics
/// Where the targets have not passed [`check_targets`], `delta` is shorter than `outputs`, or a row is
/// not one of the targets' (or the weights').
pub fn mean_loss<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: &[F],
    targets: &Target<'_, F>,
    rows: impl ExactSizeIterator<Item = usize> + Clone,
    weights: Option<&[F]>,
    delta: &mut [F],
) -> f64 {
    let total = total_weight(rows.clone(), weights);
    mean_loss_part(loss, outputs, targets, rows, weights, total, delta)
}

/// Σᵢ wᵢ of these rows.
pub(crate) fn total_weight<F: Scalar>(
    rows: impl ExactSizeIterator<Item = usize>,
    weights: Option<&[F]>,
) -> f64 {
    match weights {
        None => rows.len() as f64,
        Some(weights) => rows.map(|row| weights[row].as_f64()).sum(),
    }
}

/// What some samples contribute to the [`mean_loss`] of a batch with this total weight (its number of samples, if all
/// weights are 1): the loss of a block for [`Workspace::train`](crate::Workspace::train).
///
/// # Panics
/// As [`mean_loss`].
pub fn mean_loss_part<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: &[F],
    targets: &Target<'_, F>,
    rows: impl ExactSizeIterator<Item = usize>,
    weights: Option<&[F]>,
    total: f64,
    delta: &mut [F],
) -> f64 {
    if total == 0.0 {
        delta.fill(F::zero());
        return 0.0;
    }
    let width = outputs.len() / rows.len();
    let mut sum = 0.0;
    let samples = outputs
        .chunks_exact(width)
        .zip(delta.chunks_exact_mut(width));
    for ((output, delta), row) in samples.zip(rows) {
        let weight = weights.map_or(1.0, |weights| weights[row].as_f64());
        let share = F::cast(weight / total);
        let loss = loss.sample(output, targets.row(row), delta);
        delta.iter_mut().for_each(|d| *d *= share);
        sum += loss.as_f64() * weight;
    }
    sum / total
}

/// Whether the values are a probability distribution up to rounding.
fn is_distribution<F: Scalar>(values: &[F]) -> bool {
    let sum: f64 = values.iter().map(|p| p.as_f64()).sum();
    values.iter().all(|&p| p >= F::zero()) && (sum - 1.0).abs() <= 1e-4
}

/// Whether the target is `width` finite values.
fn is_finite<F: Scalar>(target: TargetRow<'_, F>, width: usize) -> bool {
    matches!(target, TargetRow::Values(v) if v.len() == width && v.iter().all(|v| v.is_finite()))
}

/// The values of a target that `accepts` has accepted.
fn values<F>(target: TargetRow<'_, F>) -> &[F] {
    match target {
        TargetRow::Values(values) => values,
        TargetRow::Class(class) => panic!("values were checked, found class {class}"),
    }
}
