//! The doctor while training.

use dl_core::instantiate;
use dl_nn::losses::Loss;
use dl_nn::train::{Callback, Epoch, Flow, History, Run, StepEnd};
use dl_nn::{DataError, Mode, Model, Scalar};
use ndarray::ArrayD;

use super::updates::{self, Before};
use super::{Check, Diagnosis, Doctor, Finding, Moment, Severity, layers, loss};
use crate::xray::{Targets, XRay};

/// A [`Callback`] that looks on while `fit` trains, made by [`Doctor::watch`]. Hand it in as
/// `&mut watch`, and read [`diagnosis`](Self::diagnosis) afterwards.
///
/// Before every step it copies the parameters: to see how far a step moves them, and, where a
/// `fit` ends with a NaN, to find the layer it came from.
#[derive(Debug)]
pub struct Watch<F> {
    doctor: Doctor,
    loss: Box<dyn Loss<F>>,
    x: ArrayD<F>,
    targets: Targets<F>,
    /// The loss of a network that knows only the targets' mean.
    constant: f64,
    before: Before<F>,
    /// The step that has begun and not ended.
    open: Option<Moment>,
    steps: usize,
    losses: Vec<f64>,
    /// The largest ‖Δw‖/‖w‖ of each kernel in the examined steps of the first epoch.
    updates: Vec<(String, f64)>,
    diagnosis: Diagnosis,
}

impl<F: Scalar> Watch<F> {
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

    /// What was found, each thing once: when it was first seen.
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.diagnosis
    }

    fn add(&mut self, at: Moment, findings: impl IntoIterator<Item = Finding>) {
        let dated = findings.into_iter().map(|finding| Finding {
            at: Some(at),
            ..finding
        });
        self.diagnosis.add(dated);
    }

    /// A step on the probe batch; an error where the model is another than the watch was made for.
    fn xray(&self, model: &Model<F>) -> Result<XRay<F>, DataError> {
        let seed = self.doctor.seed.wrapping_add(self.steps as u64);
        let (loss, targets) = (&*self.loss, self.targets.view());
        XRay::of(model, loss, &self.x, targets, Mode::Train { seed })
    }

    fn examine_updates(&mut self, model: &Model<F>, at: Moment) {
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

    /// Why this step's loss, or the weights after it, became NaN or infinite.
    fn examine_failure(&mut self, model: &Model<F>, at: Moment) {
        let xray = self.xray(model).ok();
        let found = xray.and_then(|xray| layers::non_finite(&xray));
        let finding = found.unwrap_or_else(|| Finding {
            check: Check::NonFinite,
            severity: Severity::Error,
            subject: "loss".to_owned(),
            number: 1.0,
            threshold: 0.0,
            message: "the step's loss is NaN or infinite, though the same weights give finite \
                      numbers on the probe batch"
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

    fn begin_step(&mut self, epoch: usize, step: usize, run: &Run<'_, F>) {
        self.before.copy(run.model);
        self.open = Some(Moment { epoch, step });
    }

    fn end_step(&mut self, step: &StepEnd, run: &Run<'_, F>) -> Flow {
        self.open = None;
        let at = Moment {
            epoch: step.epoch,
            step: step.step,
        };
        let last = step.step + 1 == run.plan.steps_per_epoch;
        if last || self.steps.is_multiple_of(self.doctor.every) {
            self.examine_updates(run.model, at);
            match self.xray(run.model) {
                Ok(xray) => self.add(at, layers::check(&xray, &self.doctor.thresholds)),
                Err(error) => return Flow::Stop(format!("the watch's probe batch: {error}")),
            }
        }
        self.steps += 1;
        Flow::Continue
    }

    fn end_epoch(&mut self, epoch: &Epoch, run: &Run<'_, F>) -> Flow {
        let thresholds = self.doctor.thresholds;
        let at = Moment {
            epoch: epoch.epoch,
            step: run.plan.steps_per_epoch - 1,
        };
        if epoch.epoch == 0 {
            let small = self
                .updates
                .iter()
                .filter_map(|ratio| updates::small(ratio, &thresholds));
            let small: Vec<Finding> = small.collect();
            self.add(at, small);
        }
        self.losses.push(epoch.train.loss);
        let trend = loss::trend(&self.losses, self.steps, self.constant, &thresholds);
        self.add(at, trend);
        Flow::Continue
    }

    fn end(&mut self, run: &mut Run<'_, F>) {
        // a step that has begun and not ended failed; its weights are in the copy
        let Some(at) = self.open.take() else { return };
        self.before.swap(run.model);
        self.examine_failure(run.model, at);
        self.before.swap(run.model);
    }
}

impl<F: Scalar> Callback<F> for Watch<F> {
    fn train_begin(&mut self, _: &mut Run<'_, F>) {
        train_begin(self);
    }

    fn step_begin(&mut self, epoch: usize, step: usize, run: &mut Run<'_, F>) {
        step_begin(self, epoch, step, run);
    }

    fn step_end(&mut self, step: &StepEnd, run: &mut Run<'_, F>) -> Flow {
        step_end(self, step, run)
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut Run<'_, F>) -> Flow {
        epoch_end(self, epoch, run)
    }

    fn train_end(&mut self, _: &History, run: &mut Run<'_, F>) {
        train_end(self, run);
    }
}

instantiate! {
    fn train_begin<F: Scalar>(watch: &mut Watch<F>) {
        watch.begin();
    }

    fn step_begin<F: Scalar>(watch: &mut Watch<F>, epoch: usize, step: usize, run: &Run<'_, F>) {
        watch.begin_step(epoch, step, run);
    }

    fn step_end<F: Scalar>(watch: &mut Watch<F>, step: &StepEnd, run: &Run<'_, F>) -> Flow {
        watch.end_step(step, run)
    }

    fn epoch_end<F: Scalar>(watch: &mut Watch<F>, epoch: &Epoch, run: &Run<'_, F>) -> Flow {
        watch.end_epoch(epoch, run)
    }

    fn train_end<F: Scalar>(watch: &mut Watch<F>, run: &mut Run<'_, F>) {
        watch.end(run);
    }
}
