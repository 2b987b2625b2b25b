//! The promises a layer can break.

use crate::error::ShapeError;
use crate::gradient_check::GradientError;

/// The promise a layer breaks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The layer refuses the input.
    #[error("the input: {0}")]
    Shape(#[from] ShapeError),
    /// A list and its mutable twin differ in number, names or shapes.
    #[error("{list}, position {index}: to be read {read}, to be changed {changed}")]
    List {
        /// `params` or `state`.
        list: &'static str,
        /// Position in the list.
        index: usize,
        /// What the list has there.
        read: String,
        /// What its mutable twin has there.
        changed: String,
    },
    /// Two parameters, or two arrays of the state, have one name.
    #[error("{list} has two arrays named `{name}`")]
    DuplicateName {
        /// `params` or `state`.
        list: &'static str,
        /// Their name.
        name: String,
    },
    /// An element differs from what it must equal.
    #[error("{array}{index:?} is {expected}, but {found} {condition}")]
    Different {
        /// `y`, `∂L/∂input` or `∂L/∂` and a parameter's name.
        array: String,
        /// Where in it; axis 0 of `y` and `∂L/∂input` counts samples.
        index: Vec<usize>,
        /// The element from fresh buffers and the whole batch.
        expected: f64,
        /// The other value.
        found: f64,
        /// The condition under which it was found.
        condition: String,
    },
    /// A gradient is wrong.
    #[error(transparent)]
    Gradient(#[from] GradientError),
    /// The machine refuses to start threads.
    #[error("cannot create a pool of {threads} threads: {reason}")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// The reason given.
        reason: String,
    },
}
