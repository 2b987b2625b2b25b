//! What a test is worth when a step before the training has seen the test rows.

use std::error::Error;

use dl_data::{Dataset, DatasetError, Pca, StandardScaler, iris};
use dl_math::{Scalar, rand::Rng, random::generator, sampling::permutation};
use dl_nn::prelude::*;
use ndarray::{Array1, Array2, Axis, concatenate};

use crate::iris::{BATCH_SIZE, NoProgress, network, trainer};

/// The rows a step of the preparation is learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LearntFrom {
    /// Training and test rows.
    AllRows,
    /// The training rows alone.
    TrainingRows,
}

impl LearntFrom {
    /// As it is written in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllRows => "all rows",
            Self::TrainingRows => "training rows",
        }
    }

    /// The features of these rows.
    fn rows(self, train: &Array2<f64>, test: &Array2<f64>) -> Array2<f64> {
        match self {
            Self::AllRows => concatenate![Axis(0), *train, *test],
            Self::TrainingRows => train.clone(),
        }
    }
}

/// Standardises both sides and, where asked for, projects them on principal components; means,
/// deviations and components are learnt from `from`.
///
/// # Errors
/// Where there are too few rows or columns.
pub fn prepare(
    train: &Dataset<f64>,
    test: &Dataset<f64>,
    components: Option<usize>,
    from: LearntFrom,
) -> Result<(Dataset<f64>, Dataset<f64>), DatasetError> {
    let rows = from.rows(train.features(), test.features());
    let scaler = StandardScaler::fit(&rows)?;
    let pca = components
        .map(|components| Pca::fit(&scaler.transform(&rows)?, components))
        .transpose()?;
    let change = |data: &Dataset<f64>| {
        let mut features = scaler.transform(data.features())?;
        if let Some(pca) = &pca {
            features = pca.transform(&features)?;
        }
        let names = (1..=features.ncols()).map(|i| format!("input {i}"));
        data.clone().with_features(features, names.collect())
    };
    Ok((change(train)?, change(test)?))
}

/// A trained network's shares of right answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// On the rows it learnt from.
    pub training: f64,
    /// On the others.
    pub test: f64,
}

/// The (10, 10) network of [`crate::iris`], trained by its rules.
///
/// # Errors
/// As training.
pub fn learn(
    train: &Dataset<f64>,
    test: &Dataset<f64>,
    seed: u64,
) -> Result<Accuracy, Box<dyn Error + Send + Sync>> {
    let fit = Fit::epochs(1000).callback(NoProgress::default());
    fitted(trainer(train, seed)?, fit, train, test)
}

/// The same network with ten times the learning rate and a stronger weight penalty, for 200 epochs.
///
/// # Errors
/// As training.
pub fn learn_at_rate_001(
    train: &Dataset<f64>,
    test: &Dataset<f64>,
    seed: u64,
) -> Result<Accuracy, Box<dyn Error + Send + Sync>> {
    let model = network(train.features().ncols(), train.class_names().len(), seed)?;
    let optimizer = Adam::new(0.01).l2(0.01);
    let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), optimizer)?;
    fitted(trainer, Fit::epochs(200), train, test)
}

fn fitted(
    mut trainer: Trainer<f64>,
    fit: Fit<'_, f64>,
    train: &Dataset<f64>,
    test: &Dataset<f64>,
) -> Result<Accuracy, Box<dyn Error + Send + Sync>> {
    let fit = fit.batch_size(BATCH_SIZE);
    trainer.fit(train.features(), train.labels(), fit)?;
    let share = |data: &Dataset<f64>| {
        let evaluation = trainer.evaluate(data.features(), data.labels());
        evaluation.map(|evaluation| evaluation.accuracy.unwrap_or(0.0))
    };
    Ok(Accuracy {
        training: share(train)?,
        test: share(test)?,
    })
}

/// Iris, split by the seed, `test_fraction` of it to test on.
///
/// # Errors
/// A share that leaves a side without a class.
pub fn iris_split(
    test_fraction: f64,
    seed: u64,
) -> Result<(Dataset<f64>, Dataset<f64>), DatasetError> {
    iris().split(test_fraction, &mut generator(seed))
}

/// Rows of standard normal numbers, half of them called "yes" and half "no" at random: there is
/// nothing to learn.
///
/// # Errors
/// Fewer than two rows, or no column.
pub fn noise(
    rows: usize,
    columns: usize,
    rng: &mut impl Rng,
) -> Result<Dataset<f64>, DatasetError> {
    let features = Array2::from_shape_simple_fn((rows, columns), || f64::standard_normal(rng));
    let labels: Array1<usize> = permutation(rows, rng)?.iter().map(|row| row % 2).collect();
    let names = (1..=columns).map(|i| format!("noise {i}")).collect();
    Dataset::new(features, labels, names, vec!["no".into(), "yes".into()])
}

/// The correlation of each column with the class, which is 0 or 1:
/// r = (1/n)·Σᵢ zᵢ·tᵢ, with both standardised.
///
/// # Errors
/// No row.
pub fn correlations(
    features: &Array2<f64>,
    labels: &Array1<usize>,
) -> Result<Array1<f64>, DatasetError> {
    let standardised = |values: &Array2<f64>| StandardScaler::fit(values)?.transform(values);
    let class = labels.mapv(|label| label as f64).insert_axis(Axis(1));
    let (z, t) = (standardised(features)?, standardised(&class)?);
    Ok(z.t().dot(&t).index_axis_move(Axis(1), 0) / labels.len() as f64)
}

/// The `count` columns whose correlation with the class is largest in magnitude, in `from`'s rows.
///
/// # Errors
/// No row.
pub fn select(
    train: &Dataset<f64>,
    test: &Dataset<f64>,
    count: usize,
    from: LearntFrom,
) -> Result<Vec<usize>, DatasetError> {
    let rows = from.rows(train.features(), test.features());
    let labels = match from {
        LearntFrom::AllRows => concatenate![Axis(0), *train.labels(), *test.labels()],
        LearntFrom::TrainingRows => train.labels().clone(),
    };
    let strength = correlations(&rows, &labels)?.mapv(f64::abs);
    let mut columns: Vec<usize> = (0..strength.len()).collect();
    columns.sort_by(|&a, &b| strength[b].total_cmp(&strength[a]));
    columns.truncate(count);
    Ok(columns)
}

/// The same rows with these columns alone.
///
/// # Errors
/// No column.
pub fn with_columns(data: &Dataset<f64>, columns: &[usize]) -> Result<Dataset<f64>, DatasetError> {
    let features = data.features().select(Axis(1), columns);
    let names = columns.iter().map(|&c| data.feature_names()[c].clone());
    data.clone().with_features(features, names.collect())
}
