//! The measures of one fold.

use dl_nn::metrics::MetricError;

/// What testing on one fold gave: measures by name, and the predictions of the test rows if they are to be pooled.
///
/// ```
/// use dl_select::Scores;
/// let scores = Scores::new().with("accuracy", 0.93).with("log loss", 0.21).predictions(vec![0, 2, 1]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scores<P = ()> {
    pub(crate) measures: Vec<(String, f64)>,
    pub(crate) predictions: Option<Vec<P>>,
}

impl Scores {
    /// No measures yet, and no predictions.
    pub fn new() -> Self {
        Self {
            measures: Vec::new(),
            predictions: None,
        }
    }

    /// Adds the predictions of the test rows, in their order: classes, probabilities, values.
    pub fn predictions<P>(self, predictions: impl IntoIterator<Item = P>) -> Scores<P> {
        Scores {
            measures: self.measures,
            predictions: Some(predictions.into_iter().collect()),
        }
    }
}

impl<P> Scores<P> {
    /// Adds a measure, or replaces that of the same name.
    pub fn with(mut self, name: impl Into<String>, value: f64) -> Self {
        let name = name.into();
        match self.measures.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.measures.push((name, value)),
        }
        self
    }
}

impl Default for Scores {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a measure of a cross-validation is not available.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// No measure has this name.
    #[error(
        "there is no measure `{}`; the folds have {}",
        dl_core::text::shown(name),
        listed(known)
    )]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No interval can be computed.
    #[error(transparent)]
    Metric(#[from] MetricError),
}

pub(crate) fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted = |name: &String| format!("`{}`", dl_core::text::shown(name));
    names.iter().map(quoted).collect::<Vec<_>>().join(", ")
}
