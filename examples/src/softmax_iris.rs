//! Softmax regression on Fisher's Iris with an L2 penalty, by gradient descent on all flowers at once.

use std::error::Error;

use dl_data::{Dataset, StandardScaler, iris};
use dl_nn::init::Initializer;
use dl_nn::prelude::*;
use ndarray::{Array1, Array2};

use crate::descent;

/// λ of the penalty ½λΣw² on the kernel.
pub const PENALTY: f64 = 0.1;

/// The standardised flowers, and their classes.
#[derive(Debug, Clone)]
pub struct Flowers {
    /// `[150, 4]`, each column of mean 0 and standard deviation 1.
    pub x: Array2<f64>,
    /// 0, 1 or 2.
    pub classes: Vec<usize>,
}

impl Flowers {
    /// Reads and standardises them.
    ///
    /// # Errors
    /// Never.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let data: Dataset<f64> = iris();
        let x = StandardScaler::fit(data.features())?.transform(data.features())?;
        Ok(Self {
            x,
            classes: data.labels().to_vec(),
        })
    }
}

/// Softmax regression, one dense layer from four features to three logits, all weights 0.
///
/// # Errors
/// A learning rate that is not positive and finite.
pub fn trainer(learning_rate: f64) -> Result<Trainer<f64>, Box<dyn Error>> {
    let model = Sequential::input([4])
        .push(Dense::new(3).kernel_initializer(Initializer::Zeros))
        .build(0)?;
    let optimizer = Sgd::new(learning_rate).l2(PENALTY);
    Ok(Trainer::new(model, SoftmaxCrossEntropy::new(), optimizer)?)
}

/// ½λΣw² of the kernel.
pub fn penalty(model: &Model<f64>) -> f64 {
    let params = model.layers().iter().flat_map(|named| named.layer.params());
    let kernels = params.filter(|param| param.decay);
    let squares = kernels.map(|kernel| kernel.value.iter().map(|w| w * w).sum::<f64>());
    0.5 * PENALTY * squares.sum::<f64>()
}

/// The loss, penalty included, before each of `steps` steps of gradient descent and after the last.
///
/// # Errors
/// A loss that is no longer finite.
pub fn losses(
    trainer: &mut Trainer<f64>,
    flowers: &Flowers,
    steps: usize,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut losses = Vec::with_capacity(steps + 1);
    for _ in 0..steps {
        let penalty = penalty(trainer.model());
        losses.push(trainer.step(&flowers.x, &flowers.classes)? + penalty);
    }
    let last = trainer.evaluate(&flowers.x, &flowers.classes)?.loss;
    losses.push(last + penalty(trainer.model()));
    Ok(losses)
}

/// The gradient of the loss, penalty included, at the parameters w.
///
/// # Errors
/// Never, for finite parameters.
pub fn gradient(
    trainer: &mut Trainer<f64>,
    flowers: &Flowers,
    w: &Array1<f64>,
) -> Result<Array1<f64>, Box<dyn Error>> {
    descent::set_parameters(trainer.model_mut(), w);
    let mut gradient = descent::gradient(trainer, &flowers.x, &flowers.classes)?;
    // the kernel [4, 3] comes before the bias [3]
    for (slope, weight) in gradient.iter_mut().zip(w).take(4 * 3) {
        *slope += PENALTY * weight;
    }
    Ok(gradient)
}

/// The largest eigenvalue of the features' second moments (1/n) Σ x̃x̃ᵀ, x̃ = (x, 1).
///
/// # Errors
/// Never.
pub fn largest_second_moment(flowers: &Flowers) -> Result<f64, Box<dyn Error>> {
    let n = flowers.x.nrows();
    let mut with_one = flowers.x.clone();
    with_one.push_column(Array1::ones(n).view())?;
    let moments = with_one.t().dot(&with_one) / n as f64;
    // the Hessian of ½vᵀMv is M
    descent::largest_curvature(&Array1::zeros(5), |v| Ok(moments.dot(v)))
}
