//! What an optimiser remembers, as plain data that can be saved.

use dl_core::memory::OutOfMemory;
use dl_core::text::shown;
use serde::{Deserialize, Serialize};

/// An optimiser's memory: enough to go on after a restart as if there had been none.
///
/// Saving must keep every bit for the continuation to be bit-equal: with `serde_json` that takes
/// its `float_roundtrip` feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerState<F> {
    /// The name of the rule it belongs to.
    pub rule: String,
    /// The names of the slots each parameter has.
    pub slots: Vec<String>,
    /// Steps taken.
    pub step: u64,
    /// One entry a parameter, in the model's order; empty before the first step.
    pub parameters: Vec<ParameterState<F>>,
}

/// One parameter's state arrays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterState<F> {
    /// The parameter's dotted name: `dense_1.kernel`.
    pub name: String,
    /// The arrays in the order of [`OptimizerState::slots`], each of the parameter's length.
    pub slots: Vec<Vec<F>>,
}

/// Parameters, gradients or a saved state that do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The saved state is another rule's.
    #[error("the optimiser is {expected}, but the state is of {found}", found = shown(found))]
    Rule {
        /// The state's rule.
        found: String,
        /// The optimiser's rule.
        expected: &'static str,
    },
    /// The saved state is that of the same rule with other options.
    #[error("{rule} keeps the slots {expected:?} with these options, but the state has {found:?}")]
    Slots {
        /// The rule.
        rule: &'static str,
        /// The state's slots.
        found: Vec<String>,
        /// The optimiser's slots.
        expected: &'static [&'static str],
    },
    /// A parameter's entry holds the wrong number of arrays.
    #[error(
        "the state of `{name}` has {found} slots, but must have {expected}",
        name = shown(name)
    )]
    SlotCount {
        /// The parameter.
        name: String,
        /// Arrays in its entry.
        found: usize,
        /// Arrays the rule has.
        expected: usize,
    },
    /// The model has another number of trained parameters than the state.
    #[error(
        "{found} parameters were given, but the optimiser's state has {expected}; if layers have been frozen or \
         unfrozen since, reset the optimiser"
    )]
    Count {
        /// Parameters given.
        found: usize,
        /// Parameters in the state.
        expected: usize,
    },
    /// Another parameter stands at this place.
    #[error(
        "parameter {position} is `{found}`, but the optimiser's state has `{expected}` there",
        found = shown(found), expected = shown(expected)
    )]
    Name {
        /// Place in the model's order, from 0.
        position: usize,
        /// The parameter given.
        found: String,
        /// The parameter in the state.
        expected: String,
    },
    /// The parameter has another length than its state.
    #[error(
        "`{name}` has {found} values, but its `{slot}` in the optimiser's state has {expected}",
        name = shown(name)
    )]
    Length {
        /// The parameter.
        name: String,
        /// The slot.
        slot: &'static str,
        /// The parameter's length.
        found: usize,
        /// The slot's length.
        expected: usize,
    },
    /// The parameter has another length than its gradient.
    #[error("`{name}` has {expected} values, but its gradient has {found}", name = shown(name))]
    Gradient {
        /// The parameter.
        name: String,
        /// The gradient's length.
        found: usize,
        /// The parameter's length.
        expected: usize,
    },
    /// There is no memory for the state.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}
