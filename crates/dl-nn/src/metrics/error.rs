//! What is wrong with the input of a measure.

/// Why a measure could not be computed. `what` is the parameter's name, as the function spells it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// An array has no entry.
    #[error("`{what}` is empty (shape {shape:?}), but a measure needs at least one sample")]
    Empty {
        /// The parameter.
        what: &'static str,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Two arrays differ in their number of samples.
    #[error("`{what}` has {found} samples, but `truth` has {expected}")]
    Length {
        /// The parameter.
        what: &'static str,
        /// Its number of samples.
        found: usize,
        /// The number of samples in `truth`.
        expected: usize,
    },
    /// A label is not below the number of classes.
    #[error("`{what}[{row}]` is {found}, but must be below the number of classes, {classes}")]
    Label {
        /// The parameter.
        what: &'static str,
        /// The sample.
        row: usize,
        /// The label.
        found: usize,
        /// The number of classes.
        classes: usize,
    },
    /// More classes than a confusion matrix is made for.
    #[error("got {found} classes, but a confusion matrix takes at most {limit}")]
    Classes {
        /// The number of classes.
        found: usize,
        /// The largest number allowed.
        limit: usize,
    },
    /// Logits of fewer than two classes.
    #[error("`logits` has {found} columns, one per class, but must have at least 2")]
    FewClasses {
        /// The number of classes.
        found: usize,
    },
    /// A temperature that logits cannot be divided by.
    #[error("temperature is {found}, but must be positive and finite")]
    Temperature {
        /// The value.
        found: f64,
    },
    /// A number is NaN or infinite.
    #[error("`{what}{index:?}` is {found}, but must be a finite number")]
    NotFinite {
        /// The parameter.
        what: &'static str,
        /// Row, or row and column.
        index: Vec<usize>,
        /// The value.
        found: f64,
    },
    /// A probability is NaN or lies outside `[0, 1]`.
    #[error("`{what}{index:?}` is {found}, but must be a probability in [0, 1]")]
    NotAProbability {
        /// The parameter.
        what: &'static str,
        /// Row, or row and column.
        index: Vec<usize>,
        /// The value.
        found: f64,
    },
    /// The probabilities of a sample do not sum to one.
    #[error("row {row} of `{what}` sums to {found}, but must sum to 1")]
    RowSum {
        /// The parameter.
        what: &'static str,
        /// The sample.
        row: usize,
        /// The sum.
        found: f64,
    },
    /// `k` is zero or larger than the number of classes.
    #[error("k is {k}, but must be from 1 to the number of classes, {classes}")]
    TopK {
        /// What was asked for.
        k: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A calibration curve of zero bins was asked for.
    #[error("the number of bins is 0, but must be at least 1")]
    Bins,
    /// The confidence level is not inside (0, 1).
    #[error("confidence level is {found}, but must lie between 0 and 1, both excluded")]
    Level {
        /// What was asked for.
        found: f64,
    },
    /// A report was given too many or too few class names.
    #[error("got {found} class names for {classes} classes")]
    ClassNames {
        /// The number of names.
        found: usize,
        /// The number of classes.
        classes: usize,
    },
    /// The input is well formed, but the measure has no value on it.
    #[error("{measure} is undefined: {reason}")]
    Undefined {
        /// The measure.
        measure: String,
        /// Why it has no value.
        reason: &'static str,
    },
}
