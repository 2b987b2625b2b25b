//! A line through Iris's petals, width on length, both standardised: a model of two parameters.

use std::error::Error;

use dl_data::{Batches, LastBatch, StandardScaler, generator, iris};
use dl_math::{random::Generator, sampling::permutation};
use dl_nn::prelude::*;
use ndarray::{Array1, Array2, Axis};

use crate::descent::{Point, gradient, parameters};

/// The flowers' petals.
#[derive(Debug, Clone)]
pub struct Petals {
    /// Lengths, `[150, 1]`, of mean 0 and standard deviation 1.
    pub x: Array2<f64>,
    /// Widths, likewise.
    pub y: Array2<f64>,
}

impl Petals {
    /// Reads and standardises them.
    ///
    /// # Errors
    /// Never.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let data = iris::<f64>();
        let columns = data.features().select(Axis(1), &[2, 3]);
        let columns = StandardScaler::fit(&columns)?.transform(&columns)?;
        Ok(Self {
            x: columns.select(Axis(1), &[0]),
            y: columns.select(Axis(1), &[1]),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.x.nrows()
    }

    /// (1/n) Σ xy, the correlation ρ of two standardised columns, which is the best slope.
    pub fn correlation(&self) -> f64 {
        (&self.x * &self.y).sum() / self.count() as f64
    }

    /// The mean squared error of y = slope·x + intercept over all flowers. With means 0 and mean squares 1
    /// it is (1/n) Σ (slope·x + intercept − y)² = slope² + intercept² + 1 − 2ρ·slope.
    pub fn loss(&self, [slope, intercept]: Point) -> f64 {
        slope * slope + intercept * intercept + 1.0 - 2.0 * self.correlation() * slope
    }

    /// The least loss, 1 − ρ².
    pub fn least_loss(&self) -> f64 {
        self.loss([self.correlation(), 0.0])
    }

    /// A dense layer of one input and one output at these parameters, trained by plain gradient descent.
    ///
    /// # Errors
    /// A learning rate that is not positive and finite.
    pub fn trainer(
        &self,
        [slope, intercept]: Point,
        learning_rate: f64,
    ) -> Result<Trainer<f64>, Box<dyn Error>> {
        let mut model = Sequential::input([1]).push(Dense::new(1)).build(0)?;
        for ((_, mut parameter), value) in model.params_mut().zip([slope, intercept]) {
            parameter.fill(value);
        }
        Ok(Trainer::new(
            model,
            MeanSquaredError::new(),
            Sgd::new(learning_rate),
        )?)
    }

    /// The points (slope, intercept) that descent with batches of `batch` flowers visits from `start` on,
    /// in `passes` passes over all flowers, each in another order.
    ///
    /// # Errors
    /// A batch of no flowers or of more than there are; a loss that is no longer finite.
    pub fn descend(
        &self,
        start: Point,
        learning_rate: f64,
        batch: usize,
        passes: usize,
        rng: &mut Generator,
    ) -> Result<Vec<Point>, Box<dyn Error>> {
        let mut trainer = self.trainer(start, learning_rate)?;
        let mut path = vec![start];
        for _ in 0..passes {
            for rows in &Batches::shuffled(self.count(), batch, LastBatch::Keep, rng)? {
                let (x, y) = (self.x.select(Axis(0), rows), self.y.select(Axis(0), rows));
                trainer.step(&x, &y)?;
                let w = parameters(trainer.model());
                path.push([w[0], w[1]]);
            }
        }
        Ok(path)
    }

    /// The mean over the later half of a path of its points' loss above the least.
    pub fn settled_excess(&self, path: &[Point]) -> f64 {
        let late = &path[path.len() / 2..];
        late.iter().map(|&w| self.loss(w)).sum::<f64>() / late.len() as f64 - self.least_loss()
    }

    /// The noise of a batch's gradient at a point, √E‖g_B − g‖², measured over `draws` random batches.
    ///
    /// # Errors
    /// Never.
    pub fn noise(
        &self,
        at: Point,
        batch: usize,
        draws: usize,
        rng: &mut Generator,
    ) -> Result<f64, Box<dyn Error>> {
        let mut trainer = self.trainer(at, 1e-3)?;
        let all: Array1<f64> = gradient(&mut trainer, &self.x, &self.y)?;
        let mut sum = 0.0;
        for _ in 0..draws {
            let rows = &permutation(self.count(), rng)?[..batch];
            let (x, y) = (self.x.select(Axis(0), rows), self.y.select(Axis(0), rows));
            let error = gradient(&mut trainer, &x, &y)? - &all;
            sum += error.dot(&error);
        }
        Ok((sum / draws as f64).sqrt())
    }

    /// σ, the root mean square distance of a single flower's gradient from that of all: the noise of
    /// batches of one.
    ///
    /// # Errors
    /// Never.
    pub fn spread(&self, at: Point) -> Result<f64, Box<dyn Error>> {
        let mut trainer = self.trainer(at, 1e-3)?;
        let all: Array1<f64> = gradient(&mut trainer, &self.x, &self.y)?;
        let mut sum = 0.0;
        for row in 0..self.count() {
            let (x, y) = (
                self.x.select(Axis(0), &[row]),
                self.y.select(Axis(0), &[row]),
            );
            let error = gradient(&mut trainer, &x, &y)? - &all;
            sum += error.dot(&error);
        }
        Ok((sum / self.count() as f64).sqrt())
    }
}

/// The share of σ that is left in the mean of `batch` of `count` gradients drawn without putting back:
/// √((1/B)·(n − B)/(n − 1)).
pub fn noise_share(batch: usize, count: usize) -> f64 {
    let (b, n) = (batch as f64, count as f64);
    ((n - b) / (n - 1.0) / b).sqrt()
}

/// The generator of this chapter's random numbers.
pub fn chapter_generator() -> Generator {
    generator(42)
}
