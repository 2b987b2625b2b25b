//! Adaptive moments.

use dl_core::instantiate;
use serde::{Deserialize, Serialize};

use super::{Elements, Rule, require_below_one, require_learning_rate, require_positive};
use crate::{ConfigError, Scalar};

/// Adam: momentum divided by the root of the running mean of squared gradients, both corrected
/// for starting at zero.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g          m̂ = m / (1 − β₁ᵗ)
/// v ← β₂ v + (1 − β₂) g²         v̂ = v / (1 − β₂ᵗ)
/// w ← w − η m̂ / (√v̂ + ε)
/// ```
///
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1; Goodfellow
/// et al. algorithm 8.7. β₁ is 0.9, β₂ 0.999 and ε 1e-8 unless set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
}

impl Adam {
    /// Adam with learning rate η, positive; 0.001 is usual.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }

    /// The decay rate β₁ of the mean gradient, in `[0, 1)`.
    pub fn beta1(self, beta1: f64) -> Self {
        Self { beta1, ..self }
    }

    /// The decay rate β₂ of the mean squared gradient, in `[0, 1)`.
    pub fn beta2(self, beta2: f64) -> Self {
        Self { beta2, ..self }
    }

    /// The ε added to the root, positive.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// The ranges of Adam's options, with errors in the name of `rule`.
    pub(super) fn validate_as(&self, rule: &str) -> Result<(), ConfigError> {
        require_learning_rate(rule, self.learning_rate)?;
        require_below_one(&format!("{rule} beta1"), self.beta1)?;
        require_below_one(&format!("{rule} beta2"), self.beta2)?;
        require_positive(&format!("{rule} epsilon"), self.epsilon)
    }
}

instantiate! {
    fn update<F: Scalar>(
        rule: &Adam,
        t: u64,
        learning_rate: f64,
        elements: Elements<'_, '_, F>,
    ) {
        let [eta, epsilon] = [learning_rate, rule.epsilon].map(F::cast);
        let [beta1, one_minus_beta1] = [rule.beta1, 1.0 - rule.beta1].map(F::cast);
        let [beta2, one_minus_beta2] = [rule.beta2, 1.0 - rule.beta2].map(F::cast);
        let [correction1, correction2] =
            [rule.beta1, rule.beta2].map(|beta| F::cast(1.0 / (1.0 - beta.powf(t as f64))));
        elements.for_each(
            #[inline(always)]
            move |w, g, [m, v]| {
                *m = beta1 * *m + one_minus_beta1 * g;
                *v = beta2 * *v + one_minus_beta2 * g * g;
                let m_hat = *m * correction1;
                let v_hat = *v * correction2;
                *w -= eta * m_hat / (v_hat.sqrt() + epsilon);
            },
        );
    }
}

impl<F: Scalar> Rule<F> for Adam {
    fn name(&self) -> &'static str {
        "Adam"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.validate_as("Adam")
    }

    fn slots(&self) -> &'static [&'static str] {
        &["m", "v"]
    }

    fn update(&self, t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
        update(self, t, learning_rate, elements);
    }
}
