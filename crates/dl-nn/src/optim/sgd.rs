//! Gradient descent with momentum.

use dl_core::instantiate;
use serde::{Deserialize, Serialize};

use super::{Elements, Rule, require_below_one, require_learning_rate};
use crate::{ConfigError, Scalar};

/// Stochastic gradient descent, with momentum and Nesterov's variant of it as options.
///
/// ```text
/// plain      w ← w − η g
/// momentum   b ← μ b + g,   w ← w − η b
/// Nesterov   b ← μ b + g,   w ← w − η (g + μ b)
/// ```
///
/// Momentum: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964);
/// Goodfellow et al. §8.3.2, eq. 8.15–8.16. Nesterov: Sutskever et al., "On the importance of
/// initialization and momentum in deep learning" (2013), eq. 3–4, in PyTorch's form, which
/// evaluates the gradient at the point it keeps. As in PyTorch the learning rate multiplies the
/// velocity `b` when it is used, so a schedule acts at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    nesterov: bool,
}

impl Sgd {
    /// Plain gradient descent with learning rate η, positive.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            momentum: 0.0,
            nesterov: false,
        }
    }

    /// The momentum μ in `[0, 1)`; 0.9 is usual.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Nesterov's momentum instead of Polyak's; needs a momentum above 0.
    pub fn nesterov(self, nesterov: bool) -> Self {
        Self { nesterov, ..self }
    }
}

instantiate! {
    fn update<F: Scalar>(rule: &Sgd, learning_rate: f64, elements: Elements<'_, '_, F>) {
        let [eta, mu] = [learning_rate, rule.momentum].map(F::cast);
        if rule.momentum == 0.0 {
            elements.for_each(
                #[inline(always)]
                move |w, g, []| *w -= eta * g,
            );
        } else if rule.nesterov {
            elements.for_each(
                #[inline(always)]
                move |w, g, [b]| {
                    *b = mu * *b + g;
                    *w -= eta * (g + mu * *b);
                },
            );
        } else {
            elements.for_each(
                #[inline(always)]
                move |w, g, [b]| {
                    *b = mu * *b + g;
                    *w -= eta * *b;
                },
            );
        }
    }
}

impl<F: Scalar> Rule<F> for Sgd {
    fn name(&self) -> &'static str {
        "Sgd"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<(), ConfigError> {
        require_learning_rate("Sgd", self.learning_rate)?;
        require_below_one("Sgd momentum", self.momentum)?;
        ConfigError::require(
            !self.nesterov || self.momentum > 0.0,
            "Sgd nesterov",
            self.nesterov,
            "false where momentum is 0",
        )
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.momentum > 0.0 {
            &["velocity"]
        } else {
            &[]
        }
    }

    fn update(&self, _t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
        update(self, learning_rate, elements);
    }
}
