//! A learning rate per weight from the sum of its squared gradients.

use dl_core::instantiate;
use serde::{Deserialize, Serialize};

use super::{Elements, Rule, require_learning_rate, require_positive};
use crate::{ConfigError, Scalar};

/// AdaGrad: steps shrink where gradients have been large.
///
/// ```text
/// s ← s + g²
/// w ← w − η g / (√s + ε)
/// ```
///
/// Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
/// Optimization", JMLR 12 (2011), the diagonal form (§1.1); Goodfellow et al. algorithm 8.4.
/// ε is 1e-10 unless set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaGrad {
    learning_rate: f64,
    epsilon: f64,
}

impl AdaGrad {
    /// AdaGrad with learning rate η, positive; 0.01 is usual.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            epsilon: 1e-10,
        }
    }

    /// The ε added to the root, positive.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }
}

instantiate! {
    fn update<F: Scalar>(rule: &AdaGrad, learning_rate: f64, elements: Elements<'_, '_, F>) {
        let [eta, epsilon] = [learning_rate, rule.epsilon].map(F::cast);
        elements.for_each(
            #[inline(always)]
            move |w, g, [s]| {
                *s += g * g;
                *w -= eta * g / (s.sqrt() + epsilon);
            },
        );
    }
}

impl<F: Scalar> Rule<F> for AdaGrad {
    fn name(&self) -> &'static str {
        "AdaGrad"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<(), ConfigError> {
        require_learning_rate("AdaGrad", self.learning_rate)?;
        require_positive("AdaGrad epsilon", self.epsilon)
    }

    fn slots(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn update(&self, _t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
        update(self, learning_rate, elements);
    }
}
