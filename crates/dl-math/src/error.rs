//! Errors of this crate.

use ndarray::{ArrayRef, Dimension};

use crate::Scalar;
use dl_core::memory::OutOfMemory;
use dl_core::sum::sum_terms;

/// An invalid argument.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MathError {
    /// An array is empty.
    #[error("{what} is empty, but must have at least one entry")]
    Empty {
        /// The argument.
        what: &'static str,
    },
    /// A number is outside its range.
    #[error("{what} is {value}, but must be {allowed}")]
    Parameter {
        /// The argument.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The allowed values.
        allowed: String,
    },
    /// An entry of an array is outside its range.
    #[error("{what}{index:?} is {value}, but must be {allowed}")]
    Entry {
        /// The argument.
        what: &'static str,
        /// The entry's index, one per axis.
        index: Vec<usize>,
        /// Its value.
        value: f64,
        /// The allowed values.
        allowed: String,
    },
    /// Probabilities do not sum to 1.
    #[error("{what} sums to {sum}, but must sum to 1")]
    Sum {
        /// The argument.
        what: String,
        /// Its sum.
        sum: f64,
    },
    /// Every outcome has probability 0.
    #[error("all {what} are -inf, but at least one must be finite")]
    Impossible {
        /// The argument.
        what: &'static str,
    },
    /// An array's shape does not match the other arguments.
    #[error("{what} has shape {found:?}, but must have shape {expected:?}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// Its shape.
        found: Vec<usize>,
        /// The shape it must have.
        expected: Vec<usize>,
    },
    /// There are fewer rows than unknowns.
    #[error("{what} has {rows} rows, but at least {needed} are needed")]
    TooFewRows {
        /// The argument.
        what: &'static str,
        /// Its rows.
        rows: usize,
        /// The minimum number of rows.
        needed: usize,
    },
    /// A feature is linearly dependent on those before it, so its weight is not determined.
    #[error(
        "column {column} of x is a linear combination of the constant and the columns before it, \
         so the weights are not unique"
    )]
    DependentColumn {
        /// The column.
        column: usize,
    },
    /// The likelihood of a normal distribution is unbounded.
    #[error(
        "{what} does not vary: the maximum-likelihood variance is 0, for which there is no density"
    )]
    NoVariance {
        /// The constant quantity.
        what: String,
    },
    /// There is not enough memory.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// A conditional probability given an event of probability 0.
    #[error("cannot condition on {event}, which has probability 0")]
    ZeroProbability {
        /// The event.
        event: String,
    },
}

pub(crate) fn parameter<F: Scalar>(
    what: &'static str,
    value: F,
    allowed: &str,
    ok: bool,
) -> Result<(), MathError> {
    if ok {
        return Ok(());
    }
    Err(MathError::Parameter {
        what,
        value: value.as_f64(),
        allowed: allowed.to_owned(),
    })
}

/// Checks that every entry satisfies `ok`.
pub(crate) fn entries<F: Scalar, D: Dimension>(
    what: &'static str,
    x: &ArrayRef<F, D>,
    allowed: &str,
    ok: impl Fn(F) -> bool,
) -> Result<(), MathError> {
    let x = x.view().into_dyn();
    match x.indexed_iter().find(|&(_, &x)| !ok(x)) {
        None => Ok(()),
        Some((index, value)) => Err(MathError::Entry {
            what,
            index: index.as_array_view().to_vec(),
            value: value.as_f64(),
            allowed: allowed.to_owned(),
        }),
    }
}

pub(crate) fn finite<F: Scalar, D: Dimension>(
    what: &'static str,
    x: &ArrayRef<F, D>,
) -> Result<(), MathError> {
    entries(what, x, "finite", F::is_finite)
}

/// Checks that every label is one of 0 … classes − 1.
pub(crate) fn labels<D: Dimension>(
    what: &'static str,
    labels: &ArrayRef<usize, D>,
    classes: usize,
) -> Result<(), MathError> {
    let labels = labels.view().into_dyn();
    match labels.indexed_iter().find(|&(_, &label)| label >= classes) {
        None => Ok(()),
        Some((index, &label)) => Err(MathError::Entry {
            what,
            index: index.as_array_view().to_vec(),
            value: label as f64,
            allowed: format!("less than {classes}"),
        }),
    }
}

pub(crate) fn shape(
    what: &'static str,
    found: &[usize],
    expected: &[usize],
) -> Result<(), MathError> {
    if found == expected {
        return Ok(());
    }
    Err(MathError::Shape {
        what,
        found: found.to_vec(),
        expected: expected.to_vec(),
    })
}

pub(crate) fn non_empty<A, D: Dimension>(
    what: &'static str,
    x: &ArrayRef<A, D>,
) -> Result<(), MathError> {
    if x.is_empty() {
        Err(MathError::Empty { what })
    } else {
        Ok(())
    }
}

pub(crate) const NON_NEGATIVE: &str = "finite and not negative";

pub(crate) fn non_negative<F: Scalar>(x: F) -> bool {
    x.is_finite() && x >= F::zero()
}

/// Checks the sum up to rounding: within √ε, about 3·10⁻⁴ in `f32` and 10⁻⁸ in `f64`.
pub(crate) fn sums_to_one<F: Scalar>(what: impl Fn() -> String, sum: F) -> Result<(), MathError> {
    if (sum - F::one()).abs() <= F::epsilon().sqrt() {
        return Ok(());
    }
    Err(MathError::Sum {
        what: what(),
        sum: sum.as_f64(),
    })
}

/// Checks that there is at least one entry, and that all are finite, not negative, and sum to 1.
pub(crate) fn probabilities<F: Scalar, D: Dimension>(
    what: &'static str,
    p: &ArrayRef<F, D>,
) -> Result<(), MathError> {
    non_empty(what, p)?;
    entries(what, p, NON_NEGATIVE, non_negative)?;
    sums_to_one(|| what.to_owned(), sum_terms(p.iter().copied()))
}
