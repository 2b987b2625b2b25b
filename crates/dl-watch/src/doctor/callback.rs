//! The doctor's checks during training.

use dl_core::instantiate;
use dl_nn::losses::Loss;
use dl_nn::train::{Callback, Epoch, FitContext, Flow, History, StepEnd};
use dl_nn::{ConfigError, DataError, Mode, Model, Scalar};
use ndarray::ArrayD;

use super::updates::{self, Before};
use super::{Check, Diagnosis, Doctor, Finding, Severity, StepId, layers, loss};
use crate::xray::{Targets, XRay};

/// A [`Callback`] that monitors `fit`, made by [`Doctor::callback`]. Pass it as `&mut callback`, and read
/// [`diagnosis`](Self::diagnosis) afterwards.
///
/// Before every step it copies the parameters, to measure how much the step changes them and, if `fit` ends with a
/// NaN, to find the layer it came from.
#[derive(Debug)]
pub struct DoctorCallback<F> {
    doctor: Doctor,
    loss: Box<dyn Loss<F>>,
    x: ArrayD<F>,
    targets: Targets<F>,
    /// The loss of a network that only predicts the targets' mean.
    constant: f64,
    before: Before<F>,
    /// The step that has begun but not ended.
    open: Option<StepId>,
    steps: usize,
    losses: Vec<f64>,
    /// The largest ‖Δw‖/‖w‖ of each kernel in the examined steps of the first epoch.
    updates: Vec<(String, f64)>,
    diagnosis: Diagnosis,
}

impl<F: Scalar> DoctorCallback<F> {
    pub(super) fn new(
        doctor: Doctor,
        loss: Box<dyn Loss<F>>,
        x: ArrayD<F>,
        targets: Targets<F>,
        constant: f64,
    ) -> Self {
        Self {
            doctor,
            loss,
            x,
            targets,
            constant,
            before: Before::default(),
            open: None,
            steps: 0,
            losses: Vec::new(),
            updates: Vec::new(),
            diagnosis: Diagnosis::default(),
        }
    }

    /// All findings, each once, with the step in which it was first found.
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.diagnosis
    }

    fn add(&mut self, at: StepId, findings: impl IntoIterator<Item = Finding>) {
        let dated = findings.into_iter().map(|finding| Finding {
            at: Some(at),
            ..finding
        });
        self.diagnosis.add(dated);
    }

    /// X-rays a step on the probe batch; an error if the callback was made for a different model.
    fn xray(&self, model: &Model<F>) -> Result<XRay<F>, DataError> {
        let seed = self.doctor.seed.wrapping_add(self.steps as u64);
        let (loss, targets) = (&*self.loss, self.targets.view());
        XRay::new(model, loss, &self.x, targets, Mode::Train { seed })
    }

    fn examine_updates(&mut self, model: &Model<F>, at: StepId) {
        let thresholds = self.doctor.thresholds;
        let ratios = self.before.ratios(model);
        let large = ratios
            .iter()
            .filter_map(|ratio| updates::large(ratio, &thresholds));
        self.add(at, large.collect::<Vec<_>>());
        if at.epoch > 0 {
            return;
        }
        for (name, ratio) in ratios {
            match self.updates.iter_mut().find(|(known, _)| *known == name) {
                Some((_, largest)) => *largest = largest.max(ratio),
                None => self.updates.push((name, ratio)),
            }
        }
    }

    /// Finds out why this step's loss, or the weights after it, became NaN or infinite.
    fn examine_failure(&mut self, model: &Model<F>, at: StepId) {
        let xray = self.xray(model).ok();
        let found = xray.and_then(|xray| layers::non_finite(&xray));
        let finding = found.unwrap_or_else(|| Finding {
            check: Check::NonFinite,
            severity: Severity::Error,
            subject: "loss".to_owned(),
            number: 1.0,
            threshold: 0.0,
            message: "the step's loss is NaN or infinite, although the same weights give finite \
                      values on the probe batch"
                .to_owned(),
            advice: "examine this step's own batch with `first_non_finite`; look for extreme \
                     inputs, and lower the learning rate"
                .to_owned(),
            at: None,
        });
        self.add(at, [finding]);
    }

    fn begin(&mut self) {
        self.before = Before::default();
        self.open = None;
        self.steps = 0;
        self.losses.clear();
        self.updates.clear();
    }

    fn begin_step(&mut self, epoch: usize, step: usize, run: &FitContext<'_, F>) {
        self.before.copy(run.model);
        self.open = Some(StepId { epoch, step });
    }

    fn end(&mut self, run: &mut FitContext<'_, F>) {
        // a step that has begun but not ended has failed; its weights are in the copy
        let Some(at) = self.open.take() else { return };
        self.before.swap(run.model);
        self.examine_failure(run.model, at);
        self.before.swap(run.model);
    }
}

impl<F: Scalar> Callback<F> for DoctorCallback<F> {
    fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::require(self.doctor.every > 0, "Doctor every", 0, "at least 1")
    }

    fn train_begin(&mut self, _: &mut FitContext<'_, F>) {
        train_begin(self);
    }

    fn step_begin(&mut self, epoch: usize, step: usize, run: &mut FitContext<'_, F>) {
        step_begin(self, epoch, step, run);
    }

    fn step_end(&mut self, step: &StepEnd, run: &mut FitContext<'_, F>) -> Flow {
        step_end(self, step, run)
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut FitContext<'_, F>) -> Flow {
        epoch_end(self, epoch, run)
    }

    fn train_end(&mut self, _: &History, run: &mut FitContext<'_, F>) {
        train_end(self, run);
    }
}

instantiate! {
    fn train_begin<F: Scalar>(callback: &mut DoctorCallback<F>) {
        callback.begin();
    }

    fn step_begin<F: Scalar>(callback: &mut DoctorCallback<F>, epoch: usize, step: usize, run: &FitContext<'_, F>) {
        callback.begin_step(epoch, step, run);
    }

    fn step_end<F: Scalar>(callback: &mut DoctorCallback<F>, step: &StepEnd, run: &FitContext<'_, F>) -> Flow {
        callback.open = None;
        let at = StepId {
            epoch: step.epoch,
            step: step.step,
        };
        let last = step.step + 1 == run.plan.steps_per_epoch;
        if last || callback.steps.is_multiple_of(callback.doctor.every) {
            callback.examine_updates(run.model, at);
            match callback.xray(run.model) {
                Ok(xray) => callback.add(at, layers::check(&xray, &callback.doctor.thresholds)),
                Err(error) => return Flow::Stop(format!("the doctor's probe batch: {error}")),
            }
        }
        callback.steps += 1;
        Flow::Continue
    }

    fn epoch_end<F: Scalar>(callback: &mut DoctorCallback<F>, epoch: &Epoch, run: &FitContext<'_, F>) -> Flow {
        let thresholds = callback.doctor.thresholds;
        let at = StepId {
            epoch: epoch.epoch,
            step: run.plan.steps_per_epoch - 1,
        };
        if epoch.epoch == 0 {
            let small = callback
                .updates
                .iter()
                .filter_map(|ratio| updates::small(ratio, &thresholds));
            let small: Vec<Finding> = small.collect();
            callback.add(at, small);
        }
        callback.losses.push(epoch.train.loss);
        let trend = loss::trend(&callback.losses, callback.steps, callback.constant, &thresholds);
        callback.add(at, trend);
        Flow::Continue
    }

    fn train_end<F: Scalar>(callback: &mut DoctorCallback<F>, run: &mut FitContext<'_, F>) {
        callback.end(run);
    }
}
