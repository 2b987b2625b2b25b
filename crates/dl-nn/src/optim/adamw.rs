//! Adam with weight decay apart from the gradient.

use serde::{Deserialize, Serialize};

use super::{Adam, Elements, Rule, require_not_negative};
use crate::{ConfigError, Scalar};

/// AdamW: kernels shrink by a fixed share each step, untouched by Adam's scaling.
///
/// ```text
/// w ← w − η λ w                   kernels only
/// w ← w − η m̂ / (√v̂ + ε)          as Adam
/// ```
///
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), algorithm 2, with the
/// decay scaled by the learning rate as in PyTorch. An L2 penalty
/// ([`Adam::l2`]) goes through Adam's scaling instead, and so decays
/// weights with large gradients less. λ is 0.01 unless set; the others are Adam's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamW {
    adam: Adam,
    weight_decay: f64,
}

impl AdamW {
    /// AdamW with learning rate η, positive; 0.001 is usual.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            adam: Adam::new(learning_rate),
            weight_decay: 0.01,
        }
    }

    /// The decay rate β₁ of the mean gradient, in `[0, 1)`.
    pub fn beta1(self, beta1: f64) -> Self {
        let adam = self.adam.beta1(beta1);
        Self { adam, ..self }
    }

    /// The decay rate β₂ of the mean squared gradient, in `[0, 1)`.
    pub fn beta2(self, beta2: f64) -> Self {
        let adam = self.adam.beta2(beta2);
        Self { adam, ..self }
    }

    /// The ε added to the root, positive.
    pub fn epsilon(self, epsilon: f64) -> Self {
        let adam = self.adam.epsilon(epsilon);
        Self { adam, ..self }
    }

    /// The weight decay λ, at least 0.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self {
            weight_decay,
            ..self
        }
    }
}

impl<F: Scalar> Rule<F> for AdamW {
    fn name(&self) -> &'static str {
        "AdamW"
    }

    fn learning_rate(&self) -> f64 {
        Rule::<F>::learning_rate(&self.adam)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.adam.validate_as("AdamW")?;
        require_not_negative("AdamW weight_decay", self.weight_decay)
    }

    fn slots(&self) -> &'static [&'static str] {
        Rule::<F>::slots(&self.adam)
    }

    fn update(&self, t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
        let elements = elements.shrink_kernels(1.0 - learning_rate * self.weight_decay);
        self.adam.update(t, learning_rate, elements);
    }
}
