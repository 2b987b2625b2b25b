//! Tables of features with a class label for each row.

use dl_core::{
    Scalar, instantiate,
    rand::{Rng, RngCore},
    sampling::{SamplingError, Split, holdout, stratified_holdout},
};
use ndarray::{Array1, Array2, Axis};

use crate::{
    DatasetError,
    check::{check_labels, check_rows, check_table, class_counts},
    folds, one_hot,
};

/// Features and a class label for each row, with feature and class names: a data set for classification.
///
/// It is always valid: every row has one label, every label a class, every column a name; there are at least one
/// row, one column and two classes; class names are distinct; values are finite.
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
    /// # Ok::<(), dl_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// Anything that makes the data set invalid, with its location.
    pub fn new(
        features: Array2<F>,
        labels: Array1<usize>,
        feature_names: Vec<String>,
        class_names: Vec<String>,
    ) -> Result<Self, DatasetError> {
        new(features, labels, feature_names, class_names)
    }

    /// Features, `[rows, columns]`.
    pub fn features(&self) -> &Array2<F> {
        &self.features
    }

    /// Class index of each row, from 0, `[rows]`.
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

    /// Consumes the data set and returns features and labels.
    pub fn into_parts(self) -> (Array2<F>, Array1<usize>) {
        (self.features, self.labels)
    }

    /// Number of rows, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Number of rows of each class, which may be 0.
    pub fn class_counts(&self) -> Vec<usize> {
        class_counts(&self.labels, self.class_names.len())
    }

    /// One-hot encoding of the labels, `[rows, classes]`.
    ///
    /// # Errors
    /// Not enough memory.
    pub fn one_hot_labels(&self) -> Result<Array2<F>, DatasetError> {
        one_hot::encode(&self.labels, self.class_names.len())
    }

    /// The given rows, in the given order, with the same classes.
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
            labels: self.labels.select(Axis(0), rows),
            feature_names: self.feature_names.clone(),
            class_names: self.class_names.clone(),
        })
    }

    /// The same rows and labels with new features, such as the output of a transformer.
    ///
    /// # Errors
    /// Same as [`new`](Self::new).
    pub fn with_features(
        self,
        features: Array2<F>,
        feature_names: Vec<String>,
    ) -> Result<Self, DatasetError> {
        Self::new(features, self.labels, feature_names, self.class_names)
    }

    /// Random split into training and test rows, round(`test_fraction`·rows) of the latter, stratified by class.
    ///
    /// # Errors
    /// A fraction outside (0, 1); a side without rows; a class that cannot be on both sides.
    pub fn split<R: Rng + ?Sized>(
        &self,
        test_fraction: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), DatasetError> {
        let mut rng = rng;
        split(self, test_fraction, &mut rng)
    }

    /// Like [`split`](Self::split), but not stratified.
    ///
    /// # Errors
    /// A fraction outside (0, 1); a side without rows.
    pub fn split_unstratified<R: Rng + ?Sized>(
        &self,
        test_fraction: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), DatasetError> {
        both_sides(self, &holdout(self.len(), test_fraction, rng)?)
    }

    /// Row indices of `folds` stratified folds for cross-validation; see
    /// [`stratified_k_fold`](crate::stratified_k_fold).
    ///
    /// ```
    /// use dl_data::{generator, iris};
    /// let data = iris::<f64>();
    /// for fold in data.k_fold(5, &mut generator(0))? {
    ///     assert_eq!(data.select(&fold.test)?.class_counts(), [10, 10, 10]);
    /// }
    /// # Ok::<(), dl_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// Fewer than 2 folds; a class with fewer rows than folds.
    pub fn k_fold<R: Rng + ?Sized>(
        &self,
        folds: usize,
        rng: &mut R,
    ) -> Result<Vec<Split>, DatasetError> {
        let mut rng = rng;
        k_fold(&self.labels, &self.class_names, folds, &mut rng)
    }

    fn both_sides(&self, split: &Split) -> Result<(Self, Self), DatasetError> {
        Ok((self.rows(&split.train)?, self.rows(&split.test)?))
    }
}

instantiate! {
    fn new<F: Scalar>(
        features: Array2<F>,
        labels: Array1<usize>,
        feature_names: Vec<String>,
        class_names: Vec<String>,
    ) -> Result<Dataset<F>, DatasetError> {
        check_table("Dataset", &features, labels.len(), &feature_names)?;
        check_classes(&class_names)?;
        check_labels(&labels, class_names.len())?;
        Ok(Dataset {
            features,
            // a source shows them as a slice
            labels: labels.iter().copied().collect(),
            feature_names,
            class_names,
        })
    }

    fn select<F: Scalar>(data: &Dataset<F>, rows: &[usize]) -> Result<Dataset<F>, DatasetError> {
        data.rows(rows)
    }

    fn split<F: Scalar>(
        data: &Dataset<F>,
        test_fraction: f64,
        rng: &mut dyn RngCore,
    ) -> Result<(Dataset<F>, Dataset<F>), DatasetError> {
        let split = stratified_holdout(&data.labels.to_vec(), test_fraction, rng);
        data.both_sides(&split.map_err(|error| match error {
            SamplingError::SingleRow { class } => DatasetError::RareClass {
                class: data.class_names[class].clone(),
                rows: 1,
                needed: 2,
            },
            other => other.into(),
        })?)
    }

    fn both_sides<F: Scalar>(
        data: &Dataset<F>,
        split: &Split,
    ) -> Result<(Dataset<F>, Dataset<F>), DatasetError> {
        data.both_sides(split)
    }
}

fn k_fold(
    labels: &Array1<usize>,
    class_names: &[String],
    folds: usize,
    rng: &mut dyn RngCore,
) -> Result<Vec<Split>, DatasetError> {
    let name = |class: usize| class_names[class].clone();
    folds::stratified(&labels.to_vec(), folds, &name, rng)
}

/// At least two classes with distinct names.
pub(crate) fn check_classes(class_names: &[String]) -> Result<(), DatasetError> {
    let classes = class_names.len();
    if classes < 2 {
        return Err(DatasetError::TooFewClasses { classes });
    }
    let mut number_of = std::collections::HashMap::new();
    for (second, name) in class_names.iter().enumerate() {
        if let Some(first) = number_of.insert(name, second) {
            return Err(DatasetError::DuplicateClass {
                first,
                second,
                name: name.clone(),
            });
        }
    }
    Ok(())
}
