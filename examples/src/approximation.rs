//! Networks of one hidden layer that approximate a function of one variable on [0, 1]: built by hand, and trained.

use std::error::Error;
use std::f64::consts::PI;

use dl_math::activation::sigmoid;
use dl_nn::init::Initializer;
use dl_nn::prelude::*;
use dl_nn::schedule::Cosine;
use ndarray::{Array1, Array2, Axis};

use crate::descent::set_parameters;

/// What is to be approximated: f(x) = sin 2πx + ½ sin 6πx.
pub fn target(x: f64) -> f64 {
    (2.0 * PI * x).sin() + 0.5 * (6.0 * PI * x).sin()
}

/// The largest |f′|: f′(x) = 2π cos 2πx + 3π cos 6πx, which is 5π at 0.
pub const LIPSCHITZ: f64 = 5.0 * PI;

/// |f″| is at most (2π)² + ½(6π)² = 22π².
pub const CURVATURE: f64 = 22.0 * PI * PI;

/// A bump on [a, b] from two steep sigmoids: σ(s(x − a)) − σ(s(x − b)).
pub fn bump(x: f64, (a, b): (f64, f64), steepness: f64) -> f64 {
    sigmoid(steepness * (x - a)) - sigmoid(steepness * (x - b))
}

/// A model of one input, a hidden layer and one linear output with these parameters.
fn one_hidden_layer(
    activation: Activation,
    kernel: &[f64],
    bias: &[f64],
    output_kernel: &[f64],
    output_bias: f64,
) -> Result<Model<f64>, Box<dyn Error>> {
    let mut model = Sequential::input([1])
        .push(Dense::new(kernel.len()).activation(activation))
        .push(Dense::new(1))
        .build(0)?;
    let parameters = [kernel, bias, output_kernel, &[output_bias]].concat();
    set_parameters(&mut model, &Array1::from(parameters));
    Ok(model)
}

/// A staircase of `steps` ≥ 2 steps of width h = 1/steps, each as high as `f` in its middle, from `steps` − 1
/// sigmoids of steepness `sharpness`/h: f(m₁) + Σₖ (f(mₖ₊₁) − f(mₖ)) σ(s(x − kh)), mₖ = (k − ½)h.
///
/// # Errors
/// Fewer than two steps.
pub fn staircase(
    f: impl Fn(f64) -> f64,
    steps: usize,
    sharpness: f64,
) -> Result<Model<f64>, Box<dyn Error>> {
    let h = 1.0 / steps as f64;
    let steepness = sharpness / h;
    let height = |step: usize| f((step as f64 + 0.5) * h);
    let borders = 1..steps;
    let kernel = vec![steepness; borders.len()];
    let bias: Vec<f64> = borders.clone().map(|k| -steepness * k as f64 * h).collect();
    let rises: Vec<f64> = borders.map(|k| height(k) - height(k - 1)).collect();
    one_hidden_layer(Sigmoid, &kernel, &bias, &rises, height(0))
}

/// What the staircase of a function with |f(x) − f(x′)| ≤ `lipschitz`·|x − x′| is at most away from it:
/// lipschitz·h·(½ + 1/sinh(sharpness/2)).
pub fn staircase_bound(lipschitz: f64, steps: usize, sharpness: f64) -> f64 {
    lipschitz / steps as f64 * (0.5 + 1.0 / (sharpness / 2.0).sinh())
}

/// The line through `f` at 0, h, 2h … 1 from `pieces` ReLUs: f(0) + Σₖ (sₖ − sₖ₋₁) max(x − kh, 0), where sₖ is
/// the slope of piece k, and s₋₁ = 0.
///
/// # Errors
/// No pieces.
pub fn hinges(f: impl Fn(f64) -> f64, pieces: usize) -> Result<Model<f64>, Box<dyn Error>> {
    let h = 1.0 / pieces as f64;
    let slope = |piece: usize| (f((piece + 1) as f64 * h) - f(piece as f64 * h)) / h;
    let bias: Vec<f64> = (0..pieces).map(|k| -(k as f64) * h).collect();
    let bends: Vec<f64> = (0..pieces)
        .map(|k| {
            if k == 0 {
                slope(0)
            } else {
                slope(k) - slope(k - 1)
            }
        })
        .collect();
    one_hidden_layer(Relu, &vec![1.0; pieces], &bias, &bends, f(0.0))
}

/// What the line through f is at most away from it: h²/8 times the largest |f″|.
pub fn hinges_bound(curvature: f64, pieces: usize) -> f64 {
    curvature / 8.0 / (pieces * pieces) as f64
}

/// `count` points of [0, 1], evenly spaced, as a column.
pub fn points(count: usize) -> Array2<f64> {
    Array1::linspace(0.0, 1.0, count).insert_axis(Axis(1))
}

/// The outputs of a model for a column of inputs.
///
/// # Errors
/// A model that takes something else.
pub fn outputs(model: &Model<f64>, x: &Array2<f64>) -> Result<Vec<f64>, Box<dyn Error>> {
    Ok(model.predict(x)?.into_iter().collect())
}

/// The largest |y − f(x)| over the points.
pub fn worst_error(x: &Array2<f64>, y: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let errors = x.iter().zip(y).map(|(&x, &y)| (y - f(x)).abs());
    errors.fold(0.0, f64::max)
}

/// From [0, 1] to [−1, 1], where the trained network's inputs lie.
pub fn centred(x: &Array2<f64>) -> Array2<f64> {
    2.0 * x - 1.0
}

/// A hidden layer of `width` tanh units trained on 200 points by Adam, its learning rate falling to 0. It
/// takes [`centred`] inputs.
///
/// # Errors
/// A width of 0; a loss that is no longer finite.
pub fn trained(
    f: impl Fn(f64) -> f64,
    width: usize,
    epochs: usize,
    seed: u64,
) -> Result<Model<f64>, Box<dyn Error>> {
    // The transitions of the units, at −b/w, should lie where the function is.
    let hidden = Dense::new(width)
        .activation(Tanh)
        .kernel_initializer(Initializer::Normal { std: 4.0 })
        .bias_initializer(Initializer::Uniform { limit: 4.0 });
    let model = Sequential::input([1])
        .push(hidden)
        .push(Dense::new(1))
        .build(seed)?;
    let x = points(200);
    let y = x.mapv(f);
    let x = centred(&x);
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Adam::new(0.02))?;
    let schedule = LearningRate::per_epoch(Cosine::new(epochs as u64));
    trainer.fit(
        &x,
        &y,
        Fit::epochs(epochs).batch_size(x.nrows()).callback(schedule),
    )?;
    Ok(trainer.into_model())
}
