//! The categorical distribution.

use dl_core::{Scalar, instantiate};

use super::{Loss, is_distribution};
use crate::activation::Activation;
use crate::error::ConfigError;
use crate::target::TargetRow;

/// ℓ = −Σₖ tₖ ln softmax(z)ₖ = Σₖ tₖ (ln Σⱼ e^zⱼ − zₖ), from the logits z: the negative
/// log-likelihood of a categorical distribution (Goodfellow et al. 2016, section 6.2.2.3).
/// ∂ℓ/∂z = softmax(z) − t.
///
/// Targets are class numbers (t one-hot) or probabilities over the K classes. With label
/// smoothing ε (Szegedy et al. 2016, section 7), t becomes (1 − ε)·t + ε/K.
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
        let (m, log_sum) = softmax_into(z, delta);
        if let (TargetRow::Class(class), 0.0) = (target, loss.label_smoothing) {
            delta[class] -= F::one();
            return m - z[class] + log_sum;
        }
        let keep = F::of(1.0 - loss.label_smoothing);
        let spread = F::of(loss.label_smoothing / z.len() as f64);
        let mut value = F::zero();
        for (k, (delta, &z)) in delta.iter_mut().zip(z).enumerate() {
            let t = spread
                + match target {
                    TargetRow::Class(class) if class == k => keep,
                    TargetRow::Class(_) => F::zero(),
                    TargetRow::Values(values) => keep * values[k],
                };
            // 0 · ∞ would be NaN where a logit is −∞
            if t > F::zero() {
                value += t * (m - z + log_sum);
            }
            *delta -= t;
        }
        value
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

    fn link(&self) -> Activation {
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
/// other soft targets). ∂ℓ/∂z = softmax(z) − t.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KlDivergence;

instantiate! {
    /// [`KlDivergence`] of one sample.
    fn divergence<F: Scalar>(z: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        let (m, log_sum) = softmax_into(z, delta);
        match target {
            TargetRow::Class(class) => {
                delta[class] -= F::one();
                m - z[class] + log_sum
            }
            TargetRow::Values(t) => {
                let mut loss = F::zero();
                for ((&t, &z), delta) in t.iter().zip(z).zip(delta) {
                    if t > F::zero() {
                        loss += t * (t.ln() + (m - z + log_sum));
                    }
                    *delta -= t;
                }
                loss
            }
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

    fn link(&self) -> Activation {
        Activation::Softmax
    }
}

/// p = softmax(z); returns m = max z and ln Σⱼ e^(zⱼ − m). −ln pᵢ is (m − zᵢ) plus that, in this
/// order: beside a large m the logarithm would lose its digits.
fn softmax_into<F: Scalar>(z: &[F], p: &mut [F]) -> (F, F) {
    let m = z.iter().copied().fold(F::neg_infinity(), F::max);
    let mut sum = F::zero();
    for (p, &z) in p.iter_mut().zip(z) {
        *p = (z - m).exp();
        sum += *p;
    }
    let scale = sum.recip();
    for p in p {
        *p *= scale;
    }
    (m, sum.ln())
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
