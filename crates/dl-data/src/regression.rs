//! Tables of features with a number for each row.

use dl_core::{
    Scalar, instantiate,
    rand::Rng,
    sampling::{Split, holdout},
};
use ndarray::{Array1, Array2, Axis};

use crate::{
    DataError,
    check::{check_finite, check_rows, check_table},
};

/// Features and a number for each row: what a regression learns from.
///
/// A value of this type is sound: every row has one target, every column a name; there are at
/// least one row and one column; values are finite.
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
    /// Whatever keeps the data set from being sound, with its place.
    pub fn new(
        features: Array2<F>,
        target: Array1<F>,
        feature_names: Vec<String>,
        target_name: String,
    ) -> Result<Self, DataError> {
        new(features, target, feature_names, target_name)
    }

    fn checked(
        features: Array2<F>,
        target: Array1<F>,
        feature_names: Vec<String>,
        target_name: String,
    ) -> Result<Self, DataError> {
        check_table("RegressionDataset", &features, target.len(), &feature_names)?;
        check_finite("target", &target.view().insert_axis(Axis(1)))?;
        Ok(Self {
            features,
            target,
            feature_names,
            target_name,
        })
    }

    /// Features, `[rows, columns]`.
    pub fn features(&self) -> &Array2<F> {
        &self.features
    }

    /// What to predict for each row, `[rows]`.
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

    /// Features and target, to own.
    pub fn into_parts(self) -> (Array2<F>, Array1<F>) {
        (self.features, self.target)
    }

    /// Number of rows, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// The rows given, in the order given.
    ///
    /// # Errors
    /// A row that does not exist; no row at all.
    pub fn select(&self, rows: &[usize]) -> Result<Self, DataError> {
        select(self, rows)
    }

    fn rows(&self, rows: &[usize]) -> Result<Self, DataError> {
        check_rows(rows, self.len())?;
        Ok(Self {
            features: self.features.select(Axis(0), rows),
            target: self.target.select(Axis(0), rows),
            feature_names: self.feature_names.clone(),
            target_name: self.target_name.clone(),
        })
    }

    /// Rows to train on and rows held out for the test, round(`test_share`·rows) of them.
    ///
    /// # Errors
    /// A share outside (0, 1); a side without a row.
    pub fn split<R: Rng + ?Sized>(
        &self,
        test_share: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), DataError> {
        both_sides(self, &holdout(self.len(), test_share, rng)?)
    }

    fn both_sides(&self, split: &Split) -> Result<(Self, Self), DataError> {
        Ok((self.rows(&split.train)?, self.rows(&split.test)?))
    }
}

instantiate! {
    fn new<F: Scalar>(
        features: Array2<F>,
        target: Array1<F>,
        feature_names: Vec<String>,
        target_name: String,
    ) -> Result<RegressionDataset<F>, DataError> {
        RegressionDataset::checked(features, target, feature_names, target_name)
    }

    fn select<F: Scalar>(
        data: &RegressionDataset<F>,
        rows: &[usize],
    ) -> Result<RegressionDataset<F>, DataError> {
        data.rows(rows)
    }

    fn both_sides<F: Scalar>(
        data: &RegressionDataset<F>,
        split: &Split,
    ) -> Result<(RegressionDataset<F>, RegressionDataset<F>), DataError> {
        data.both_sides(split)
    }
}
