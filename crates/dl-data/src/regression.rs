//! Rows of numbers, each with a number to predict.

use dl_math::Scalar;
use dl_math::rand::Rng;
use dl_math::sampling::{Split, holdout};
use ndarray::{Array1, Array2, Axis};

use crate::{DataError, check, k_fold};

/// Rows of features, each with a target: what a regression learns from.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionDataset<F> {
    features: Array2<F>,
    targets: Array1<F>,
    feature_names: Vec<String>,
    target_name: String,
}

impl<F: Scalar> RegressionDataset<F> {
    /// `features` `[n, d]`, `targets` `[n]`, d feature names and the name of the target.
    ///
    /// # Errors
    /// [`DataError`] where n or d is 0, a number is NaN or infinite, or the numbers of rows or
    /// names do not fit.
    pub fn new(
        features: Array2<F>,
        targets: Array1<F>,
        feature_names: Vec<String>,
        target_name: String,
    ) -> Result<Self, DataError> {
        let (rows, columns) = features.dim();
        check::table("features", &features)?;
        check::length("targets", targets.len(), rows, "rows")?;
        check::length("feature_names", feature_names.len(), columns, "columns")?;
        check::finite("targets", &targets.view().insert_axis(Axis(1)))?;
        Ok(Self {
            features,
            targets,
            feature_names,
            target_name,
        })
    }

    /// The features, `[n, d]`.
    pub fn features(&self) -> &Array2<F> {
        &self.features
    }

    /// The number to predict for each row, `[n]`.
    pub fn targets(&self) -> &Array1<F> {
        &self.targets
    }

    /// The name of each feature.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The name of the target.
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// The number of rows, n.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Features and targets of these rows, in this order; a row may be taken more than once.
    ///
    /// # Errors
    /// [`DataError::Row`] for a row that is not there.
    pub fn rows(&self, rows: &[usize]) -> Result<(Array2<F>, Array1<F>), DataError> {
        check::rows(rows, self.len())?;
        Ok((
            self.features.select(Axis(0), rows),
            self.targets.select(Axis(0), rows),
        ))
    }

    /// The data set of these rows, with the same names.
    ///
    /// # Errors
    /// [`DataError::Row`] for a row that is not there, [`DataError::Empty`] for no rows.
    pub fn select(&self, rows: &[usize]) -> Result<Self, DataError> {
        let (features, targets) = self.rows(rows)?;
        check::table("selection", &features)?;
        let (feature_names, target_name) = (self.feature_names.clone(), self.target_name.clone());
        Ok(Self {
            features,
            targets,
            feature_names,
            target_name,
        })
    }

    /// Splits into rows to train on and a `fraction` in (0, 1) of rows to test with, shuffled
    /// ([`holdout`]).
    ///
    /// # Errors
    /// [`DataError::Split`] for a fraction that cannot be.
    pub fn split<R: Rng + ?Sized>(
        &self,
        fraction: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), DataError> {
        self.parts(&holdout(self.len(), fraction, rng)?)
    }

    /// The train and test side of `k` splits; each row is in the test side of exactly one
    /// ([`k_fold`]).
    ///
    /// # Errors
    /// [`DataError::Folds`] unless 2 ≤ k ≤ n.
    pub fn folds<R: Rng + ?Sized>(
        &self,
        k: usize,
        rng: &mut R,
    ) -> Result<Vec<(Self, Self)>, DataError> {
        k_fold(self.len(), k, rng)?
            .iter()
            .map(|split| self.parts(split))
            .collect()
    }

    fn parts(&self, split: &Split) -> Result<(Self, Self), DataError> {
        Ok((self.select(&split.train)?, self.select(&split.test)?))
    }
}
