//! The doctor before training.

use dl_core::instantiate;
use dl_nn::losses::{Loss, check_targets};
use dl_nn::train::Trainer;
use dl_nn::{DataError, Mode, Model, Scalar, Target};
use ndarray::{ArrayRef, ArrayViewD, Axis, Dimension};

use super::one_batch::OneBatch;
use super::{Diagnosis, Thresholds, Watch, inputs, labels, layers, loss};
use crate::xray::{Targets, XRay, check_shapes};

/// Samples of the first step that is examined.
const PROBE: usize = 64;

/// Looks for what commonly goes wrong in training.
///
/// ```
/// use dl_nn::ndarray::array;
/// use dl_nn::prelude::*;
/// use dl_watch::Doctor;
/// use dl_watch::doctor::Check;
///
/// let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
/// let model = Sequential::input([2])
///     .push(Dense::new(8).activation(Tanh))
///     .push(Dense::new(2))
///     .build(1)?;
/// let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.05))?;
/// let diagnosis = Doctor::new().examine(&mut trainer, &x, &vec![0, 1, 1, 0])?;
/// assert!(diagnosis.is_healthy(), "{diagnosis}");
///
/// // classes counted from 1
/// let diagnosis = Doctor::new().examine(&mut trainer, &x, &vec![1, 2, 2, 1])?;
/// let finding = diagnosis.of(Check::Targets).next().ok_or("a finding")?;
/// assert_eq!((finding.number, finding.threshold), (2.0, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Doctor {
    pub(super) thresholds: Thresholds,
    pub(super) seed: u64,
    pub(super) every: usize,
    batch_samples: usize,
    batch_steps: usize,
}

impl Default for Doctor {
    fn default() -> Self {
        Self::new()
    }
}

impl Doctor {
    /// The default [`Thresholds`], 8 samples and at most 1000 steps to learn them by heart, a look
    /// every 100 steps while training, seed 0.
    pub fn new() -> Self {
        Self {
            thresholds: Thresholds::default(),
            seed: 0,
            every: 100,
            batch_samples: 8,
            batch_steps: 1000,
        }
    }

    /// Compares with these thresholds.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Draws dropout in the examined steps from this seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// So many samples are to be learned by heart, in at most so many steps; no steps leave this
    /// check out. It stops as soon as the loss is low enough.
    pub fn one_batch(mut self, samples: usize, steps: usize) -> Self {
        self.batch_samples = samples.max(1);
        self.batch_steps = steps;
        self
    }

    /// While training, looks at one step in so many (at least 1), the first, and the last of each
    /// epoch.
    pub fn every(mut self, steps: usize) -> Self {
        self.every = steps.max(1);
        self
    }

    /// Examines data and network before training: labels, inputs, the first step (on up to 64
    /// samples, spread evenly over the data), and whether a few samples can be learned by heart
    /// with the trainer's optimiser. The trainer is left as it was, to the bit.
    ///
    /// What is wrong with labels and inputs is a finding, not an error; samples that a step cannot
    /// take are left out of it.
    ///
    /// # Errors
    /// [`DataError`] where there are no samples, where their shape is not the model's, or their
    /// number not the targets'.
    pub fn examine<'a, F: Scalar, D: Dimension>(
        &self,
        trainer: &mut Trainer<F>,
        x: &ArrayRef<F, D>,
        targets: impl Into<Target<'a, F>>,
    ) -> Result<Diagnosis, DataError> {
        examine(self, trainer, x.view().into_dyn(), targets.into())
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
            (x.select(Axis(0), &rows), Targets::of_rows(&targets, &rows))
        };
        let (samples, answers) = probe(PROBE);
        let mode = Mode::Train { seed: self.seed };
        let xray = XRay::of(model, loss, &samples, answers.view(), mode)?;
        let zero = loss::of_zero_outputs(loss, width, &answers.view());
        let last = xray.layers.last();
        diagnosis.add(layers::check(&xray, thresholds));
        if xray.first_non_finite().is_some() {
            return Ok(diagnosis);
        }
        diagnosis.add(last.and_then(|layer| layers::saturated(layer, thresholds)));
        diagnosis.add(loss::initial(loss, width, xray.loss, zero, thresholds));
        if self.batch_steps > 0 {
            let (samples, answers) = probe(self.batch_samples);
            let one_batch = OneBatch {
                loss,
                x: &samples,
                targets: &answers,
                steps: self.batch_steps,
                seed: self.seed,
                zero: loss::of_zero_outputs(loss, width, &answers.view()),
            };
            diagnosis.add(one_batch.check(model, optimizer, thresholds));
        }
        Ok(diagnosis)
    }

    /// A callback that looks on while `fit` trains: every so many steps it X-rays a step on a
    /// probe batch (some 32 to 256 samples of the training data, of all classes), and compares the
    /// kernels before and after; after each epoch it looks at the loss.
    ///
    /// # Errors
    /// As [`XRay::of`].
    pub fn watch<'a, F: Scalar, D: Dimension>(
        &self,
        model: &Model<F>,
        loss: impl Loss<F> + 'static,
        x: &ArrayRef<F, D>,
        targets: impl Into<Target<'a, F>>,
    ) -> Result<Watch<F>, DataError> {
        let (x, targets) = (x.view().into_dyn(), targets.into());
        watch(self, model, Box::new(loss), x, targets)
    }

    fn watch_with<F: Scalar>(
        &self,
        model: &Model<F>,
        loss: Box<dyn Loss<F>>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<Watch<F>, DataError> {
        let x = x.as_standard_layout().into_owned();
        check_shapes(model, x.shape(), &targets)?;
        check_targets(&*loss, outputs(model), &targets)?;
        let constant = loss::of_mean_outputs(&*loss, outputs(model), &targets);
        let targets = (&targets).into();
        Ok(Watch::new(self.clone(), loss, x, targets, constant))
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

    fn watch<F: Scalar>(
        doctor: &Doctor,
        model: &Model<F>,
        loss: Box<dyn Loss<F>>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<Watch<F>, DataError> {
        doctor.watch_with(model, loss, x, targets)
    }
}

fn outputs<F: Scalar>(model: &Model<F>) -> usize {
    model.output_shape().iter().product()
}

/// The samples that are finite and whose target the loss takes.
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

/// So many of the rows, evenly spread, whether the data is sorted by class or has the classes in
/// turn: those whose multiple of the golden ratio has the smallest fraction (Weyl's sequence).
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
    fn a_few_rows_have_every_class_of_sorted_and_of_alternating_data() {
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
