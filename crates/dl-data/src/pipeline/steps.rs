//! What happens to a column.

use serde::{Deserialize, Serialize};

use super::Scale;

/// What happens to a column of numbers or dates; by default the median fills gaps, and the column is standardised.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Numeric {
    /// What fills gaps.
    pub impute: Impute,
    /// Whether a column of its own says where gaps were, if the training rows have any.
    pub indicator: bool,
    /// The scale, of the column with its gaps filled.
    pub scale: Scale,
}

impl Numeric {
    /// The default steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what fills gaps.
    pub fn impute(mut self, impute: Impute) -> Self {
        self.impute = impute;
        self
    }

    /// Adds a column that is 1 where the value was missing and 0 elsewhere, if it is missing in any of the training rows
    /// (scikit-learn's `add_indicator`).
    pub fn indicator(mut self) -> Self {
        self.indicator = true;
        self
    }

    /// Sets the scale.
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }
}

/// What fills a gap in a column of numbers; statistics are those of the training rows.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum Impute {
    /// Nothing: a gap is an error.
    Error,
    /// The mean.
    Mean,
    /// The median.
    #[default]
    Median,
    /// The most frequent number, the smallest of several.
    MostFrequent,
    /// This number.
    Constant(f64),
}

/// What happens to a column of categories; by default the most frequent one fills gaps, and the column is encoded
/// one-hot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Categorical {
    /// What fills gaps.
    pub impute: Fill,
    /// Whether a column of its own says where gaps were, if the training rows have any.
    pub indicator: bool,
    /// How categories become numbers.
    pub encode: Encode,
    /// How a category that is not in the training rows is encoded.
    pub unseen: Unseen,
}

impl Categorical {
    /// The default steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes these categories as 0, 1, 2 … in this order: sizes, grades. A category that is not among them is
    /// unseen, also in the training rows.
    pub fn ordinal<S: Into<String>>(order: impl IntoIterator<Item = S>) -> Self {
        let order = order.into_iter().map(Into::into).collect();
        Self::new().encode(Encode::Ordinal(Some(order)))
    }

    /// Sets what fills gaps.
    pub fn impute(mut self, impute: Fill) -> Self {
        self.impute = impute;
        self
    }

    /// Adds a column that is 1 where the category was missing and 0 elsewhere, if it is missing in any of the training
    /// rows.
    pub fn indicator(mut self) -> Self {
        self.indicator = true;
        self
    }

    /// Sets how categories become numbers.
    pub fn encode(mut self, encode: Encode) -> Self {
        self.encode = encode;
        self
    }

    /// Sets how a category that is not in the training rows is encoded.
    pub fn unseen(mut self, unseen: Unseen) -> Self {
        self.unseen = unseen;
        self
    }
}

/// What fills a gap in a column of categories.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Fill {
    /// Nothing: a gap is an error.
    Error,
    /// The category most frequent in the training rows, the first of several.
    #[default]
    MostFrequent,
    /// This category, which may be one of its own (`"unknown"`).
    Constant(String),
}

/// How categories become numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Encode {
    /// A column for each category of the training rows: 1 where it is the row's, 0 elsewhere.
    #[default]
    OneHot,
    /// One column: 0, 1, 2 … in the given order, or else in numeric order if all are numbers, or else in alphabetical
    /// order.
    Ordinal(Option<Vec<String>>),
}

/// How a category that is not in the training rows is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unseen {
    /// It is none of those known: all zeros one-hot, −1 ordinal.
    #[default]
    Ignore,
    /// It is an error.
    Error,
}

/// What happens to a column of either kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ColumnSteps {
    /// To numbers or dates.
    Numeric(Numeric),
    /// To categories.
    Categorical(Categorical),
}

impl From<Numeric> for ColumnSteps {
    fn from(steps: Numeric) -> Self {
        Self::Numeric(steps)
    }
}

impl From<Categorical> for ColumnSteps {
    fn from(steps: Categorical) -> Self {
        Self::Categorical(steps)
    }
}
