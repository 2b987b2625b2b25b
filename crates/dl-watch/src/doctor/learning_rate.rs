//! Whether the learning rate suits, and how far one cycle may go, from a curve of the loss over learning rates.

use std::fmt;

use dl_nn::train::{LearningRateCurve, SuggestedRates};
use serde::{Deserialize, Serialize};

use super::{Check, Diagnosis, Doctor, Finding, Severity};
use crate::statistics::short;

/// How far the learning rate may rise in a [`OneCycle`](dl_nn::schedule::OneCycle), as
/// [`Doctor::one_cycle`] advises; its `Display` is a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneCycleAdvice {
    /// The highest rate of the cycle: the rule's base learning rate, which the schedule multiplies.
    pub maximum: f64,
    /// What the curve says.
    pub rates: SuggestedRates,
}

impl fmt::Display for OneCycleAdvice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [maximum, steepest, minimum] =
            [self.maximum, self.rates.steepest, self.rates.minimum].map(short);
        write!(
            out,
            "one cycle may rise to a learning rate of {maximum} (the base rate with `OneCycle`): the loss falls fastest \
             at {steepest} and stops falling at {minimum}"
        )
    }
}

impl Doctor {
    /// The highest learning rate for a [`OneCycle`](dl_nn::schedule::OneCycle); `None` if the loss falls nowhere.
    ///
    /// The maximum is the largest rate at which training is stable (Smith 2018, "A disciplined approach to neural
    /// network hyper-parameters: Part 1", section 4), which the curve of a short run overestimates: a tenth of that at
    /// which its smoothed loss is lowest.
    ///
    /// ```
    /// use dl_nn::ndarray::Array2;
    /// use dl_nn::prelude::*;
    /// use dl_nn::schedule::OneCycle;
    /// use dl_nn::train::FindLearningRate;
    /// use dl_watch::Doctor;
    ///
    /// let x = Array2::from_shape_fn((200, 2), |(i, j)| f64::sin((7 * i + 3 * j) as f64));
    /// let labels: Vec<_> = x.rows().into_iter().map(|row| usize::from(row[0] > row[1])).collect();
    /// let model = Sequential::input([2]).push(Dense::new(16).activation(Relu)).push(Dense::new(2)).build(1)?;
    /// let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-8))?;
    /// let curve = trainer.find_learning_rate(&x, &labels, FindLearningRate::new())?;
    ///
    /// let doctor = Doctor::new();
    /// let diagnosis = doctor.examine_learning_rate(&curve, trainer.optimizer().learning_rate());
    /// assert!(diagnosis.to_string().starts_with("warning: learning rate: 1.0e-8 is "), "{diagnosis}");
    ///
    /// let advice = doctor.one_cycle(&curve).ok_or("the loss does not fall")?;
    /// let adam = Adam::new(advice.maximum);
    /// let mut trainer = Trainer::new(trainer.into_model(), SoftmaxCrossEntropy::new(), adam)?;
    /// let cycle = LearningRate::per_step(OneCycle::new(10 * 7)); // 10 epochs of 7 batches
    /// trainer.fit(&x, &labels, Fit::epochs(10).callback(cycle))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn one_cycle(&self, curve: &LearningRateCurve) -> Option<OneCycleAdvice> {
        let rates = curve.suggestion()?;
        Some(OneCycleAdvice {
            maximum: rates.tenth_of_minimum(),
            rates,
        })
    }

    /// Compares the learning rate in use with a curve that
    /// [`find_learning_rate`](dl_nn::train::Trainer::find_learning_rate) has measured: a finding if it is above the
    /// rate at which the loss stops falling, or [many times](super::Thresholds::low_learning_rate) below those that
    /// the curve suggests, or if the loss falls at no rate.
    pub fn examine_learning_rate(
        &self,
        curve: &LearningRateCurve,
        learning_rate: f64,
    ) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        diagnosis.add(match self.one_cycle(curve) {
            Some(advice) => far_off(learning_rate, &advice, self.thresholds.low_learning_rate),
            None => nothing_falls(curve),
        });
        diagnosis
    }
}

fn far_off(learning_rate: f64, advice: &OneCycleAdvice, low: f64) -> Option<Finding> {
    let SuggestedRates { steepest, minimum } = advice.rates;
    let lowest = low * steepest.min(advice.maximum);
    let [rate, high, fastest] = [learning_rate, minimum, steepest].map(short);
    let (threshold, message) = if learning_rate > minimum {
        let times = short(learning_rate / minimum);
        let message =
            format!("{rate} is {times} times {high}, above which the loss of a short run rises");
        (minimum, message)
    } else if learning_rate < lowest {
        let times = short(steepest / learning_rate);
        let message = format!(
            "{rate} is {times} times smaller than {fastest}, at which the loss of a short run falls fastest"
        );
        (lowest, message)
    } else {
        return None;
    };
    let maximum = short(advice.maximum);
    Some(finding(
        learning_rate,
        threshold,
        message,
        format!("a learning rate of {maximum}, or `OneCycle` with {maximum} as the base rate"),
    ))
}

fn nothing_falls(curve: &LearningRateCurve) -> Option<Finding> {
    let (first, last) = (curve.points.first()?, curve.points.last()?);
    let [from, to] = [first.learning_rate, last.learning_rate].map(short);
    let steps = curve.points.len();
    Some(finding(
        last.smoothed,
        first.smoothed,
        format!("the loss of a run of {steps} steps falls at no learning rate from {from} to {to}"),
        "first overfit a single batch (`Doctor::examine`); then search again with lower rates or more steps"
            .to_owned(),
    ))
}

fn finding(number: f64, threshold: f64, message: String, advice: String) -> Finding {
    Finding {
        check: Check::LearningRate,
        severity: Severity::Warning,
        subject: "learning rate".to_owned(),
        number,
        threshold,
        message,
        advice,
        at: None,
    }
}
