//! A learning rate per weight from the running mean of its squared gradients.

use dl_core::instantiate;
use serde::{Deserialize, Serialize};

use super::{Elements, Rule, require_below_one, require_learning_rate, require_positive};
use crate::{ConfigError, Scalar};

/// RMSProp: AdaGrad that forgets, with momentum as an option.
///
/// ```text
/// v ← ρ v + (1 − ρ) g²                     from v = 0
/// plain      w ← w − η g / (√v + ε)
/// momentum   b ← μ b + g / (√v + ε),   w ← w − η b
/// ```
///
/// Tieleman and Hinton, "Lecture 6.5 — RMSProp", Coursera (2012); Goodfellow et al. algorithms
/// 8.5 and 8.6. ε stands outside the root, as in PyTorch. ρ is 0.99, ε 1e-8 and μ 0 unless set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsProp {
    learning_rate: f64,
    rho: f64,
    momentum: f64,
    epsilon: f64,
}

impl RmsProp {
    /// RMSProp with learning rate η, positive; 0.001 is usual.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            rho: 0.99,
            momentum: 0.0,
            epsilon: 1e-8,
        }
    }

    /// The decay rate ρ of the running mean, in `[0, 1)`; PyTorch calls it `alpha`.
    pub fn rho(self, rho: f64) -> Self {
        Self { rho, ..self }
    }

    /// The momentum μ, in `[0, 1)`.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// The ε added to the root, positive.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }
}

instantiate! {
    fn update<F: Scalar>(rule: &RmsProp, learning_rate: f64, elements: Elements<'_, '_, F>) {
        let [eta, mu, epsilon] = [learning_rate, rule.momentum, rule.epsilon].map(F::cast);
        let [rho, one_minus_rho] = [rule.rho, 1.0 - rule.rho].map(F::cast);
        if rule.momentum == 0.0 {
            elements.for_each(
                #[inline(always)]
                move |w, g, [v]| {
                    *v = rho * *v + one_minus_rho * g * g;
                    *w -= eta * g / (v.sqrt() + epsilon);
                },
            );
        } else {
            elements.for_each(
                #[inline(always)]
                move |w, g, [v, b]| {
                    *v = rho * *v + one_minus_rho * g * g;
                    *b = mu * *b + g / (v.sqrt() + epsilon);
                    *w -= eta * *b;
                },
            );
        }
    }
}

impl<F: Scalar> Rule<F> for RmsProp {
    fn name(&self) -> &'static str {
        "RmsProp"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<(), ConfigError> {
        require_learning_rate("RmsProp", self.learning_rate)?;
        require_below_one("RmsProp rho", self.rho)?;
        require_below_one("RmsProp momentum", self.momentum)?;
        require_positive("RmsProp epsilon", self.epsilon)
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.momentum > 0.0 {
            &["v", "velocity"]
        } else {
            &["v"]
        }
    }

    fn update(&self, _t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
        update(self, learning_rate, elements);
    }
}
