//! Our side: fits for a seed and a fold.

use std::error::Error;
use std::time::Instant;

use dl_data::Scalar;
use dl_nn::metrics::r2_score;
use dl_nn::ndarray::Axis;
use dl_nn::prelude::{Fit, Trainer};

use super::folds::{Folds, Labels, Rows};
use super::network::{BATCH, EPOCHS, trainer};
use crate::bench::side::{Measure, Side};

pub(super) struct Ours<F> {
    folds: Folds<F>,
    seeds_per_round: usize,
    /// One a seed, with one a fold.
    scores: Vec<Vec<f64>>,
}

impl<F: Scalar> Ours<F> {
    pub(super) fn new(folds: Folds<F>, seeds_per_round: usize) -> Self {
        Self {
            folds,
            seeds_per_round,
            scores: Vec::new(),
        }
    }
}

impl<F: Scalar> Side for Ours<F> {
    fn name(&self) -> String {
        "ours".into()
    }

    /// A fit for each fold with the next seeds: building, initialising and training, like scikit-learn's `fit`.
    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        let (mut seconds, mut amount) = (0.0, 0.0);
        for _ in 0..self.seeds_per_round {
            let (seed, mut scores) = (self.scores.len() as u64, Vec::new());
            for fold in &self.folds.folds {
                let Rows { x, target } = &fold.train;
                let start = Instant::now();
                let mut trainer = trainer(self.folds.task, x.ncols(), x.nrows(), seed)?;
                let options = Fit::epochs(EPOCHS).batch_size(BATCH);
                trainer.fit(x, target.view(), options)?;
                seconds += start.elapsed().as_secs_f64();
                amount += 1.0;
                scores.push(score(&trainer, &fold.test)?);
            }
            self.scores.push(scores);
        }
        Ok(Measure::Work { seconds, amount })
    }

    fn scores(&self) -> &[Vec<f64>] {
        &self.scores
    }
}

/// The accuracy, or R² where values are predicted.
fn score<F: Scalar>(trainer: &Trainer<F>, rows: &Rows<F>) -> Result<f64, Box<dyn Error>> {
    match &rows.target {
        Labels::Values(values) => {
            let predicted = trainer.predict_matrix(&rows.x)?;
            Ok(r2_score(values, &predicted.index_axis(Axis(1), 0))?)
        }
        Labels::Classes(_) => {
            let evaluation = trainer.evaluate(&rows.x, rows.target.view())?;
            Ok(evaluation.accuracy.ok_or("classes have an accuracy")?)
        }
    }
}
