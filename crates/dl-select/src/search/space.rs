//! What a search chooses from.

use std::collections::BTreeMap;

use dl_core::Scalar;
use dl_core::random::Generator;
use dl_core::text::shown;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::params::Params;

/// The settings to be searched, by name, as plain data:
///
/// ```
/// let space: dl_select::Space = serde_json::from_str(
///     r#"{"rate": {"log_uniform": [1e-4, 0.1]}, "width": {"choice": [16, 32, 64]}}"#,
/// )?;
/// let same = dl_select::Space::new().log_uniform("rate", 1e-4, 0.1).choice("width", [16, 32, 64]);
/// assert_eq!(space, same);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Space {
    /// The values of each setting.
    #[serde(deserialize_with = "super::unique::deserialize")]
    pub settings: BTreeMap<String, Range>,
}

/// The values that a setting may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// One of these, each with the same probability.
    Choice(Vec<Value>),
    /// A number between two others, uniformly distributed.
    Uniform(f64, f64),
    /// A positive number whose logarithm is uniformly distributed: for settings whose order of magnitude matters, such as a
    /// learning rate.
    LogUniform(f64, f64),
    /// An integer from the first to the second, both included.
    Integers(i64, i64),
}

impl Space {
    /// No settings yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds [`Range::Choice`].
    pub fn choice<V: Into<Value>>(
        self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.with(name, Range::Choice(values))
    }

    /// Adds [`Range::Uniform`].
    pub fn uniform(self, name: impl Into<String>, low: f64, high: f64) -> Self {
        self.with(name, Range::Uniform(low, high))
    }

    /// Adds [`Range::LogUniform`].
    pub fn log_uniform(self, name: impl Into<String>, low: f64, high: f64) -> Self {
        self.with(name, Range::LogUniform(low, high))
    }

    /// Adds [`Range::Integers`].
    pub fn integers(self, name: impl Into<String>, first: i64, last: i64) -> Self {
        self.with(name, Range::Integers(first, last))
    }

    fn with(mut self, name: impl Into<String>, range: Range) -> Self {
        self.settings.insert(name.into(), range);
        self
    }

    pub(super) fn check(&self) -> Result<(), SpaceError> {
        if self.settings.is_empty() {
            return Err(SpaceError::Empty);
        }
        for (name, range) in &self.settings {
            let invalid = |found: String, expected| {
                Err(SpaceError::Range {
                    name: name.clone(),
                    found,
                    expected,
                })
            };
            match *range {
                Range::Choice(ref values) if values.is_empty() => {
                    return invalid("choice []".to_owned(), "at least 1 value");
                }
                Range::Uniform(low, high) if !(low < high && (high - low).is_finite()) => {
                    let expected = "two finite numbers, the lower one first";
                    return invalid(format!("uniform [{low}, {high}]"), expected);
                }
                Range::LogUniform(low, high) if !(0.0 < low && low < high && high.is_finite()) => {
                    let expected = "two positive numbers, the lower one first";
                    return invalid(format!("log_uniform [{low}, {high}]"), expected);
                }
                Range::Integers(first, last) if first > last => {
                    let expected = "the lower one first";
                    return invalid(format!("integers [{first}, {last}]"), expected);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The number of points of the grid of all values.
    pub(super) fn grid_size(&self) -> Result<usize, SpaceError> {
        let mut size = 1_usize;
        for (name, range) in &self.settings {
            let values = range
                .count()
                .ok_or_else(|| SpaceError::NotAGrid { name: name.clone() })?;
            let points = usize::try_from(values)
                .ok()
                .and_then(|values| size.checked_mul(values));
            size = points.ok_or(SpaceError::TooLarge)?;
        }
        Ok(size)
    }

    /// Point `index` of the grid: the setting whose name comes last in the alphabet changes fastest, as in scikit-learn's
    /// `ParameterGrid`.
    pub(super) fn grid_point(&self, mut index: usize) -> Params {
        let mut params = Params::default();
        for (name, range) in self.settings.iter().rev() {
            let count = range.count().expect("checked by grid_size") as usize;
            params.values.insert(name.clone(), range.at(index % count));
            index /= count;
        }
        params
    }

    /// A value for each setting, independently of each other.
    pub(super) fn draw(&self, rng: &mut Generator) -> Params {
        let draw = |(name, range): (&String, &Range)| (name.clone(), range.draw(rng));
        Params {
            values: self.settings.iter().map(draw).collect(),
        }
    }
}

impl Range {
    /// How many values there are, if they can be counted.
    fn count(&self) -> Option<u64> {
        match self {
            Self::Choice(values) => Some(values.len() as u64),
            Self::Integers(first, last) => Some(last.abs_diff(*first).saturating_add(1)),
            Self::Uniform(..) | Self::LogUniform(..) => None,
        }
    }

    fn at(&self, index: usize) -> Value {
        match self {
            Self::Choice(values) => values[index].clone(),
            Self::Integers(first, _) => Value::from(first.wrapping_add_unsigned(index as u64)),
            Self::Uniform(..) | Self::LogUniform(..) => unreachable!("not countable"),
        }
    }

    fn draw(&self, rng: &mut Generator) -> Value {
        let share = f64::uniform(rng);
        match *self {
            Self::Uniform(low, high) => Value::from((low + share * (high - low)).min(high)),
            Self::LogUniform(low, high) => {
                // of libm, whose bits are the same on every machine: a search may be resumed on another one
                let (low_log, high_log) = (libm::log(low), libm::log(high));
                let value = libm::exp(low_log + share * (high_log - low_log));
                Value::from(value.clamp(low, high))
            }
            Self::Choice(_) | Self::Integers(..) => {
                let count = self.count().expect("countable");
                let index = (share * count as f64) as u64;
                self.at(index.min(count - 1) as usize)
            }
        }
    }
}

/// What is wrong with a [`Space`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// There is nothing to search.
    #[error("the space has no settings, but at least 1 is needed")]
    Empty,
    /// A range that has no values.
    #[error("setting `{}` is {found}, but must be {expected}", shown(name))]
    Range {
        /// The setting.
        name: String,
        /// Its range.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A range of real numbers in a grid.
    #[error(
        "setting `{}` is a range of real numbers; a grid needs `choice` or `integers`",
        shown(name)
    )]
    NotAGrid {
        /// The setting.
        name: String,
    },
    /// More grid points than can be counted.
    #[error("the grid has more points than can be counted")]
    TooLarge,
}
