//! Gradient descent on a function of two variables, and what the curvature of a loss says about the
//! learning rate.

use std::error::Error;

use dl_nn::optim::{Optimizer, Parameter, Sgd};
use dl_nn::train::Trainer;
use dl_nn::{IntoTarget, Model};
use ndarray::{Array1, Array2};

/// A point of the plane.
pub type Point = [f64; 2];

/// L(w) = ½(λ₁w₁² + λ₂w₂²), a bowl with its lowest point at 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quadratic {
    /// λ₁ and λ₂, the second derivatives along the axes.
    pub curvatures: Point,
}

impl Quadratic {
    /// ½(λ₁w₁² + λ₂w₂²).
    pub fn loss(&self, w: Point) -> f64 {
        let [a, b] = self.curvatures;
        0.5 * (a * w[0] * w[0] + b * w[1] * w[1])
    }

    /// (λ₁w₁, λ₂w₂).
    pub fn gradient(&self, w: Point) -> Point {
        [self.curvatures[0] * w[0], self.curvatures[1] * w[1]]
    }
}

/// The points that an optimiser visits on its way from `start`, the start among them.
///
/// # Errors
/// Never, for a function whose gradient has two values.
pub fn descend(
    mut optimizer: Optimizer<f64>,
    start: Point,
    steps: usize,
    gradient: impl Fn(Point) -> Point,
) -> Result<Vec<Point>, Box<dyn Error>> {
    let mut path = vec![start];
    let mut w = start;
    for _ in 0..steps {
        let grad = gradient(w);
        let parameter = Parameter::new("w", &mut w, &grad);
        optimizer.step(&mut [parameter], 1.0)?;
        path.push(w);
    }
    Ok(path)
}

/// [`descend`] by plain gradient descent, w ← w − η ∇L(w).
///
/// # Errors
/// A learning rate that is not positive and finite.
pub fn gradient_descent(
    learning_rate: f64,
    start: Point,
    steps: usize,
    gradient: impl Fn(Point) -> Point,
) -> Result<Vec<Point>, Box<dyn Error>> {
    let optimizer = Optimizer::new(Sgd::new(learning_rate))?;
    descend(optimizer, start, steps, gradient)
}

/// All parameters of a model in a row.
pub fn parameters(model: &Model<f64>) -> Array1<f64> {
    let values = model
        .params()
        .flat_map(|(_, value)| value.iter().copied().collect::<Vec<_>>());
    values.collect()
}

/// Puts a row of parameters back.
pub fn set_parameters(model: &mut Model<f64>, row: &Array1<f64>) {
    let mut row = row.iter();
    for (_, mut value) in model.params_mut() {
        for (value, &new) in value.iter_mut().zip(&mut row) {
            *value = new;
        }
    }
}

/// The gradient of the mean loss of these samples at the trainer's weights, all parameters in a row: that
/// of a step, which is undone.
///
/// # Errors
/// Samples or targets that do not fit.
pub fn gradient<'a>(
    trainer: &mut Trainer<f64>,
    x: &'a Array2<f64>,
    targets: impl IntoTarget<'a, f64>,
) -> Result<Array1<f64>, Box<dyn Error>> {
    let before = parameters(trainer.model());
    trainer.step(x, targets)?;
    set_parameters(trainer.model_mut(), &before);
    let grads = trainer.grads().iter().flatten();
    Ok(grads.flat_map(|grad| grad.iter().copied()).collect())
}

/// The largest curvature of a loss at w: the largest eigenvalue of its Hessian H, by power iteration
/// (v ← Hv / ‖Hv‖), with Hv = [∇L(w + εv) − ∇L(w − εv)] / 2ε.
///
/// # Errors
/// As `gradient`.
pub fn largest_curvature(
    w: &Array1<f64>,
    mut gradient: impl FnMut(&Array1<f64>) -> Result<Array1<f64>, Box<dyn Error>>,
) -> Result<f64, Box<dyn Error>> {
    const STEP: f64 = 1e-4;
    let mut v: Array1<f64> = (1..=w.len()).map(|i| (i as f64).sin()).collect();
    let mut curvature = 0.0;
    for _ in 0..500 {
        v /= v.dot(&v).sqrt();
        let step = STEP * &v;
        let product = (gradient(&(w + &step))? - gradient(&(w - &step))?) / (2.0 * STEP);
        curvature = v.dot(&product);
        v = product;
    }
    Ok(curvature)
}

/// The x values and the y values of a path.
pub fn coordinates(path: &[Point]) -> (Vec<f64>, Vec<f64>) {
    path.iter().map(|w| (w[0], w[1])).unzip()
}
