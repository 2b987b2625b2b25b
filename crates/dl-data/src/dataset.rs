//! Tables of features with a class for each row.

use dl_core::{
    Scalar, instantiate,
    rand::{Rng, RngCore},
    sampling::{SamplingError, Split, holdout, stratified_holdout},
};
use ndarray::{Array1, Array2, Axis};

use crate::{
    DataError,
    check::{check_rows, check_table},
    folds, one_hot,
};

/// Features and a class label for each row, with the names of both: what a classifier learns
/// from.
///
/// A value of this type is sound: every row has one label, every label a class, every column a
/// name; there are at least one row, one column and two classes; class names differ; values are
/// finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset<F> {
    features: Array2<F>,
    labels: Array1<usize>,
    feature_names: Vec<String>,
    class_names: Vec<String>,
}

impl<F: Scalar> Dataset<F> {
    /// A data set of `features` `[rows, columns]` and `labels` `[rows]`; label k means
    /// `class_names[k]`.
    ///
    /// ```
    /// use dl_data::{Dataset, ndarray::array};
    /// let data = Dataset::new(
    ///     array![[1.4, 0.2], [4.7, 1.4], [4.5, 1.5]],
    ///     array![0, 1, 1],
    ///     vec!["petal_length".into(), "petal_width".into()],
    ///     vec!["setosa".into(), "versicolor".into()],
    /// )?;
    /// assert_eq!(data.class_counts(), [1, 2]);
    /// # Ok::<(), dl_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// Whatever keeps the data set from being sound, with its place.
    pub fn new(
        features: Array2<F>,
        labels: Array1<usize>,
        feature_names: Vec<String>,
        class_names: Vec<String>,
    ) -> Result<Self, DataError> {
        new(features, labels, feature_names, class_names)
    }

    fn checked(
        features: Array2<F>,
        labels: Array1<usize>,
        feature_names: Vec<String>,
        class_names: Vec<String>,
    ) -> Result<Self, DataError> {
        check_table("Dataset", &features, labels.len(), &feature_names)?;
        check_classes(&class_names)?;
        let classes = class_names.len();
        if let Some((row, &label)) = (labels.iter().enumerate()).find(|&(_, &l)| l >= classes) {
            return Err(DataError::Label {
                row,
                label,
                classes,
            });
        }
        Ok(Self {
            features,
            labels,
            feature_names,
            class_names,
        })
    }

    /// Features, `[rows, columns]`.
    pub fn features(&self) -> &Array2<F> {
        &self.features
    }

    /// Class of each row, `[rows]`, from 0.
    pub fn labels(&self) -> &Array1<usize> {
        &self.labels
    }

    /// Name of each feature column.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Name of each class.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Features and labels, to own.
    pub fn into_parts(self) -> (Array2<F>, Array1<usize>) {
        (self.features, self.labels)
    }

    /// Number of rows, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Rows of each class; 0 for a class none of these rows is of.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.class_names.len()];
        for &label in &self.labels {
            counts[label] += 1;
        }
        counts
    }

    /// The labels as rows with a single 1, `[rows, classes]`.
    ///
    /// # Errors
    /// More values than memory can hold.
    pub fn one_hot_labels(&self) -> Result<Array2<F>, DataError> {
        one_hot::encode(&self.labels, self.class_names.len())
    }

    /// The rows given, in the order given, with the same classes.
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
            labels: self.labels.select(Axis(0), rows),
            feature_names: self.feature_names.clone(),
            class_names: self.class_names.clone(),
        })
    }

    /// The same rows and labels with other features, as a transformer makes them.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_features(
        self,
        features: Array2<F>,
        feature_names: Vec<String>,
    ) -> Result<Self, DataError> {
        Self::new(features, self.labels, feature_names, self.class_names)
    }

    /// Rows to train on and rows held out for the test, round(`test_share`·rows) of them, with
    /// the classes in the same shares on both sides.
    ///
    /// # Errors
    /// A share outside (0, 1); a side without a row; a class that cannot be on both sides.
    pub fn split<R: Rng + ?Sized>(
        &self,
        test_share: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), DataError> {
        let mut rng = rng;
        split(self, test_share, &mut rng)
    }

    fn split_stratified(
        &self,
        test_share: f64,
        rng: &mut dyn RngCore,
    ) -> Result<(Self, Self), DataError> {
        let split = stratified_holdout(&self.labels.to_vec(), test_share, rng);
        self.both_sides(&split.map_err(|error| match error {
            SamplingError::SingleRow { class } => DataError::RareClass {
                class: self.class_names[class].clone(),
                rows: 1,
                needed: 2,
            },
            other => other.into(),
        })?)
    }

    /// As [`split`](Self::split), without regard to classes.
    ///
    /// # Errors
    /// A share outside (0, 1); a side without a row.
    pub fn split_unstratified<R: Rng + ?Sized>(
        &self,
        test_share: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), DataError> {
        both_sides(self, &holdout(self.len(), test_share, rng)?)
    }

    /// The rows of `folds` folds for cross-validation, each class spread evenly over them; see
    /// [`stratified_k_fold`](crate::stratified_k_fold).
    ///
    /// ```
    /// use dl_data::{generator, iris};
    /// let data = iris::<f64>();
    /// for fold in data.k_fold(5, &mut generator(0))? {
    ///     assert_eq!(data.select(&fold.test)?.class_counts(), [10, 10, 10]);
    /// }
    /// # Ok::<(), dl_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// Fewer than 2 folds; a class with fewer rows than folds.
    pub fn k_fold<R: Rng + ?Sized>(
        &self,
        folds: usize,
        rng: &mut R,
    ) -> Result<Vec<Split>, DataError> {
        let mut rng = rng;
        k_fold(&self.labels, &self.class_names, folds, &mut rng)
    }

    fn both_sides(&self, split: &Split) -> Result<(Self, Self), DataError> {
        Ok((self.rows(&split.train)?, self.rows(&split.test)?))
    }
}

instantiate! {
    fn new<F: Scalar>(
        features: Array2<F>,
        labels: Array1<usize>,
        feature_names: Vec<String>,
        class_names: Vec<String>,
    ) -> Result<Dataset<F>, DataError> {
        Dataset::checked(features, labels, feature_names, class_names)
    }

    fn select<F: Scalar>(data: &Dataset<F>, rows: &[usize]) -> Result<Dataset<F>, DataError> {
        data.rows(rows)
    }

    fn split<F: Scalar>(
        data: &Dataset<F>,
        test_share: f64,
        rng: &mut dyn RngCore,
    ) -> Result<(Dataset<F>, Dataset<F>), DataError> {
        data.split_stratified(test_share, rng)
    }

    fn both_sides<F: Scalar>(
        data: &Dataset<F>,
        split: &Split,
    ) -> Result<(Dataset<F>, Dataset<F>), DataError> {
        data.both_sides(split)
    }
}

fn k_fold(
    labels: &Array1<usize>,
    class_names: &[String],
    folds: usize,
    rng: &mut dyn RngCore,
) -> Result<Vec<Split>, DataError> {
    let name = |class: usize| class_names[class].clone();
    folds::stratified(&labels.to_vec(), folds, &name, rng)
}

/// At least two classes, all of different names.
pub(crate) fn check_classes(class_names: &[String]) -> Result<(), DataError> {
    let classes = class_names.len();
    if classes < 2 {
        return Err(DataError::TooFewClasses { classes });
    }
    let mut number_of = std::collections::HashMap::new();
    for (second, name) in class_names.iter().enumerate() {
        if let Some(first) = number_of.insert(name, second) {
            return Err(DataError::DuplicateClass {
                first,
                second,
                name: name.clone(),
            });
        }
    }
    Ok(())
}
