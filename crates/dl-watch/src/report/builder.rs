//! The parts of a report.

use std::time::Duration;

use dl_nn::metrics::ConfusionMatrix;
use dl_nn::train::History;
use dl_nn::{Model, Scalar, Summary};
use dl_viz::Figure;
use ndarray::ArrayView3;
use serde_json::Value;

use super::feature_maps::feature_maps;
use super::{Mistake, ReportError};

/// A report of a run; sections without content are omitted.
///
/// ```
/// use dl_nn::train::{Epoch, Evaluation, History};
/// use dl_watch::report::Report;
/// use serde_json::json;
///
/// let history = History {
///     epochs: vec![Epoch {
///         epoch: 0,
///         train: Evaluation { loss: 0.31, accuracy: Some(0.9), samples: 800 },
///         validation: None,
///         metrics: Vec::new(),
///         learning_rate: 1e-3,
///         seconds: 2.0,
///     }],
///     stopped: None,
/// };
/// let html = Report::new("Digits, first try")
///     .configuration(&json!({ "optimizer": { "name": "Adam", "learning_rate": 1e-3 } }))
///     .seed("weights", 7)
///     .history(history)
///     .to_html()?;
/// assert!(html.contains("optimizer.learning_rate"));
/// # Ok::<(), dl_watch::report::ReportError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) results: Vec<(String, String)>,
    pub(super) configuration: Vec<(String, String)>,
    pub(super) seeds: Vec<(String, u64)>,
    pub(super) model: Option<Summary>,
    pub(super) history: Option<History>,
    pub(super) confusion: Option<(ConfusionMatrix, Vec<String>)>,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) figures: Vec<Section>,
    pub(super) timings: Vec<(String, Duration)>,
    pub(super) environment: Vec<(String, String)>,
}

/// Figures with captions under a heading.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) figures: Vec<(Figure, String)>,
}

impl Report {
    /// A report with this title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// Sets a summary of the run, a sentence or two under the title.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Adds a result before those of the history, such as a test accuracy.
    pub fn result(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.results.push((name.into(), value.to_string()));
        self
    }

    /// Adds a configuration, one line per entry: `{"optimizer": {"name": "Adam"}}` is the line `optimizer.name`.
    pub fn configuration(mut self, configuration: &Value) -> Self {
        flatten(String::new(), configuration, &mut self.configuration);
        self
    }

    /// Adds a line to the configuration.
    pub fn setting(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.configuration.push((name.into(), value.to_string()));
        self
    }

    /// Adds a seed with its purpose.
    pub fn seed(mut self, name: impl Into<String>, seed: u64) -> Self {
        self.seeds.push((name.into(), seed));
        self
    }

    /// Adds the model's layers, from [`Model::summary`].
    pub fn model(mut self, summary: Summary) -> Self {
        self.model = Some(summary);
        self
    }

    /// Adds the history of the run, which determines results, learning curves and timings.
    pub fn history(mut self, history: History) -> Self {
        self.history = Some(history);
        self
    }

    /// Adds a confusion matrix, with a name per class.
    pub fn confusion(
        mut self,
        matrix: ConfusionMatrix,
        class_names: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        let names = class_names.into_iter().map(Into::into).collect();
        self.confusion = Some((matrix, names));
        self
    }

    /// Adds the worst mistakes, from [`Mistake::worst`].
    pub fn mistakes(mut self, mistakes: Vec<Mistake>) -> Self {
        self.mistakes = mistakes;
        self
    }

    /// Adds each layer's feature maps of an image `[h, w, c]` of the model's input shape in a section “Feature
    /// maps”, from [`feature_maps`].
    ///
    /// # Errors
    /// [`ReportError::InputShape`] if the image does not have the model's input shape.
    pub fn feature_maps<F: Scalar>(
        mut self,
        model: &Model<F>,
        image: ArrayView3<'_, F>,
    ) -> Result<Self, ReportError> {
        self.add_feature_maps(feature_maps(model, image)?);
        Ok(self)
    }

    /// Adds a figure under this heading; figures with the same heading are in one section.
    pub fn figure(
        mut self,
        heading: impl Into<String>,
        figure: Figure,
        caption: impl Into<String>,
    ) -> Self {
        self.add_figure(heading.into(), figure, caption.into());
        self
    }

    fn add_figure(&mut self, heading: String, figure: Figure, caption: String) {
        let entry = (figure, caption);
        match self
            .figures
            .iter_mut()
            .find(|section| section.heading == heading)
        {
            Some(section) => section.figures.push(entry),
            None => self.figures.push(Section {
                heading,
                figures: vec![entry],
            }),
        }
    }

    fn add_feature_maps(&mut self, figures: Vec<(String, Figure)>) {
        for (caption, figure) in figures {
            self.add_figure("Feature maps".to_owned(), figure, caption);
        }
    }

    /// Adds a timing.
    pub fn timing(mut self, name: impl Into<String>, time: Duration) -> Self {
        self.timings.push((name.into(), time));
        self
    }

    /// Adds a line to the environment.
    pub fn environment(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.environment.push((name.into(), value.to_string()));
        self
    }

    /// Adds this process's environment: the version of these crates, operating system, processor and threads.
    pub fn this_machine(self) -> Self {
        self.environment("deep-learning crates", env!("CARGO_PKG_VERSION"))
            .environment("operating system", std::env::consts::OS)
            .environment("processor", std::env::consts::ARCH)
            .environment("threads", rayon::current_num_threads())
    }
}

/// Collects the leaves of a configuration with their dotted names.
fn flatten(name: String, value: &Value, lines: &mut Vec<(String, String)>) {
    let below = |key: &str| match name.as_str() {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                flatten(below(key), value, lines);
            }
        }
        Value::Array(values) if values.iter().any(|value| value.is_object()) => {
            for (i, value) in values.iter().enumerate() {
                flatten(below(&i.to_string()), value, lines);
            }
        }
        Value::String(text) => lines.push((name, text.clone())),
        value => lines.push((name, value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_configuration_has_one_line_per_leaf() {
        let configuration = json!({
            "epochs": 3,
            "augment": null,
            "layers": [{ "units": 10 }, { "units": [2, 3] }],
            "optimizer": { "name": "Adam", "extra": {} },
        });
        let report = Report::new("")
            .configuration(&configuration)
            .setting("note", "x");
        let expected = [
            ("augment", "null"),
            ("epochs", "3"),
            ("layers.0.units", "10"),
            ("layers.1.units", "[2,3]"),
            ("optimizer.extra", "{}"),
            ("optimizer.name", "Adam"),
            ("note", "x"),
        ];
        let mut lines = report.configuration;
        lines[..6].sort_unstable();
        assert_eq!(
            lines,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
