//! Losses of real values, each the mean over a sample's d outputs.

use dl_core::{Scalar, instantiate};

use super::{Loss, is_finite, plural, values};
use crate::error::ConfigError;
use crate::target::TargetRow;

/// ℓ = 1/d Σᵢ (yᵢ − tᵢ)²: the negative log-likelihood of a normal distribution around y, up to
/// constants (Goodfellow et al. 2016, section 5.5.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct MeanSquaredError;

impl MeanSquaredError {
    /// The loss, which has no settings.
    pub fn new() -> Self {
        Self
    }
}

/// ℓ = 1/d Σᵢ |yᵢ − tᵢ|; derivative 0 at 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct MeanAbsoluteError;

impl MeanAbsoluteError {
    /// The loss, which has no settings.
    pub fn new() -> Self {
        Self
    }
}

/// ℓ = 1/d Σᵢ h(yᵢ − tᵢ), h(e) = e²/2 for |e| ≤ δ, otherwise δ(|e| − δ/2) (Huber 1964).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Huber {
    delta: f64,
}

impl Default for Huber {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl Huber {
    /// Quadratic up to an error of `delta` > 0, linear beyond.
    pub fn new(delta: f64) -> Self {
        Self { delta }
    }
}

/// 1/d Σᵢ f(yᵢ − tᵢ), where f gives the value and the derivative.
fn mean_of_errors<F: Scalar>(y: &[F], t: &[F], delta: &mut [F], f: impl Fn(F) -> (F, F)) -> F {
    let d = F::cast(y.len() as f64);
    let mut sum = 0.0;
    for ((delta, &y), &t) in delta.iter_mut().zip(y).zip(t) {
        let (value, derivative) = f(y - t);
        sum += value.as_f64();
        *delta = derivative / d;
    }
    F::cast(sum / d.as_f64())
}

instantiate! {
    fn squared<F: Scalar>(y: &[F], t: &[F], delta: &mut [F]) -> F {
        mean_of_errors(y, t, delta, |e| (e * e, e + e))
    }

    fn absolute<F: Scalar>(y: &[F], t: &[F], delta: &mut [F]) -> F {
        mean_of_errors(y, t, delta, |e| {
            let sign = if e == F::zero() { e } else { e.signum() };
            (e.abs(), sign)
        })
    }

    fn huber<F: Scalar>(bound: F, y: &[F], t: &[F], delta: &mut [F]) -> F {
        let half = F::cast(0.5);
        mean_of_errors(y, t, delta, |e| {
            if e.abs() <= bound {
                (half * e * e, e)
            } else {
                (bound * (e.abs() - half * bound), bound * e.signum())
            }
        })
    }
}

fn takes(outputs: usize) -> String {
    plural(outputs, "finite value") + " a sample"
}

impl<F: Scalar> Loss<F> for MeanSquaredError {
    fn name(&self) -> &'static str {
        "MeanSquaredError"
    }

    fn sample(&self, y: &[F], t: TargetRow<'_, F>, delta: &mut [F]) -> F {
        squared(y, values(t), delta)
    }

    fn takes(&self, outputs: usize) -> String {
        takes(outputs)
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        is_finite(target, outputs)
    }
}

impl<F: Scalar> Loss<F> for MeanAbsoluteError {
    fn name(&self) -> &'static str {
        "MeanAbsoluteError"
    }

    fn sample(&self, y: &[F], t: TargetRow<'_, F>, delta: &mut [F]) -> F {
        absolute(y, values(t), delta)
    }

    fn takes(&self, outputs: usize) -> String {
        takes(outputs)
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        is_finite(target, outputs)
    }
}

impl<F: Scalar> Loss<F> for Huber {
    fn name(&self) -> &'static str {
        "Huber"
    }

    fn sample(&self, y: &[F], t: TargetRow<'_, F>, delta: &mut [F]) -> F {
        huber(F::cast(self.delta), y, values(t), delta)
    }

    fn takes(&self, outputs: usize) -> String {
        takes(outputs)
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        is_finite(target, outputs)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::require(
            self.delta > 0.0 && self.delta.is_finite(),
            "Huber delta",
            self.delta,
            "positive and finite",
        )
    }
}
