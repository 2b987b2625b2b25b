//! What all rules share: their state, and what is done to gradients before they see them.

use std::sync::Arc;

use dl_core::instantiate;
use dl_core::memory::{OutOfMemory, filled};
use dl_core::simd::arch;
use pulp::Arch;

use super::elements::Adjust;
use super::norm::sum_of_squares;
use super::{Adjustments, Elements, OptimizerState, Parameter, ParameterState, Rule, StateError};
use crate::{ConfigError, Scalar};

/// A [`Rule`] with its state.
///
/// ```
/// use dl_nn::optim::{Optimizer, Sgd};
///
/// let sgd = Sgd::new(0.1).momentum(0.9).nesterov(true).l2(1e-4).clip_norm(1.0);
/// let optimizer = Optimizer::<f32>::new(sgd)?;
/// assert_eq!(optimizer.learning_rate(), 0.1);
///
/// let error = Optimizer::<f32>::new(Sgd::new(-0.1)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "Sgd learning_rate is -0.1, but must be positive and finite",
/// );
/// # Ok::<(), dl_nn::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Optimizer<F> {
    rule: Arc<dyn Rule<F>>,
    adjustments: Adjustments,
    state: OptimizerState<F>,
    arch: Arch,
}

impl<F: Scalar> Optimizer<F> {
    /// An optimiser that has taken no step.
    ///
    /// # Errors
    /// If an option of the rule is outside its range.
    pub fn new(rule: impl Rule<F> + 'static) -> Result<Self, ConfigError> {
        rule.validate()?;
        Ok(Self {
            state: OptimizerState {
                rule: rule.name().to_owned(),
                slots: rule.slots().iter().map(|&slot| slot.to_owned()).collect(),
                step: 0,
                parameters: Vec::new(),
            },
            adjustments: rule.adjustments(),
            rule: Arc::new(rule),
            arch: arch(),
        })
    }

    /// The rule's name.
    pub fn name(&self) -> &'static str {
        self.rule.name()
    }

    /// The rule's base learning rate.
    pub fn learning_rate(&self) -> f64 {
        self.rule.learning_rate()
    }

    /// One step at `learning_rate_factor` times the base learning rate, for all parameters of a
    /// model, every time in the same order.
    ///
    /// The first step makes the state; later ones allocate nothing.
    ///
    /// # Errors
    /// If a gradient's length is not its parameter's, or the parameters are not those of the
    /// earlier steps or of the loaded state, or there is no memory for the state of a first step;
    /// nothing has changed then.
    pub fn step(
        &mut self,
        parameters: &mut [Parameter<'_, F>],
        learning_rate_factor: f64,
    ) -> Result<(), StateError> {
        step(self, parameters, learning_rate_factor)
    }

    fn update(
        &mut self,
        parameters: &mut [Parameter<'_, F>],
        learning_rate_factor: f64,
    ) -> Result<(), StateError> {
        if self.state.step == 0 && self.state.parameters.is_empty() {
            let entries = parameters.iter().map(|p| self.initial_state(p));
            self.state.parameters = entries.collect::<Result<_, _>>()?;
        }
        self.check(parameters)?;

        let adjust = Adjust {
            clip_value: self.clip_value(),
            scale: F::cast(self.norm_scale(parameters)),
            l1: F::cast(self.adjustments.l1),
            l2: F::cast(self.adjustments.l2),
            shrink: F::one(),
        };
        self.state.step = self.state.step.saturating_add(1);
        let learning_rate = self.rule.learning_rate() * learning_rate_factor;
        let mut states = &mut self.state.parameters[..];
        for parameters in parameters.chunk_by_mut(|a, b| a.rate == b.rate) {
            let rate = parameters[0].rate;
            let (own, rest) = std::mem::take(&mut states).split_at_mut(parameters.len());
            states = rest;
            let elements = Elements {
                parameters,
                states: own,
                adjust,
                arch: self.arch,
            };
            self.rule
                .update(self.state.step, learning_rate * rate, elements);
        }
        Ok(())
    }

    /// Forgets all steps, as if it had taken none.
    pub fn reset(&mut self) {
        self.state.step = 0;
        self.state.parameters.clear();
    }

    /// What the optimiser remembers.
    pub fn state(&self) -> &OptimizerState<F> {
        &self.state
    }

    /// Goes on from a saved state. Whether it fits the model is checked by the next
    /// [`step`](Self::step), which sees the parameters.
    ///
    /// # Errors
    /// If the state is of another rule or has other slots; the optimiser has not changed then.
    pub fn load_state(&mut self, state: OptimizerState<F>) -> Result<(), StateError> {
        load_state(self, state)
    }

    fn take_state(&mut self, state: OptimizerState<F>) -> Result<(), StateError> {
        let expected = self.rule.slots();
        if state.rule != self.rule.name() {
            return Err(StateError::Rule {
                found: state.rule,
                expected: self.rule.name(),
            });
        }
        if state.slots != expected {
            return Err(StateError::Slots {
                rule: self.rule.name(),
                found: state.slots,
                expected,
            });
        }
        for entry in &state.parameters {
            if entry.slots.len() != expected.len() {
                return Err(StateError::SlotCount {
                    name: entry.name.clone(),
                    found: entry.slots.len(),
                    expected: expected.len(),
                });
            }
        }
        self.state = state;
        Ok(())
    }

    /// Checks that the state is these parameters', or that there is none yet.
    pub(crate) fn check_state(&self, parameters: &[Parameter<'_, F>]) -> Result<(), StateError> {
        if self.state.step == 0 && self.state.parameters.is_empty() {
            return Ok(());
        }
        self.check(parameters)
    }

    fn initial_state(
        &self,
        parameter: &Parameter<'_, F>,
    ) -> Result<ParameterState<F>, OutOfMemory> {
        let slots = self.rule.slots().iter();
        let slots = slots.map(|_| filled(parameter.value.len(), F::zero));
        Ok(ParameterState {
            name: parameter.name.to_owned(),
            slots: slots.collect::<Result<_, _>>()?,
        })
    }

    /// The bound of a gradient's magnitude.
    fn clip_value(&self) -> F {
        self.adjustments.clip_value.map_or(F::infinity(), F::cast)
    }

    /// The factor that brings the norm of all gradients within its bound.
    fn norm_scale(&self, parameters: &[Parameter<'_, F>]) -> f64 {
        let Some(bound) = self.adjustments.clip_norm else {
            return 1.0;
        };
        let clip_value = self.clip_value();
        let squares = parameters
            .iter()
            .map(|p| sum_of_squares(self.arch, p.grad, clip_value));
        let scale = bound / (squares.sum::<f64>().sqrt() + 1e-6);
        if scale > 1.0 { 1.0 } else { scale }
    }

    fn check(&self, parameters: &[Parameter<'_, F>]) -> Result<(), StateError> {
        let entries = &self.state.parameters;
        if parameters.len() != entries.len() {
            return Err(StateError::Count {
                found: parameters.len(),
                expected: entries.len(),
            });
        }
        for (position, (parameter, entry)) in parameters.iter().zip(entries).enumerate() {
            if parameter.name != entry.name {
                return Err(StateError::Name {
                    position,
                    found: parameter.name.to_owned(),
                    expected: entry.name.clone(),
                });
            }
            let len = parameter.value.len();
            if parameter.grad.len() != len {
                return Err(StateError::Gradient {
                    name: entry.name.clone(),
                    found: parameter.grad.len(),
                    expected: len,
                });
            }
            for (slot, values) in self.rule.slots().iter().zip(&entry.slots) {
                if values.len() != len {
                    return Err(StateError::Length {
                        name: entry.name.clone(),
                        slot,
                        found: len,
                        expected: values.len(),
                    });
                }
            }
        }
        Ok(())
    }
}

instantiate! {
    fn step<F: Scalar>(
        optimizer: &mut Optimizer<F>,
        parameters: &mut [Parameter<'_, F>],
        learning_rate_factor: f64,
    ) -> Result<(), StateError> {
        optimizer.update(parameters, learning_rate_factor)
    }

    fn load_state<F: Scalar>(
        optimizer: &mut Optimizer<F>,
        state: OptimizerState<F>,
    ) -> Result<(), StateError> {
        optimizer.take_state(state)
    }
}
