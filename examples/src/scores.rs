//! Two tasks of one output, and the probabilities logistic regression gives on them.

use std::error::Error;

use dl_data::{Dataset, ImageDataset, StandardScaler, generator, iris};
use dl_math::{sampling::permutation, special::logit, special::sigmoid};
use dl_nn::metrics::{ConfusionMatrix, MetricError};
use dl_nn::prelude::*;
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};

/// What a model says about samples it has not seen, and what is so.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Whether the sample is a positive.
    pub truth: Array1<bool>,
    /// The probability the model gives that.
    pub probability: Array1<f64>,
}

/// Versicolor against the two other species of Iris: each flower's probability comes from a logistic
/// regression that was fitted, scaler and all, on the other four of five folds.
///
/// # Errors
/// None for Iris.
pub fn versicolor(seed: u64) -> Result<Scores, Box<dyn Error>> {
    let data = iris::<f64>();
    let mut probability = Array1::zeros(data.len());
    for fold in data.k_fold(5, &mut generator(seed))? {
        let (train, test) = (data.select(&fold.train)?, data.select(&fold.test)?);
        let scaler = StandardScaler::fit(train.features())?;
        let model = Sequential::input([4]).push(Dense::new(1)).build(seed)?;
        let mut trainer = Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(0.05))?;
        let x = scaler.transform(train.features())?;
        trainer.fit(&x, is_versicolor(&train), Fit::epochs(100))?;
        let predicted = trainer.predict(&scaler.transform(test.features())?)?;
        for (&row, &p) in fold.test.iter().zip(&predicted) {
            probability[row] = p;
        }
    }
    let truth = is_versicolor(&data).mapv(|label| label == 1);
    Ok(Scores { truth, probability })
}

fn is_versicolor(data: &Dataset<f64>) -> Array1<usize> {
    data.labels().mapv(|species| usize::from(species == 1))
}

/// Is the digit a 5? Logistic regression on the pixels of `train`, asked about those of `test`.
///
/// # Errors
/// Images of another shape than MNIST's.
pub fn fives(
    train: &ImageDataset<f32>,
    test: &ImageDataset<f32>,
    seed: u64,
) -> Result<Scores, Box<dyn Error>> {
    let is_five = |data: &ImageDataset<f32>| data.labels().mapv(|digit| usize::from(digit == 5));
    let model = Sequential::input([28, 28, 1])
        .push(Flatten)
        .push(Dense::new(1))
        .build(seed)?;
    let mut trainer = Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(1e-3))?;
    let fit = Fit::epochs(10).batch_size(64);
    trainer.fit(train.images(), is_five(train), fit)?;
    let predicted = trainer.predict_matrix(test.images())?;
    Ok(Scores {
        truth: is_five(test).mapv(|label| label == 1),
        probability: predicted.column(0).mapv(f64::from),
    })
}

impl Scores {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// Number of positives.
    pub fn positives(&self) -> usize {
        self.truth.iter().filter(|&&positive| positive).count()
    }

    /// Class 1 for the positives.
    pub fn labels(&self) -> Array1<usize> {
        self.truth.mapv(usize::from)
    }

    /// Counts where a probability above `threshold` is taken for a yes.
    ///
    /// # Errors
    /// No samples.
    pub fn confusion(&self, threshold: f64) -> Result<ConfusionMatrix, MetricError> {
        let predicted = self.probability.mapv(|p| usize::from(p > threshold));
        ConfusionMatrix::new(&self.labels(), &predicted, 2)
    }

    /// The same ranking with every logit multiplied by `factor`: above 1 the model is surer of
    /// itself, without knowing more.
    pub fn sharpened(&self, factor: f64) -> Self {
        let sharpen = |p| sigmoid(factor * logit(p));
        Self {
            truth: self.truth.clone(),
            probability: self.probability.mapv(sharpen),
        }
    }

    /// As many of the samples as possible, drawn at random, of which the share `positives` is
    /// positive.
    pub fn rebalanced(&self, positives: f64, seed: u64) -> Self {
        let order =
            permutation(self.len(), &mut generator(seed)).expect("as many numbers as samples");
        let (yes, no): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|&i| self.truth[i]);
        let n = (yes.len() as f64 / positives).min(no.len() as f64 / (1.0 - positives));
        let take = |rows: &[usize], share: f64| {
            let count = (share * n).round() as usize;
            rows[..count.min(rows.len())].to_vec()
        };
        let rows = [take(&yes, positives), take(&no, 1.0 - positives)].concat();
        Self {
            truth: self.truth.select(Axis(0), &rows),
            probability: self.probability.select(Axis(0), &rows),
        }
    }
}

/// Accuracy and precision on data of which the share `positives` is positive, of a classifier that
/// says yes to the share `recall` of the positives and `false_alarms` of the negatives.
pub fn at_balance(positives: f64, recall: f64, false_alarms: f64) -> (f64, f64) {
    let (found, alarms) = (positives * recall, (1.0 - positives) * false_alarms);
    let accuracy = found + (1.0 - positives) - alarms;
    (accuracy, found / (found + alarms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Scores {
        Scores {
            truth: (0..100).map(|i| i % 4 == 0).collect(),
            probability: (0..100).map(|i| (f64::from(i) + 0.5) / 100.0).collect(),
        }
    }

    #[test]
    fn rebalancing_takes_all_it_can() {
        let scores = scores();
        for (share, yes, no) in [(0.5, 25, 25), (0.1, 8, 75), (0.25, 25, 75)] {
            let some = scores.rebalanced(share, 1);
            assert_eq!((some.positives(), some.len()), (yes, yes + no), "{share}");
        }
    }

    #[test]
    fn sharpening_moves_towards_certainty_and_keeps_the_order() {
        let (before, after) = (scores(), scores().sharpened(2.0));
        for (&p, &q) in before.probability.iter().zip(&after.probability) {
            assert!((q - 0.5).abs() > (p - 0.5).abs() && (q > 0.5) == (p > 0.5));
        }
    }

    #[test]
    fn balance_is_the_confusion_matrix_divided_by_n() {
        // of 1000: 80 found, 20 missed, 90 false alarms
        let (accuracy, precision) = at_balance(0.1, 0.8, 0.1);
        assert!((accuracy - 0.89).abs() <= 1e-12);
        assert!((precision - 80.0 / 170.0).abs() <= 1e-12);
    }
}
