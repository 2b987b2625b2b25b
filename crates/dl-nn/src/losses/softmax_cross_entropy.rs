//! The categorical distribution.

use dl_core::softmax::exponentials;
use dl_core::sum::{sum_of, sum_terms};
use dl_core::{Scalar, instantiate};

use super::{Loss, is_distribution};
use crate::activation::Activation;
use crate::error::ConfigError;
use crate::target::TargetRow;

/// ℓ = −Σₖ tₖ ln softmax(z)ₖ = Σₖ tₖ (ln Σⱼ e^zⱼ − zₖ), from the logits z: the negative
/// log-likelihood of a categorical distribution (Goodfellow et al. 2016, section 6.2.2.3).
/// ∂ℓ/∂z = Σₖ tₖ · softmax(z) − t, with Σₖ tₖ = 1.
///
/// Targets are class numbers (t one-hot) or probabilities over the K classes. These may sum to 1 only
/// nearly, by 10⁻⁴: value and gradient are then those of the sum above with the t that was given, as in
/// PyTorch.
///
/// With label smoothing ε (Szegedy et al. 2016, section 7), t becomes (1 − ε)·t + ε/K. Class weights
/// ([`Fit::class_weights`](crate::train::Fit::class_weights)) then multiply the whole of a sample's loss,
/// the part that is spread over the other classes too; PyTorch's `weight` multiplies that part by the
/// weights of those classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftmaxCrossEntropy {
    label_smoothing: f64,
}

impl SoftmaxCrossEntropy {
    /// Without label smoothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes ε in `[0, 1)` of each target's probability and spreads it over all classes.
    pub fn label_smoothing(mut self, epsilon: f64) -> Self {
        self.label_smoothing = epsilon;
        self
    }
}

instantiate! {
    /// [`SoftmaxCrossEntropy`] of one sample.
    fn cross_entropy<F: Scalar>(
        loss: &SoftmaxCrossEntropy,
        z: &[F],
        target: TargetRow<'_, F>,
        delta: &mut [F],
    ) -> F {
        if let (TargetRow::Class(class), 0.0) = (target, loss.label_smoothing) {
            return of_class(z, class, delta);
        }
        let keep = F::cast(1.0 - loss.label_smoothing);
        let spread = F::cast(loss.label_smoothing / z.len() as f64);
        of_distribution(
            z,
            |k| {
                spread
                    + match target {
                        TargetRow::Class(class) if class == k => keep,
                        TargetRow::Class(_) => F::zero(),
                        TargetRow::Values(values) => keep * values[k],
                    }
            },
            |_| F::zero(),
            delta,
        )
    }
}

impl<F: Scalar> Loss<F> for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        "SoftmaxCrossEntropy"
    }

    fn sample(&self, z: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        cross_entropy(self, z, target, delta)
    }

    fn takes(&self, outputs: usize) -> String {
        takes(outputs)
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        accepts(outputs, target)
    }

    fn inverse_link(&self) -> Activation {
        Activation::Softmax
    }

    fn validate(&self) -> Result<(), ConfigError> {
        ConfigError::require(
            (0.0..1.0).contains(&self.label_smoothing),
            "SoftmaxCrossEntropy label_smoothing",
            self.label_smoothing,
            "in [0, 1)",
        )
    }
}

/// ℓ = KL(t ‖ softmax(z)) = Σₖ tₖ (ln tₖ − ln softmax(z)ₖ), from the logits z: cross-entropy
/// less the target's own entropy, so that a perfect prediction costs 0 (for distillation and
/// other soft targets). ∂ℓ/∂z = Σₖ tₖ · softmax(z) − t, with Σₖ tₖ = 1, which may be so only nearly, as
/// in [`SoftmaxCrossEntropy`].
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct KlDivergence;

impl KlDivergence {
    /// The loss, which has no settings.
    pub fn new() -> Self {
        Self
    }
}

instantiate! {
    /// [`KlDivergence`] of one sample.
    fn divergence<F: Scalar>(z: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        match target {
            TargetRow::Class(class) => of_class(z, class, delta),
            TargetRow::Values(t) => of_distribution(z, |k| t[k], F::ln, delta),
        }
    }
}

impl<F: Scalar> Loss<F> for KlDivergence {
    fn name(&self) -> &'static str {
        "KlDivergence"
    }

    fn sample(&self, z: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        divergence(z, target, delta)
    }

    fn takes(&self, outputs: usize) -> String {
        takes(outputs)
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        accepts(outputs, target)
    }

    fn inverse_link(&self) -> Activation {
        Activation::Softmax
    }
}

/// −ln softmax(z)ₖ at k = `class`, and its gradient.
fn of_class<F: Scalar>(z: &[F], class: usize, delta: &mut [F]) -> F {
    let softmax = Softmax::write(z, delta);
    if class == softmax.largest {
        // p − 1, which would cancel
        delta[class] = -softmax.others;
    } else {
        delta[class] -= F::one();
    }
    softmax.cost(z[class])
}

/// Σₖ tₖ (extra(tₖ) − ln softmax(z)ₖ), and its gradient.
fn of_distribution<F: Scalar>(
    z: &[F],
    t: impl Fn(usize) -> F,
    extra: impl Fn(F) -> F,
    delta: &mut [F],
) -> F {
    let softmax = Softmax::write(z, delta);
    let total = sum_terms((0..z.len()).map(&t));
    let terms = z.iter().zip(delta).enumerate().map(|(k, (&z, delta))| {
        let t = t(k);
        *delta = total * *delta - t;
        // 0 · ∞ would be NaN where a logit is −∞
        if t > F::zero() {
            t * (extra(t) + softmax.cost(z))
        } else {
            F::zero()
        }
    });
    sum_terms(terms)
}

/// What is known of p = softmax(z).
struct Softmax<F> {
    /// m = max z.
    m: F,
    /// ln Σⱼ e^(zⱼ − m).
    log_sum: F,
    /// The first class with zₖ = m.
    largest: usize,
    /// Σ of all other pₖ: 1 − pₖ, though little be left of it.
    others: F,
}

impl<F: Scalar> Softmax<F> {
    fn write(z: &[F], p: &mut [F]) -> Self {
        let m = z.iter().copied().fold(F::neg_infinity(), F::max);
        let largest = z.iter().position(|&z| z == m && m.is_finite());
        exponentials(z, m, p);
        let others = match largest {
            // the largest's own e⁰ = 1 beside them would cost them their digits
            Some(k) => F::cast(sum_of(&p[..k], F::as_f64) + sum_of(&p[k + 1..], F::as_f64)),
            None => F::nan(),
        };
        let scale = (F::one() + others).recip();
        for p in p {
            *p *= scale;
        }
        Self {
            m,
            // the plain logarithm takes half as long, and is as exact here
            log_sum: match others >= F::cast(0.5) {
                true => (F::one() + others).ln(),
                false => others.ln_1p(),
            },
            largest: largest.unwrap_or(0),
            others: others * scale,
        }
    }

    /// −ln pₖ from zₖ, in this order: beside a large m the logarithm would lose its digits.
    fn cost(&self, z: F) -> F {
        (self.m - z) + self.log_sum
    }
}

fn takes(outputs: usize) -> String {
    match outputs {
        1 => "at least 2 outputs, one a class (for one output, BinaryCrossEntropy)".into(),
        _ => format!(
            "a class in 0..={}, or {outputs} probabilities that sum to 1",
            outputs - 1
        ),
    }
}

fn accepts<F: Scalar>(outputs: usize, target: TargetRow<'_, F>) -> bool {
    outputs > 1
        && match target {
            TargetRow::Class(class) => class < outputs,
            TargetRow::Values(values) => values.len() == outputs && is_distribution(values),
        }
}
