//! Whether data suits a model and its loss.

use dl_core::source::SourceTargets;
use dl_core::{Scalar, Source};
use ndarray::{Array2, ArrayView1, ArrayViewD, Axis};

use super::reader::require_finite;
use super::trainer::Trainer;
use crate::error::DataError;
use crate::losses::{Loss, check_targets};
use crate::target::Target;

/// Checks samples and targets against the model and the loss.
pub(super) fn check_data<F: Scalar>(
    trainer: &Trainer<F>,
    x: &ArrayViewD<'_, F>,
    targets: &Target<'_, F>,
) -> Result<(), DataError> {
    trainer.model.check_samples(x)?;
    if x.len_of(Axis(0)) != targets.len() {
        return Err(DataError::Count {
            samples: x.len_of(Axis(0)),
            targets: targets.len(),
            what: "targets",
        });
    }
    let outputs = trainer.model.output_shape().iter().product();
    check_targets(&*trainer.loss, outputs, targets)
}

/// Checks what a source says of its data, and what it has in memory, against the model and the loss. What it reads is checked
/// batch by batch.
pub(super) fn check_source<F: Scalar>(
    trainer: &Trainer<F>,
    source: &dyn Source<F>,
) -> Result<(), DataError> {
    let outputs = trainer.model.output_shape().iter().product();
    check_samples(trainer, source)?;
    match source.targets() {
        SourceTargets::Classes(classes) if classes.len() != source.len() => Err(DataError::Count {
            samples: source.len(),
            targets: classes.len(),
            what: "targets",
        }),
        SourceTargets::Classes(classes) => {
            let classes = Target::Classes(ArrayView1::from(classes).into());
            check_targets(&*trainer.loss, outputs, &classes)
        }
        // no row, but the width
        SourceTargets::Values { width } => {
            let one_hot =
                Array2::from_shape_fn((1, width), |(_, i)| F::cast(f64::from(u8::from(i == 0))));
            check_targets(&*trainer.loss, outputs, &Target::Values(one_hot.into()))
        }
    }
}

/// Checks the samples of a source against the model.
pub(super) fn check_samples<F: Scalar>(
    trainer: &Trainer<F>,
    source: &dyn Source<F>,
) -> Result<(), DataError> {
    if source.sample_shape() != trainer.model.input_shape() {
        return Err(DataError::SampleShape {
            got: source.sample_shape().to_vec(),
            expected: trainer.model.input_shape().to_vec(),
        });
    }
    if source.is_empty() {
        return Err(DataError::Empty);
    }
    match source.in_memory() {
        Some(all) => require_finite(all.x, 0..source.len()),
        None => Ok(()),
    }
}

/// Checks the targets of a batch that are values; classes are checked as a whole.
pub(super) fn require_targets<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
    samples: &[usize],
) -> Result<(), DataError> {
    if targets.classes().is_some() {
        return Ok(());
    }
    check_targets(loss, outputs, targets).map_err(|error| error.in_batch(samples))
}
