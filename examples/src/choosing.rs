//! Networks with one hidden layer on Iris, among which a search chooses.

use std::error::Error;

use dl_data::{Dataset, DatasetError, StandardScaler, iris};
use dl_math::random::generator;
use dl_math::sampling::permutation;
use dl_nn::prelude::*;
use dl_select::folds::{SamplingError, Split, stratified_k_fold, stratified_k_fold_shuffled};
use dl_select::{Fold, Params, Space};
use ndarray::Array1;

/// What can be handed from thread to thread.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A table of which folds are made.
#[derive(Debug)]
pub struct Table {
    data: Dataset<f64>,
    labels: Vec<usize>,
}

impl Table {
    /// Iris.
    pub fn flowers() -> Self {
        Self::new(iris())
    }

    /// Iris with its labels in random order: the best that can be done is guessing one of three.
    ///
    /// # Errors
    /// None for Iris.
    pub fn shuffled(seed: u64) -> Result<Self, Failure> {
        let flowers = iris::<f64>();
        let order = permutation(flowers.len(), &mut generator(seed))?;
        let labels: Array1<usize> = order.iter().map(|&row| flowers.labels()[row]).collect();
        let (names, classes) = (flowers.feature_names(), flowers.class_names());
        let features = flowers.features().clone();
        let data = Dataset::new(features, labels, names.to_vec(), classes.to_vec())?;
        Ok(Self::new(data))
    }

    fn new(data: Dataset<f64>) -> Self {
        let labels = data.labels().to_vec();
        Self { data, labels }
    }

    /// Stratified folds in random order.
    ///
    /// # Errors
    /// More folds than rows of a class.
    pub fn folds(&self, folds: usize, seed: u64) -> Result<Vec<Split>, SamplingError> {
        stratified_k_fold_shuffled(&self.labels, folds, &mut generator(seed))
    }

    /// Stratified folds of some rows, as positions among them.
    ///
    /// # Errors
    /// More folds than rows of a class.
    pub fn inner_folds(&self, rows: &[usize], folds: usize) -> Result<Vec<Split>, SamplingError> {
        let labels: Vec<usize> = rows.iter().map(|&row| self.labels[row]).collect();
        stratified_k_fold(&labels, folds)
    }

    /// Training and test accuracy of a network whose scaler, too, is fitted on the training rows of a fold.
    ///
    /// # Errors
    /// Those of training.
    pub fn accuracies(
        &self,
        params: &Params,
        epochs: usize,
        fold: Fold<'_>,
    ) -> Result<(f64, f64), Failure> {
        let (train, test) = (self.data.select(fold.train)?, self.data.select(fold.test)?);
        let scaler = StandardScaler::fit(train.features())?;
        let network = Sequential::input([4])
            .push(Dense::new(params.count("width")?).activation(Relu))
            .push(Dense::new(3));
        let rule = Adam::new(params.number("rate")?);
        let model = network.build(fold.seed)?;
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), rule)?;
        let x = scaler.transform(train.features())?;
        trainer.fit(&x, train.labels(), Fit::epochs(epochs).batch_size(16))?;
        let accuracy = |data: &Dataset<f64>| -> Result<f64, Failure> {
            let x = scaler.transform(data.features())?;
            let evaluation = trainer.evaluate(&x, data.labels())?;
            Ok(evaluation.accuracy.unwrap_or(0.0))
        };
        Ok((accuracy(&train)?, accuracy(&test)?))
    }

    /// The test accuracy of [`accuracies`](Self::accuracies).
    ///
    /// # Errors
    /// Those of training.
    pub fn accuracy(&self, params: &Params, epochs: usize, fold: Fold<'_>) -> Result<f64, Failure> {
        Ok(self.accuracies(params, epochs, fold)?.1)
    }
}

/// Rates over four orders of magnitude, and widths.
pub fn space() -> Space {
    Space::new()
        .log_uniform("rate", 1e-4, 1.0)
        .choice("width", [2, 4, 8, 16, 32])
}

/// Iris without some of its columns, for what the others say then.
///
/// # Errors
/// A column that there is not.
pub fn without(data: &Dataset<f64>, column: usize) -> Result<Dataset<f64>, DatasetError> {
    let kept: Vec<usize> = (0..data.features().ncols())
        .filter(|&other| other != column)
        .collect();
    let features = data.features().select(ndarray::Axis(1), &kept);
    let names = kept.iter().map(|&i| data.feature_names()[i].clone());
    data.clone().with_features(features, names.collect())
}
