//! The course's Iris program: a network of two hidden layers of ten units, trained as
//! scikit-learn's `MLPClassifier((10, 10), max_iter=1000)` is.

use dl_data::ndarray::{Array2, Axis, concatenate};
use dl_data::{Dataset, DatasetError, Pca, Scalar, StandardScaler};
use dl_io::Bundle;
use dl_nn::BuildError;
use dl_nn::init::Initializer;
use dl_nn::optim::Adjusted;
use dl_nn::prelude::*;
use dl_nn::train::{CallbackState, Epoch, ResumeError};
use serde::{Deserialize, Serialize};

/// Samples a step, as in `MLPClassifier`: 200, or all where there are fewer.
pub const BATCH_SIZE: usize = 200;

/// Weight of the L2 penalty ½·α·Σw²/n, as in `MLPClassifier`.
const ALPHA: f64 = 1e-4;

/// Standardisation and, after it, projection on principal components.
#[derive(Debug, Clone)]
pub struct Preprocessing<F> {
    scaler: StandardScaler<F>,
    pca: Pca<F>,
}

impl<F: Scalar> Preprocessing<F> {
    /// Learns means, deviations and `components` principal components from these rows.
    ///
    /// # Errors
    /// Where there are too few rows or columns.
    pub fn fit(rows: &Array2<F>, components: usize) -> Result<Self, DatasetError> {
        let scaler = StandardScaler::fit(rows)?;
        let pca = Pca::fit(&scaler.transform(rows)?, components)?;
        Ok(Self { scaler, pca })
    }

    /// Raw rows `[n, columns]` → principal components `[n, components]`.
    ///
    /// # Errors
    /// Where the rows have another number of columns.
    pub fn transform(&self, rows: &Array2<F>) -> Result<Array2<F>, DatasetError> {
        self.pca.transform(&self.scaler.transform(rows)?)
    }

    /// A bundle of the trained network that takes raw rows.
    pub fn bundle(self, trainer: &Trainer<F>) -> Bundle<F>
    where
        F: Serialize + for<'de> Deserialize<'de>,
    {
        Bundle::from_trainer(trainer)
            .with_preprocessing(self.scaler)
            .with_preprocessing(self.pca)
    }

    /// The share of the variance each component explains.
    pub fn explained_variance_ratio(&self) -> Vec<f64> {
        let ratio = self.pca.explained_variance_ratio();
        ratio.iter().map(|r| r.as_f64()).collect()
    }
}

/// The features of the training rows and, below them, of the test rows.
pub fn all_features(train: &Dataset<f64>, test: &Dataset<f64>) -> Array2<f64> {
    concatenate![Axis(0), *train.features(), *test.features()]
}

/// Two hidden layers of ten ReLU units, Glorot's initial values, one logit a class.
///
/// # Errors
/// Where there are no inputs or classes.
pub fn network<F: Scalar>(
    inputs: usize,
    classes: usize,
    seed: u64,
) -> Result<Model<F>, BuildError> {
    let hidden = || {
        Dense::new(10)
            .activation(Relu)
            .kernel_initializer(Initializer::GlorotUniform)
    };
    Sequential::input([inputs])
        .push(hidden())
        .push(hidden())
        .push(Dense::new(classes))
        .build(seed)
}

/// Adam at 1e-3 with `MLPClassifier`'s L2 penalty, which it divides by the batch's size.
pub fn optimizer(samples: usize) -> Adjusted<Adam> {
    Adam::new(1e-3).l2(ALPHA / samples.min(BATCH_SIZE) as f64)
}

/// Everything together for one training set.
///
/// # Errors
/// As [`network`].
pub fn trainer<F: Scalar>(train: &Dataset<F>, seed: u64) -> Result<Trainer<F>, BuildError> {
    let model = network(train.features().ncols(), train.class_names().len(), seed)?;
    let loss = SoftmaxCrossEntropy::new();
    Trainer::new(model, loss, optimizer(train.len()))
}

/// `MLPClassifier`'s stopping rule: ten epochs in a row in which the training loss did not fall
/// by 1e-4 below the best so far, and then one more.
#[derive(Debug, Clone)]
pub struct NoProgress {
    best: f64,
    epochs: usize,
}

impl Default for NoProgress {
    fn default() -> Self {
        Self {
            best: f64::INFINITY,
            epochs: 0,
        }
    }
}

impl<F: Scalar> Callback<F> for NoProgress {
    fn epoch_end(&mut self, epoch: &Epoch, _: &mut FitContext<'_, F>) -> Flow {
        let loss = epoch.train.loss;
        self.epochs = if loss > self.best - 1e-4 {
            self.epochs + 1
        } else {
            0
        };
        self.best = self.best.min(loss);
        if self.epochs > 10 {
            return Flow::Stop("the training loss fell by less than 0.0001 for 10 epochs".into());
        }
        Flow::Continue
    }

    fn state(&self) -> Option<CallbackState<F>> {
        // JSON has no infinity
        let memory = (self.best.is_finite().then_some(self.best), self.epochs);
        Some(CallbackState::new("no_progress", &memory))
    }

    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        let (best, epochs): (Option<f64>, usize) = state.read("no_progress")?;
        (self.best, self.epochs) = (best.unwrap_or(f64::INFINITY), epochs);
        Ok(())
    }
}
