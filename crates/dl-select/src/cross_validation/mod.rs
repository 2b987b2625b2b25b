//! Cross-validation: the same pipeline fitted and tested on several splits of the rows.

mod error;

use dl_core::sampling::Split;
use dl_nn::metrics::Estimate;
use ndarray::Array1;
use rayon::prelude::*;

use crate::fold::{self, Fold};
use crate::scores::{MeasureError, Scores, listed};
use crate::search::Outcome;

pub use error::CrossValidationError;

/// Fits and tests in each fold, in parallel, by calling `evaluate`, which must fit *everything* that is learnt on the
/// training rows alone: scalers, imputed values, chosen columns, the model (Hastie, Tibshirani & Friedman,
/// "The Elements of Statistical Learning", section 7.10.2).
///
/// The folds run on rayon's current pool, and so does what they start themselves; their results are in the order of the folds
/// and do not depend on the number of threads. Fold i has a seed derived from `seed` and i.
///
/// ```
/// use dl_select::{Scores, cross_validate, folds::k_fold};
///
/// // the model: the mean of the training rows
/// let y = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let result = cross_validate(&k_fold(6, 3)?, 0, |fold| {
///     let mean = fold.train.iter().map(|&row| y[row]).sum::<f64>() / fold.train.len() as f64;
///     let error = fold.test.iter().map(|&row| (y[row] - mean).abs()).sum::<f64>() / fold.test.len() as f64;
///     Ok::<_, String>(Scores::new().with("MAE", error).predictions(vec![mean; fold.test.len()]))
/// })?;
/// assert_eq!(result.values("MAE")?, [3.0, 0.5, 3.0]);
/// assert_eq!(result.pooled().unwrap().predictions[0], &4.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CrossValidationError::Folds`] for folds that cannot be used; [`CrossValidationError::Fold`] with the error of the
/// first fold that fails; an error that names the fold if its measures are not those of fold 0 or not finite, or if it has not
/// one prediction per test row.
pub fn cross_validate<P: Send, E: Send>(
    folds: &[Split],
    seed: u64,
    evaluate: impl Fn(Fold<'_>) -> Result<Scores<P>, E> + Sync,
) -> Result<CrossValidation<P>, CrossValidationError<E>> {
    fold::check(folds)?;
    let results: Vec<Result<Scores<P>, E>> = fold::numbered(folds, seed)
        .into_par_iter()
        .with_max_len(1)
        .map(&evaluate)
        .collect();
    let mut scored = Vec::with_capacity(folds.len());
    for (index, (result, split)) in results.into_iter().zip(folds).enumerate() {
        let scores = result.map_err(|error| CrossValidationError::Fold { fold: index, error })?;
        let fold = FoldScores {
            measures: scores.measures,
            predictions: scores.predictions,
            test: split.test.clone(),
        };
        fold.check(index, scored.first())?;
        scored.push(fold);
    }
    Ok(CrossValidation {
        folds: scored,
        test_rows_per_train_row: fold::test_rows_per_train_row(folds),
    })
}

/// The result of [`cross_validate`].
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation<P = ()> {
    /// What each fold gave.
    pub folds: Vec<FoldScores<P>>,
    test_rows_per_train_row: f64,
}

/// The result of one fold.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldScores<P = ()> {
    /// Measures by name, the same names in each fold.
    pub measures: Vec<(String, f64)>,
    /// The predictions of the test rows, if the fold has returned them.
    pub predictions: Option<Vec<P>>,
    /// The test rows.
    pub test: Vec<usize>,
}

/// Predictions of the test rows of all folds, for one measure of them all.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled<'a, P> {
    /// The rows, in increasing order; one that is tested in several folds is there several times.
    pub rows: Vec<usize>,
    /// The prediction for each, made in a fold that was not trained on it.
    pub predictions: Vec<&'a P>,
}

impl<P> CrossValidation<P> {
    /// A measure in each fold.
    ///
    /// # Errors
    /// [`MeasureError::Unknown`] for a name that the folds do not have.
    pub fn values(&self, measure: &str) -> Result<Vec<f64>, MeasureError> {
        let of = |fold: &FoldScores<P>| fold.measure(measure).ok_or_else(|| self.unknown(measure));
        self.folds.iter().map(of).collect()
    }

    /// The mean of a measure over the folds, with an interval that takes into account that folds share training rows
    /// ([`Estimate::cross_validated`]). It is that of models trained on as many rows as a fold has.
    ///
    /// # Errors
    /// Same as [`values`](Self::values).
    pub fn mean(&self, measure: &str) -> Result<Estimate, MeasureError> {
        let values = Array1::from(self.values(measure)?);
        Ok(Estimate::cross_validated(
            &values,
            self.test_rows_per_train_row,
        ))
    }

    /// The predictions of all folds, for measures that are not means over rows, such as a confusion matrix or R²; none
    /// if the folds have returned no predictions.
    ///
    /// A pooled measure compares scores of different models. For a ranking measure (ROC AUC) these are not on one
    /// scale: its mean over the folds is the one to report (Forman & Scholz, SIGKDD Explorations 12, 2010).
    pub fn pooled(&self) -> Option<Pooled<'_, P>> {
        let mut all = Vec::new();
        for fold in &self.folds {
            all.extend(fold.test.iter().copied().zip(fold.predictions.as_ref()?));
        }
        all.sort_by_key(|&(row, _)| row);
        let (rows, predictions) = all.into_iter().unzip();
        Some(Pooled { rows, predictions })
    }

    /// The outcome of a trial whose score is the mean of a measure.
    ///
    /// # Errors
    /// Same as [`values`](Self::values).
    pub fn outcome(&self, measure: &str) -> Result<Outcome, MeasureError> {
        Ok(Outcome::from_folds(self.values(measure)?))
    }

    fn unknown(&self, name: &str) -> MeasureError {
        let first = self.folds.first();
        MeasureError::Unknown {
            name: name.to_owned(),
            known: first.map_or_else(Vec::new, FoldScores::names),
        }
    }
}

impl<P> FoldScores<P> {
    fn measure(&self, name: &str) -> Option<f64> {
        let found = self.measures.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| *value)
    }

    fn names(&self) -> Vec<String> {
        self.measures.iter().map(|(name, _)| name.clone()).collect()
    }

    fn check<E>(&self, fold: usize, first: Option<&Self>) -> Result<(), CrossValidationError<E>> {
        if let Some((name, value)) = self.measures.iter().find(|(_, value)| !value.is_finite()) {
            return Err(CrossValidationError::NotFinite {
                fold,
                measure: name.clone(),
                found: *value,
            });
        }
        let sorted = |scores: &Self| {
            let mut names = scores.names();
            names.sort();
            (names, scores.predictions.is_some())
        };
        let (names, has_predictions) = sorted(self);
        if let Some(first) = first
            && sorted(first) != (names.clone(), has_predictions)
        {
            return Err(CrossValidationError::OtherMeasures {
                fold,
                found: self.contents(),
                expected: first.contents(),
            });
        }
        match &self.predictions {
            Some(predictions) if predictions.len() != self.test.len() => {
                Err(CrossValidationError::Predictions {
                    fold,
                    found: predictions.len(),
                    expected: self.test.len(),
                })
            }
            _ => Ok(()),
        }
    }

    fn contents(&self) -> String {
        let predictions = match self.predictions {
            Some(_) => "predictions",
            None => "no predictions",
        };
        format!("{} and {predictions}", listed(&self.names()))
    }
}
