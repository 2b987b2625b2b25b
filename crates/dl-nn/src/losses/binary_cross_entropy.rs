//! The Bernoulli distribution.

use dl_core::special::{exp, ln_1p_unit, weighted};
use dl_core::{Scalar, instantiate};

use super::Loss;
use crate::activation::Activation;
use crate::error::ConfigError;
use crate::target::TargetRow;

/// ℓ = 1/d Σᵢ −tᵢ ln σ(zᵢ) − (1 − tᵢ) ln(1 − σ(zᵢ)) = 1/d Σᵢ tᵢ ζ(−zᵢ) + (1 − tᵢ) ζ(zᵢ), ζ the softplus
/// function, from the logits z: the negative log-likelihood of Bernoulli(σ(z)) (Goodfellow et al.
/// 2016, section 6.2.2.2). ∂ℓ/∂zᵢ = (σ(zᵢ) − tᵢ)/d = ((1 − tᵢ) σ(zᵢ) − tᵢ σ(−zᵢ))/d.
///
/// In these forms no term is negative, so that nothing cancels: a right answer costs the little that it
/// costs, however sure the network is.
///
/// Targets are d probabilities in `[0, 1]`, or, with one output, class 0 or 1.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BinaryCrossEntropy {
    pos_weight: Vec<f64>,
}

impl BinaryCrossEntropy {
    /// Every output counts alike, positive or negative.
    pub fn new() -> Self {
        Self::default()
    }

    /// Multiplies what positives cost, tᵢ ζ(−zᵢ), by a weight that is not negative: one for all outputs
    /// or one for each. The number of negatives by that of positives makes both count the same. PyTorch's
    /// `pos_weight`.
    pub fn pos_weight(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.pos_weight = weights.into();
        self
    }
}

instantiate! {
    fn sample<F: Scalar>(
        pos_weight: &[f64],
        z: &[F],
        target: TargetRow<'_, F>,
        delta: &mut [F],
    ) -> F {
        let d = F::cast(z.len() as f64);
        let (zero, one) = (F::zero(), F::one());
        let mut sum = 0.0;
        for (i, &z) in z.iter().enumerate() {
            let t = match target {
                TargetRow::Class(class) => F::cast(class as f64),
                TargetRow::Values(values) => values[i],
            };
            let weight = match pos_weight {
                [] => one,
                [weight] => F::cast(*weight),
                weights => F::cast(weights[i]),
            };
            let (positive, negative) = (weight * t, one - t);
            // ζ(z) = max(z, 0) + ln(1 + e), and σ(|z|) = 1/(1 + e)
            let e = exp(-z.abs());
            let larger = (one + e).recip();
            let smaller = e * larger;
            let [sigmoid, of_opposite] = match z >= zero {
                true => [larger, smaller],
                false => [smaller, larger],
            };
            let linear = weighted(positive, (-z).max(zero)) + weighted(negative, z.max(zero));
            sum += ((positive + negative) * ln_1p_unit(e) + linear).as_f64();
            delta[i] = (negative * sigmoid - positive * of_opposite) / d;
        }
        F::cast(sum / d.as_f64())
    }
}

impl<F: Scalar> Loss<F> for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "BinaryCrossEntropy"
    }

    fn sample(&self, z: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        sample(&self.pos_weight, z, target, delta)
    }

    fn takes(&self, outputs: usize) -> String {
        let weights = self.pos_weight.len();
        match outputs {
            _ if weights > 1 && weights != outputs => {
                format!("{weights} outputs, one for each of its pos_weight")
            }
            1 => "class 0 or 1, or a probability in [0, 1]".into(),
            _ => format!("{outputs} probabilities in [0, 1] a sample"),
        }
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        let weights = self.pos_weight.len();
        if weights > 1 && weights != outputs {
            return false;
        }
        match target {
            TargetRow::Class(class) => outputs == 1 && class <= 1,
            TargetRow::Values(values) => {
                let unit = F::zero()..=F::one();
                values.len() == outputs && values.iter().all(|t| unit.contains(t))
            }
        }
    }

    fn inverse_link(&self) -> Activation {
        Activation::Sigmoid
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = self
            .pos_weight
            .iter()
            .find(|w| !(**w >= 0.0 && w.is_finite()));
        let value = wrong.copied().unwrap_or_default();
        let allowed = "finite and not negative";
        ConfigError::require(
            wrong.is_none(),
            "BinaryCrossEntropy pos_weight",
            value,
            allowed,
        )
    }
}
