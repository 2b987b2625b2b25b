//! The doctor's checks before training.

use dl_core::instantiate;
use dl_nn::losses::{Loss, check_targets};
use dl_nn::train::Trainer;
use dl_nn::{DataError, IntoTarget, Mode, Model, Scalar, Target};
use ndarray::{ArrayRef, ArrayViewD, Axis, Dimension};

use super::overfit_one_batch::OverfitOneBatch;
use super::settings::Doctor;
use super::{Diagnosis, DoctorCallback, inputs, labels, layers, loss};
use crate::xray::{Targets, XRay, check_shapes};

/// Number of samples of the examined first step.
const PROBE: usize = 64;

impl Doctor {
    /// Examines data and network before training: labels, inputs, the first step (on up to 64 samples, spread
    /// evenly over the data), and whether the trainer's optimiser can overfit a few samples. The trainer is left
    /// bit-identical.
    ///
    /// Problems with labels and inputs are findings, not errors; samples that a step cannot use are excluded from
    /// it.
    ///
    /// # Errors
    /// [`DataError`] if there are no samples, their shape is not the model's, or their number differs from that of
    /// the targets.
    pub fn examine<'a, F: Scalar, D: Dimension>(
        &self,
        trainer: &mut Trainer<F>,
        x: &ArrayRef<F, D>,
        targets: impl IntoTarget<'a, F>,
    ) -> Result<Diagnosis, DataError> {
        examine(self, trainer, x.view().into_dyn(), targets.into_target()?)
    }

    fn examine_all<F: Scalar>(
        &self,
        trainer: &mut Trainer<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<Diagnosis, DataError> {
        let x = x.as_standard_layout();
        check_shapes(trainer.model(), x.shape(), &targets)?;
        let (model, loss, optimizer) = trainer.parts_mut();
        let thresholds = &self.thresholds;
        let width = outputs(model);
        let mut diagnosis = Diagnosis::default();
        diagnosis.add(labels::check(loss, width, &targets, thresholds));
        diagnosis.add(inputs::check(&x.view(), thresholds));

        let usable = usable(loss, width, &x.view(), &targets);
        if usable.is_empty() {
            return Ok(diagnosis);
        }
        let probe = |samples| {
            let rows = spread(&usable, samples);
            (
                x.select(Axis(0), &rows),
                Targets::from_rows(&targets, &rows),
            )
        };
        let (samples, answers) = probe(PROBE);
        let mode = Mode::Train { seed: self.seed };
        let xray = XRay::new(model, loss, &samples, answers.view(), mode)?;
        let zero = loss::zero_output_loss(loss, width, &answers.view());
        let last = xray.layers.last();
        diagnosis.add(layers::check(&xray, thresholds));
        if xray.first_non_finite().is_some() {
            return Ok(diagnosis);
        }
        diagnosis.add(last.and_then(|layer| layers::saturated(layer, thresholds)));
        diagnosis.add(loss::initial(loss, width, xray.loss, zero, thresholds));
        if self.batch_steps > 0 && self.batch_samples > 0 {
            let (samples, answers) = probe(self.batch_samples);
            let overfit_one_batch = OverfitOneBatch {
                loss,
                x: &samples,
                targets: &answers,
                steps: self.batch_steps,
                seed: self.seed,
                zero: loss::zero_output_loss(loss, width, &answers.view()),
            };
            diagnosis.add(overfit_one_batch.check(model, optimizer, thresholds));
        }
        Ok(diagnosis)
    }

    /// A callback that monitors `fit`: every [`every`](Self::every) steps it X-rays a step on a probe batch `x`,
    /// `targets` (some 32 to 256 training samples, of all classes), and compares the kernels before and after the
    /// step; after each epoch it checks the loss.
    ///
    /// # Errors
    /// Same as [`XRay::new`].
    pub fn callback<'a, F: Scalar, D: Dimension>(
        &self,
        model: &Model<F>,
        loss: impl Loss<F> + 'static,
        x: &ArrayRef<F, D>,
        targets: impl IntoTarget<'a, F>,
    ) -> Result<DoctorCallback<F>, DataError> {
        let (x, targets) = (x.view().into_dyn(), targets.into_target()?);
        callback(self, model, Box::new(loss), x, targets)
    }
}

instantiate! {
    fn examine<F: Scalar>(
        doctor: &Doctor,
        trainer: &mut Trainer<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<Diagnosis, DataError> {
        doctor.examine_all(trainer, x, targets)
    }

    fn callback<F: Scalar>(
        doctor: &Doctor,
        model: &Model<F>,
        loss: Box<dyn Loss<F>>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<DoctorCallback<F>, DataError> {
        let x = x.as_standard_layout().into_owned();
        check_shapes(model, x.shape(), &targets)?;
        check_targets(&*loss, outputs(model), &targets)?;
        let constant = loss::mean_output_loss(&*loss, outputs(model), &targets);
        let targets = (&targets).into();
        Ok(DoctorCallback::new(
            doctor.clone(),
            loss,
            x,
            targets,
            constant,
        ))
    }
}

fn outputs<F: Scalar>(model: &Model<F>) -> usize {
    model.output_shape().iter().product()
}

/// The indices of samples that are finite and whose target the loss accepts.
fn usable<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    x: &ArrayViewD<'_, F>,
    targets: &Target<'_, F>,
) -> Vec<usize> {
    let finite = |i| x.index_axis(Axis(0), i).iter().all(|v| v.is_finite());
    let usable = |&i: &usize| loss.accepts(outputs, targets.row(i)) && finite(i);
    (0..targets.len()).filter(usable).collect()
}

/// Selects `count` of the rows, evenly spread, whether the data is sorted by class or alternates between classes:
/// those whose multiples of the golden ratio have the smallest fractional parts (Weyl's sequence).
fn spread(rows: &[usize], count: usize) -> Vec<usize> {
    let golden = (5_f64.sqrt() - 1.0) / 2.0;
    let place = |&row: &usize| (row as f64 * golden).fract();
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| place(a).total_cmp(&place(b)));
    rows.truncate(count);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_rows_include_every_class_of_sorted_and_of_alternating_data() {
        for n in [60, 150, 192, 60_000] {
            let all: Vec<usize> = (0..n).collect();
            for count in [8, 16, 64] {
                let rows = spread(&all, count);
                assert_eq!(rows.len(), count.min(n));
                for class in 0..3 {
                    let sorted = rows.iter().filter(|&&row| row * 3 / n == class).count();
                    let in_turn = rows.iter().filter(|&&row| row % 3 == class).count();
                    let least = rows.len() / 6;
                    assert!(
                        sorted.min(in_turn) >= least,
                        "{n} {count}: {sorted} {in_turn}"
                    );
                }
            }
        }
        assert_eq!(spread(&[4, 7], 8).len(), 2);
    }
}
