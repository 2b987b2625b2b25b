//! Penalties and clipping, which go with any rule.

use super::{
    AdaGrad, Adam, AdamW, Elements, RmsProp, Rule, Sgd, require_not_negative, require_positive,
};
use crate::{ConfigError, Scalar};

/// What is done to gradients before a rule sees them: by default nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Adjustments {
    pub(super) l1: f64,
    pub(super) l2: f64,
    pub(super) clip_value: Option<f64>,
    pub(super) clip_norm: Option<f64>,
}

/// A rule with weight penalties and gradient clipping. A step does, in this order:
///
/// 1. clip each gradient to ±[`clip_value`](Self::clip_value),
/// 2. scale all of them so that their norm is at most [`clip_norm`](Self::clip_norm),
/// 3. add the gradients of the penalties [`l1`](Self::l1) and [`l2`](Self::l2) to those of kernels,
/// 4. apply the rule.
///
/// Every rule of this crate has these setters itself; a rule of your own gets them by [`new`](Self::new).
///
/// ```
/// use dl_nn::optim::{Adjusted, Adam, Optimizer};
///
/// let penalised: Adjusted<Adam> = Adam::new(1e-3).l2(1e-4).clip_norm(1.0);
/// assert_eq!(penalised, Adjusted::new(Adam::new(1e-3)).l2(1e-4).clip_norm(1.0));
///
/// let error = Optimizer::<f32>::new(Adam::new(1e-3).l2(-1.0)).unwrap_err();
/// assert_eq!(error.to_string(), "Adam l2 is -1, but must be finite and at least 0");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjusted<R> {
    rule: R,
    adjustments: Adjustments,
}

impl<R> Adjusted<R> {
    /// A rule that is still as it was.
    pub fn new(rule: R) -> Self {
        Self {
            rule,
            adjustments: Adjustments::default(),
        }
    }

    /// Adds the penalty `λ Σ|w|` over kernels, λ at least 0, to the loss (Goodfellow et al. §7.1.2): its
    /// gradient is `λ sign(w)`, 0 at 0.
    pub fn l1(mut self, lambda: f64) -> Self {
        self.adjustments.l1 = lambda;
        self
    }

    /// Adds the penalty `λ/2 Σw²` over kernels, λ at least 0, to the loss (Goodfellow et al. §7.1.1, eq. 7.2):
    /// its gradient is `λ w`. PyTorch calls λ `weight_decay`; Keras's `l2(λ)` has no ½, so is
    /// `2λ` here.
    pub fn l2(mut self, lambda: f64) -> Self {
        self.adjustments.l2 = lambda;
        self
    }

    /// Clips every gradient to `[-bound, bound]`, a positive bound.
    pub fn clip_value(mut self, bound: f64) -> Self {
        self.adjustments.clip_value = Some(bound);
        self
    }

    /// Scales the gradients of all parameters by `min(1, bound / (‖g‖ + 1e-6))`, where ‖g‖ is
    /// the Euclidean norm of all of them together, and the bound positive.
    ///
    /// Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks"
    /// (2013), algorithm 1; Goodfellow et al. eq. 10.48–10.49. The 1e-6 is PyTorch's.
    pub fn clip_norm(mut self, bound: f64) -> Self {
        self.adjustments.clip_norm = Some(bound);
        self
    }

    /// The rule itself.
    pub fn rule(&self) -> &R {
        &self.rule
    }
}

impl<F: Scalar, R: Rule<F>> Rule<F> for Adjusted<R> {
    fn name(&self) -> &'static str {
        self.rule.name()
    }

    fn learning_rate(&self) -> f64 {
        self.rule.learning_rate()
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.rule.validate()?;
        let (name, adjustments) = (self.rule.name(), &self.adjustments);
        require_not_negative(&format!("{name} l1"), adjustments.l1)?;
        require_not_negative(&format!("{name} l2"), adjustments.l2)?;
        if let Some(bound) = adjustments.clip_value {
            require_positive(&format!("{name} clip_value"), bound)?;
        }
        if let Some(bound) = adjustments.clip_norm {
            require_positive(&format!("{name} clip_norm"), bound)?;
        }
        Ok(())
    }

    fn slots(&self) -> &'static [&'static str] {
        self.rule.slots()
    }

    fn adjustments(&self) -> Adjustments {
        self.adjustments
    }

    fn update(&self, t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
        self.rule.update(t, learning_rate, elements);
    }
}

macro_rules! setters {
    ($($rule:ty)*) => {$(
        impl $rule {
            /// With the penalty `λ Σ|w|` on kernels: [`Adjusted::l1`].
            pub fn l1(self, lambda: f64) -> Adjusted<Self> {
                Adjusted::new(self).l1(lambda)
            }

            /// With the penalty `λ/2 Σw²` on kernels: [`Adjusted::l2`].
            pub fn l2(self, lambda: f64) -> Adjusted<Self> {
                Adjusted::new(self).l2(lambda)
            }

            /// With every gradient clipped to `[-bound, bound]`: [`Adjusted::clip_value`].
            pub fn clip_value(self, bound: f64) -> Adjusted<Self> {
                Adjusted::new(self).clip_value(bound)
            }

            /// With the norm of all gradients together at most `bound`: [`Adjusted::clip_norm`].
            pub fn clip_norm(self, bound: f64) -> Adjusted<Self> {
                Adjusted::new(self).clip_norm(bound)
            }
        }
    )*};
}

setters!(Sgd AdaGrad RmsProp Adam AdamW);
