//! The Bernoulli distribution.

use dl_core::special::{sigmoid, softplus};
use dl_core::{Scalar, instantiate};

use super::Loss;
use crate::activation::Activation;
use crate::target::TargetRow;

/// ℓ = 1/d Σᵢ −tᵢ ln σ(zᵢ) − (1 − tᵢ) ln(1 − σ(zᵢ)) = 1/d Σᵢ softplus(zᵢ) − tᵢ zᵢ, from the
/// logits z: the negative log-likelihood of Bernoulli(σ(z)) (Goodfellow et al. 2016, section
/// 6.2.2.2). ∂ℓ/∂zᵢ = (σ(zᵢ) − tᵢ)/d.
///
/// Targets are d probabilities in `[0, 1]`, or, with one output, class 0 or 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BinaryCrossEntropy;

instantiate! {
    fn sample<F: Scalar>(z: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        let d = F::of(z.len() as f64);
        let t = |i: usize| match target {
            TargetRow::Class(class) => F::of(class as f64),
            TargetRow::Values(values) => values[i],
        };
        let mut sum = F::zero();
        for (i, &z) in z.iter().enumerate() {
            sum += softplus(z) - t(i) * z;
            delta[i] = (sigmoid(z) - t(i)) / d;
        }
        sum / d
    }
}

impl<F: Scalar> Loss<F> for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "BinaryCrossEntropy"
    }

    fn sample(&self, z: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        sample(z, target, delta)
    }

    fn takes(&self, outputs: usize) -> String {
        match outputs {
            1 => "class 0 or 1, or a probability in [0, 1]".into(),
            _ => format!("{outputs} probabilities in [0, 1] a sample"),
        }
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        match target {
            TargetRow::Class(class) => outputs == 1 && class <= 1,
            TargetRow::Values(values) => {
                let unit = F::zero()..=F::one();
                values.len() == outputs && values.iter().all(|t| unit.contains(t))
            }
        }
    }

    fn link(&self) -> Activation {
        Activation::Sigmoid
    }
}
