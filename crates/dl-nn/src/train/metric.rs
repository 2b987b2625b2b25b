//! Measures of a user's own, taken after each epoch.

use std::fmt;

use dl_core::Scalar;
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::metrics::MetricError;
use crate::target::{Target, TargetRow};

/// A measure of predictions that [`fit`](super::Trainer::fit) takes after each epoch: any function of all predictions
/// `[n, outputs]` (probabilities, if the loss takes logits) and their targets.
///
/// It is measured on the validation samples, or if there are none on the training samples, in a pass of its own. Its
/// name and direction are kept in the [`History`](super::History) with its values, which can be
/// [monitored](super::Monitor).
///
/// ```
/// use dl_nn::metrics::roc_auc;
/// use dl_nn::ndarray::array;
/// use dl_nn::prelude::*;
/// use dl_nn::train::Metric;
///
/// let auc = Metric::higher_is_better("AUC", |predictions, targets| {
///     let positive = targets.classes().expect("the labels below").mapv(|class| class == 1);
///     Ok(roc_auc(&positive, &predictions.column(0))?.value)
/// });
/// let (x, y) = (array![[0.1_f32], [0.4], [0.35], [0.8]], [0, 0, 1, 1]);
/// let model = Sequential::input([1]).push(Dense::new(1)).build(0)?;
/// let mut trainer = Trainer::new(model, BinaryCrossEntropy::new(), Sgd::new(0.5))?;
/// let history = trainer.fit(&x, y, Fit::epochs(3).metric(auc))?;
/// assert_eq!(history.metric("AUC"), [0.75; 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Metric<'a, F> {
    pub(super) name: String,
    higher_is_better: bool,
    measure: Box<Measure<'a, F>>,
}

type Measure<'a, F> = dyn Fn(ArrayView2<'_, F>, &Target<'_, F>) -> Result<f64, MetricError> + 'a;

impl<'a, F> Metric<'a, F> {
    /// A measure that should rise: an R², an area under a curve.
    pub fn higher_is_better(
        name: impl Into<String>,
        measure: impl Fn(ArrayView2<'_, F>, &Target<'_, F>) -> Result<f64, MetricError> + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            higher_is_better: true,
            measure: Box::new(measure),
        }
    }

    /// A measure that should fall: an error, a cost.
    pub fn lower_is_better(
        name: impl Into<String>,
        measure: impl Fn(ArrayView2<'_, F>, &Target<'_, F>) -> Result<f64, MetricError> + 'a,
    ) -> Self {
        Self {
            higher_is_better: false,
            ..Self::higher_is_better(name, measure)
        }
    }

    /// Names become columns and tags.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let plain = |c: char| !c.is_control() && !"\",".contains(c);
        let holds = !self.name.trim().is_empty() && self.name.chars().all(plain);
        let name = format!("{:?}", self.name);
        let allowed = "a name without commas, quotes and line breaks";
        ConfigError::require(holds, "Metric name", name, allowed)
    }

    pub(super) fn value(&self, predictions: &Predictions<F>) -> Result<MetricValue, MetricError>
    where
        F: Scalar,
    {
        let outputs = &predictions.outputs;
        let width = outputs.len() / predictions.len().max(1);
        let outputs = ArrayView2::from_shape((predictions.len(), width), outputs);
        let outputs = outputs.expect("a row per sample");
        Ok(MetricValue {
            name: self.name.clone(),
            value: (self.measure)(outputs, &predictions.targets())?,
            higher_is_better: self.higher_is_better,
        })
    }
}

impl<F> fmt::Debug for Metric<'_, F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metric")
            .field("name", &self.name)
            .field("higher_is_better", &self.higher_is_better)
            .finish_non_exhaustive()
    }
}

/// The value of a [`Metric`] after an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricValue {
    /// The metric's name.
    pub name: String,
    /// Its value.
    #[serde(with = "crate::json::non_finite")]
    pub value: f64,
    /// Whether it should rise.
    pub higher_is_better: bool,
}

/// The predictions of a pass and their targets, in the order of the samples.
pub(super) struct Predictions<F> {
    pub(super) outputs: Vec<F>,
    classes: Vec<usize>,
    values: Vec<F>,
    samples: usize,
}

impl<F: Scalar> Predictions<F> {
    pub(super) fn new() -> Self {
        Self {
            outputs: Vec::new(),
            classes: Vec::new(),
            values: Vec::new(),
            samples: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.outputs.clear();
        self.classes.clear();
        self.values.clear();
        self.samples = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.samples
    }

    /// Adds a batch.
    pub(super) fn push(&mut self, outputs: &[F], targets: &Target<'_, F>) {
        self.outputs.extend_from_slice(outputs);
        for i in 0..targets.len() {
            match targets.row(i) {
                TargetRow::Class(class) => self.classes.push(class),
                TargetRow::Values(values) => self.values.extend_from_slice(values),
            }
        }
        self.samples += targets.len();
    }

    fn targets(&self) -> Target<'static, F> {
        if !self.classes.is_empty() {
            return Target::Classes(Array1::from(self.classes.clone()).into());
        }
        let width = self.values.len() / self.len().max(1);
        let values = Array2::from_shape_vec((self.len(), width), self.values.clone());
        Target::Values(values.expect("a row per sample").into())
    }
}
