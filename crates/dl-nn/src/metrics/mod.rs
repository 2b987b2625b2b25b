//! Measures: numbers that say how right and how wrong predictions are, each with its confidence
//! interval where there is a standard one.
//!
//! | what is predicted | measures |
//! |---|---|
//! | a class | [`accuracy`], [`top_k_accuracy`], [`ConfusionMatrix`] (precision, recall, F1), [`ClassificationReport`] |
//! | a score for "positive" | [`RocCurve`], [`roc_auc`], [`PrecisionRecallCurve`], [`average_precision`] |
//! | a score a class | [`macro_roc_auc`]; [`argmax`] and [`top_k`] turn scores into classes |
//! | a probability | [`log_loss`], [`brier_score`], [`CalibrationCurve`]; [`Temperature`] calibrates |
//! | a number | [`mean_absolute_error`], [`mean_squared_error`], [`root_mean_squared_error`], [`r2_score`] |
//!
//! All measures take the truth first and agree with scikit-learn's functions of the same name by their defaults,
//! but for two things. Where scores are equal, [`top_k_accuracy`] takes the lower class first, as
//! [`argmax`] does, and scikit-learn the higher. And macro averages are over all classes there are,
//! as scikit-learn's with `labels` given; by default it leaves out those that do not occur. A measure
//! with an interval is an [`Estimate`]: the number is one call away, its interval one more.
//!
//! ```
//! use dl_nn::metrics::{ConfusionMatrix, accuracy};
//! use dl_nn::ndarray::array;
//!
//! let truth = array![0, 0, 1, 1, 2, 2];
//! let predicted = array![0, 0, 1, 2, 2, 2];
//!
//! let accuracy = accuracy(&truth, &predicted)?;
//! assert_eq!(format!("{accuracy:.3}"), "0.833");
//! assert_eq!(format!("{:.3}", accuracy.interval(0.95)?), "[0.436, 0.970]");
//!
//! let matrix = ConfusionMatrix::new(&truth, &predicted, 3)?;
//! println!("{}", matrix.report(&["setosa", "versicolor", "virginica"])?);
//! # Ok::<(), dl_nn::metrics::MetricError>(())
//! ```
//!
//! The parameters are [`ndarray::ArrayRef`], which a reference to any array or view becomes by
//! itself: `&labels`, `&scores.column(1)`. Arithmetic is done in `f64` whatever the array holds.
//!
//! Two conventions, both scikit-learn's: a ratio whose denominator is zero (the precision of a
//! class never predicted) is 0; tied scores are one threshold. A measure that has no value at all
//! (the AUC of a single class, R² of a constant target) is a [`MetricError::Undefined`].
//!
//! Further reading: Goodfellow, Bengio & Courville, "Deep Learning", § 11.1 (performance
//! metrics); Burkov, "The Hundred-Page Machine Learning Book", § 5.6 (model performance
//! assessment).

mod accuracy;
mod calibration;
mod check;
mod confusion;
mod error;
mod estimate;
mod precision_recall;
mod probability;
mod quantile;
mod ranking;
mod regression;
mod report;
mod roc;
mod temperature;

pub use accuracy::{accuracy, argmax, top_k, top_k_accuracy};
pub use calibration::{CalibrationBin, CalibrationCurve};
pub use confusion::{Average, Averages, ConfusionMatrix};
pub use error::MetricError;
pub use estimate::{Estimate, Interval};
pub use precision_recall::{PrecisionRecallCurve, average_precision};
pub use probability::{binary_probabilities, brier_score, log_loss};
pub use regression::{mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error};
pub use report::ClassificationReport;
pub use roc::{RocCurve, macro_roc_auc, roc_auc};
pub use temperature::Temperature;
