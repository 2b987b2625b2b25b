//! Optimisers: how a gradient changes the parameters.
//!
//! A [`Rule`] is one update formula ([`Sgd`], [`AdaGrad`], [`RmsProp`], [`Adam`], [`AdamW`]).
//! Everything the rules share is elsewhere: weight penalties and gradient clipping in [`Adjusted`], state, threads
//! and vector instructions in [`Optimizer`].
//!
//! ```
//! use dl_nn::optim::{Adam, Optimizer, Parameter};
//!
//! // Minimise (w − 3)², whose gradient is 2(w − 3).
//! let mut optimizer = Optimizer::<f64>::new(Adam::new(0.1))?;
//! let mut w = [0.0];
//! for _ in 0..300 {
//!     let grad = [2.0 * (w[0] - 3.0)];
//!     optimizer.step(&mut [Parameter::new("w", &mut w, &grad)], 1.0)?;
//! }
//! assert!((w[0] - 3.0).abs() <= 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adagrad;
mod adam;
mod adamw;
mod adjusted;
mod elements;
mod norm;
mod optimizer;
mod parameters;
mod rmsprop;
mod sgd;
mod state;

pub use adagrad::AdaGrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use adjusted::{Adjusted, Adjustments};
pub use elements::{Elements, Formula};
pub use optimizer::Optimizer;
pub use parameters::{Parameter, parameters};
pub use rmsprop::RmsProp;
pub use sgd::Sgd;
pub use state::{OptimizerState, ParameterState, StateError};

use std::fmt::Debug;

use crate::{ConfigError, Scalar};

/// One update rule: the formula that moves a parameter along its gradient.
///
/// A rule works element by element and keeps nothing itself: what it remembers from step to step
/// are the *slots*, arrays of the parameter's length that start at zero and are handed to it.
///
/// ```
/// use dl_nn::optim::{Elements, Rule};
/// use dl_nn::{ConfigError, Scalar};
///
/// /// w ← w − η sign(g)
/// #[derive(Debug)]
/// struct SignDescent(f64);
///
/// impl<F: Scalar> Rule<F> for SignDescent {
///     fn name(&self) -> &'static str {
///         "SignDescent"
///     }
///     fn learning_rate(&self) -> f64 {
///         self.0
///     }
///     fn validate(&self) -> Result<(), ConfigError> {
///         ConfigError::require(self.0 > 0.0, "SignDescent learning_rate", self.0, "> 0")
///     }
///     fn slots(&self) -> &'static [&'static str] {
///         &[]
///     }
///     fn update(&self, _t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
///         let eta = F::cast(learning_rate);
///         elements.for_each(#[inline(always)] move |w, g, []| *w -= eta * g.signum());
///     }
/// }
/// ```
pub trait Rule<F: Scalar>: Debug + Send + Sync {
    /// The rule's name in errors and saved states.
    fn name(&self) -> &'static str;

    /// The base learning rate η, which a schedule multiplies.
    fn learning_rate(&self) -> f64;

    /// Whether every option is in its allowed range; the error names the first that is not.
    fn validate(&self) -> Result<(), ConfigError>;

    /// The names of the state arrays each parameter needs: Adam's are `["m", "v"]`.
    fn slots(&self) -> &'static [&'static str];

    /// What is done to gradients before the rule sees them; [`Adjusted`] sets it for any rule.
    fn adjustments(&self) -> Adjustments {
        Adjustments::default()
    }

    /// Step `t` (the first is 1) at a learning rate: works out the step's constants, then calls
    /// [`Elements::for_each`] once with the formula. Called once for each run of parameters that have one rate
    /// ([`Model::layer_rate`](crate::Model::layer_rate)), with the same `t`.
    fn update(&self, t: u64, learning_rate: f64, elements: Elements<'_, '_, F>);
}

impl<F: Scalar, R: Rule<F> + ?Sized> Rule<F> for Box<R> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn learning_rate(&self) -> f64 {
        (**self).learning_rate()
    }

    fn validate(&self) -> Result<(), ConfigError> {
        (**self).validate()
    }

    fn slots(&self) -> &'static [&'static str] {
        (**self).slots()
    }

    fn adjustments(&self) -> Adjustments {
        (**self).adjustments()
    }

    fn update(&self, t: u64, learning_rate: f64, elements: Elements<'_, '_, F>) {
        (**self).update(t, learning_rate, elements);
    }
}

fn require_learning_rate(rule: &str, value: f64) -> Result<(), ConfigError> {
    require_positive(&format!("{rule} learning_rate"), value)
}

fn require_positive(parameter: &str, value: f64) -> Result<(), ConfigError> {
    let holds = value > 0.0 && value.is_finite();
    ConfigError::require(holds, parameter, value, "positive and finite")
}

fn require_not_negative(parameter: &str, value: f64) -> Result<(), ConfigError> {
    let holds = value >= 0.0 && value.is_finite();
    ConfigError::require(holds, parameter, value, "finite and at least 0")
}

/// For the decay rates of running means.
fn require_below_one(parameter: &str, value: f64) -> Result<(), ConfigError> {
    ConfigError::require((0.0..1.0).contains(&value), parameter, value, "in [0, 1)")
}
