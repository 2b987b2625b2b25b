//! Tables of features with a target value for each row.

use dl_core::{
    Scalar, instantiate,
    rand::Rng,
    sampling::{Split, holdout},
};
use ndarray::{Array1, Array2, Axis};

use crate::{
    DatasetError,
    check::{check_finite, check_rows, check_table},
};

/// Features and a target value for each row: a data set for regression.
///
/// It is always valid: every row has one target, every column a name; there are at least one row and one column;
/// values are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionDataset<F> {
    features: Array2<F>,
    target: Array1<F>,
    feature_names: Vec<String>,
    target_name: String,
}

impl<F: Scalar> RegressionDataset<F> {
    /// A data set of `features` `[rows, columns]` and `target` `[rows]`.
    ///
    /// # Errors
    /// Anything that makes the data set invalid, with its location.
    pub fn new(
        features: Array2<F>,
        target: Array1<F>,
        feature_names: Vec<String>,
        target_name: String,
    ) -> Result<Self, DatasetError> {
        new(features, target, feature_names, target_name)
    }

    /// Features, `[rows, columns]`.
    pub fn features(&self) -> &Array2<F> {
        &self.features
    }

    /// Target value of each row, `[rows]`.
    pub fn target(&self) -> &Array1<F> {
        &self.target
    }

    /// Name of each feature column.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Name of the target.
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// Consumes the data set and returns features and targets.
    pub fn into_parts(self) -> (Array2<F>, Array1<F>) {
        (self.features, self.target)
    }

    /// Number of rows, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// The given rows, in the given order.
    ///
    /// # Errors
    /// A row that does not exist; no rows.
    pub fn select(&self, rows: &[usize]) -> Result<Self, DatasetError> {
        select(self, rows)
    }

    fn rows(&self, rows: &[usize]) -> Result<Self, DatasetError> {
        check_rows(rows, self.len())?;
        Ok(Self {
            features: self.features.select(Axis(0), rows),
            target: self.target.select(Axis(0), rows),
            feature_names: self.feature_names.clone(),
            target_name: self.target_name.clone(),
        })
    }

    /// Random split into training and test rows, round(`test_fraction`·rows) of the latter.
    ///
    /// # Errors
    /// A fraction outside (0, 1); a side without rows.
    pub fn split<R: Rng + ?Sized>(
        &self,
        test_fraction: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), DatasetError> {
        both_sides(self, &holdout(self.len(), test_fraction, rng)?)
    }
}

instantiate! {
    fn new<F: Scalar>(
        features: Array2<F>,
        target: Array1<F>,
        feature_names: Vec<String>,
        target_name: String,
    ) -> Result<RegressionDataset<F>, DatasetError> {
        check_table("RegressionDataset", &features, target.len(), &feature_names)?;
        check_finite("target", &target.view().insert_axis(Axis(1)))?;
        Ok(RegressionDataset {
            features,
            target,
            feature_names,
            target_name,
        })
    }

    fn select<F: Scalar>(
        data: &RegressionDataset<F>,
        rows: &[usize],
    ) -> Result<RegressionDataset<F>, DatasetError> {
        data.rows(rows)
    }

    fn both_sides<F: Scalar>(
        data: &RegressionDataset<F>,
        split: &Split,
    ) -> Result<(RegressionDataset<F>, RegressionDataset<F>), DatasetError> {
        Ok((data.rows(&split.train)?, data.rows(&split.test)?))
    }
}
