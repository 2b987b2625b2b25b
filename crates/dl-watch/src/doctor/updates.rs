//! The update-to-weight ratio of each kernel: ‖Δw‖/‖w‖.

use dl_nn::{Model, Scalar};
use ndarray::ArrayD;

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::{norm, short};

/// A copy of all parameters before a step.
#[derive(Debug, Default)]
pub(super) struct Before<F> {
    values: Vec<ArrayD<F>>,
}

impl<F: Scalar> Before<F> {
    /// Copies the parameters; allocates the first time only.
    pub(super) fn copy(&mut self, model: &Model<F>) {
        if self.values.is_empty() {
            self.values = model.params().map(|(_, value)| value.to_owned()).collect();
            return;
        }
        for (copy, (_, value)) in self.values.iter_mut().zip(model.params()) {
            copy.assign(&value);
        }
    }

    /// Swaps the copy and the model's parameters.
    pub(super) fn swap(&mut self, model: &mut Model<F>) {
        for (copy, (_, mut value)) in self.values.iter_mut().zip(model.params_mut()) {
            ndarray::Zip::from(copy)
                .and(&mut value)
                .for_each(std::mem::swap);
        }
    }

    /// ‖w − w before‖/‖w before‖ of every trained kernel (a parameter that weight decay applies to, in a layer that is
    /// not frozen) that was not zero and is finite.
    pub(super) fn ratios(&self, model: &Model<F>) -> Vec<(String, f64)> {
        let layers = model.layers().iter();
        let trained = layers.flat_map(|named| {
            let params = named.layer.params().into_iter().zip(named.rates());
            params.map(|(param, rate)| param.decay && rate.is_some())
        });
        let pairs = self.values.iter().zip(model.params()).zip(trained);
        let kernels = pairs.filter_map(|(pair, trained)| trained.then_some(pair));
        let ratio = |(before, (name, after)): (&ArrayD<F>, (&str, ndarray::ArrayViewD<'_, F>))| {
            let size = norm(before.iter());
            let moved = norm((&after - before).iter());
            let ratio = moved / size;
            ratio.is_finite().then(|| (name.to_owned(), ratio))
        };
        kernels.filter_map(ratio).collect()
    }
}

/// A kernel that changed too much.
pub(super) fn large((name, ratio): &(String, f64), thresholds: &Thresholds) -> Option<Finding> {
    (*ratio > thresholds.max_update).then(|| Finding {
        check: Check::LargeUpdate,
        severity: Severity::Warning,
        subject: name.clone(),
        number: *ratio,
        threshold: thresholds.max_update,
        message: format!(
            "a step changed it by {} of its norm; at most {} is healthy, and about 1e-3 is typical",
            short(*ratio),
            short(thresholds.max_update)
        ),
        advice: format!(
            "lower the learning rate by a factor of about {}, or warm it up (`schedule::WarmUp`), \
             or clip the gradient's norm (`Optimizer::clip_norm`)",
            short(10_f64.powf((ratio / 1e-2).log10().ceil()))
        ),
        at: None,
    })
}

/// A kernel that hardly changed in any examined step; the ratio is the largest of these steps.
pub(super) fn small((name, ratio): &(String, f64), thresholds: &Thresholds) -> Option<Finding> {
    (*ratio <= thresholds.min_update).then(|| Finding {
        check: Check::SmallUpdate,
        severity: Severity::Warning,
        subject: name.clone(),
        number: *ratio,
        threshold: thresholds.min_update,
        message: format!(
            "no examined step of the first epoch changed it by more than {} of its norm; above {} \
             is healthy, and about 1e-3 is typical",
            short(*ratio),
            short(thresholds.min_update)
        ),
        advice: "raise the learning rate by factors of 10; if that has no effect, no gradient \
                 arrives here: look for dead or saturated units after it"
            .to_owned(),
        at: None,
    })
}
