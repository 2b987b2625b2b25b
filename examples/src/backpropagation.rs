//! Backpropagation on one input, one hidden neuron and one output, all linear: by the chain rule
//! written out, and by dl-nn.

use std::error::Error;

use dl_math::{Scalar, rand::Rng};
use dl_nn::prelude::*;
use ndarray::{Array1, aview2};

/// What is to be learnt: y = 2x + 1.
pub const SLOPE: f64 = 2.0;
/// See [`SLOPE`].
pub const INTERCEPT: f64 = 1.0;
/// Standard deviation of the noise around the line.
pub const NOISE: f64 = 0.4;

/// `n` points x of [−1, 1], evenly spaced, and y = 2x + 1 + 0.4·N(0, 1).
pub fn noisy_line(n: usize, rng: &mut impl Rng) -> (Array1<f64>, Array1<f64>) {
    let x = Array1::linspace(-1.0, 1.0, n);
    let y = x.mapv(|x| SLOPE * x + INTERCEPT + NOISE * f64::standard_normal(rng));
    (x, y)
}

/// The network: hidden = w1·x + b1, output = w2·hidden + b2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    /// Weight of the hidden neuron.
    pub w1: f64,
    /// Bias of the hidden neuron.
    pub b1: f64,
    /// Weight of the output.
    pub w2: f64,
    /// Bias of the output.
    pub b2: f64,
}

impl Network {
    /// w1, b1, w2, b2, each from N(0, 1).
    pub fn random(rng: &mut impl Rng) -> Self {
        Self {
            w1: f64::standard_normal(rng),
            b1: f64::standard_normal(rng),
            w2: f64::standard_normal(rng),
            b2: f64::standard_normal(rng),
        }
    }

    /// w1·w2, as w2·(w1·x + b1) + b2 = w1·w2·x + (w2·b1 + b2).
    pub fn slope(&self) -> f64 {
        self.w1 * self.w2
    }

    /// w2·b1 + b2.
    pub fn intercept(&self) -> f64 {
        self.w2 * self.b1 + self.b2
    }
}

/// The course of a training, one value an update.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The squared error of the update's point, before the update.
    pub loss: Vec<f64>,
    /// w1 after the update; the others likewise.
    pub w1: Vec<f64>,
    /// b1.
    pub b1: Vec<f64>,
    /// w2.
    pub w2: Vec<f64>,
    /// b2.
    pub b2: Vec<f64>,
}

impl History {
    fn push(&mut self, loss: f64, network: Network) {
        self.loss.push(loss);
        self.w1.push(network.w1);
        self.b1.push(network.b1);
        self.w2.push(network.w2);
        self.b2.push(network.b2);
    }

    /// The network after the last update; `None` where there was none.
    pub fn network(&self) -> Option<Network> {
        Some(Network {
            w1: *self.w1.last()?,
            b1: *self.b1.last()?,
            w2: *self.w2.last()?,
            b2: *self.b2.last()?,
        })
    }
}

/// Stochastic gradient descent, one update a point, the points in their order, with every
/// derivative of the chain rule written out (Goodfellow et al. 2016, section 6.5).
///
/// One pass over the points for each item of `epochs`: a range, or one behind a progress bar.
pub fn by_hand<T>(
    x: &Array1<f64>,
    y: &Array1<f64>,
    start: Network,
    learning_rate: f64,
    epochs: impl IntoIterator<Item = T>,
) -> History {
    let Network {
        mut w1,
        mut b1,
        mut w2,
        mut b2,
    } = start;
    let mut history = History::default();
    for _ in epochs {
        for (&x, &y) in x.iter().zip(y) {
            // forward
            let hidden = w1 * x + b1;
            let output = w2 * hidden + b2;
            let loss = (output - y).powi(2);

            // the derivatives of these three lines, last line first
            let d_loss_d_output = 2.0 * (output - y);
            let d_output_d_w2 = hidden;
            let d_output_d_b2 = 1.0;
            let d_output_d_hidden = w2;
            let d_hidden_d_w1 = x;
            let d_hidden_d_b1 = 1.0;

            // chain rule: multiply along the path from the loss to the parameter
            let d_loss_d_w2 = d_loss_d_output * d_output_d_w2;
            let d_loss_d_b2 = d_loss_d_output * d_output_d_b2;
            let d_loss_d_w1 = d_loss_d_output * d_output_d_hidden * d_hidden_d_w1;
            let d_loss_d_b1 = d_loss_d_output * d_output_d_hidden * d_hidden_d_b1;

            // gradient descent
            w1 -= learning_rate * d_loss_d_w1;
            b1 -= learning_rate * d_loss_d_b1;
            w2 -= learning_rate * d_loss_d_w2;
            b2 -= learning_rate * d_loss_d_b2;

            history.push(loss, Network { w1, b1, w2, b2 });
        }
    }
    history
}

/// The same training by dl-nn: two dense layers of one unit, a step a point.
///
/// # Errors
/// A learning rate out of range, data that are not finite, or a loss that has become so.
pub fn by_dl_nn<T>(
    x: &Array1<f64>,
    y: &Array1<f64>,
    start: Network,
    learning_rate: f64,
    epochs: impl IntoIterator<Item = T>,
) -> Result<History, Box<dyn Error>> {
    let mut model = Sequential::input([1])
        .push(Dense::new(1))
        .push(Dense::new(1))
        .build(0)?;
    let values = [start.w1, start.b1, start.w2, start.b2];
    for ((_, mut parameter), value) in model.params_mut().zip(values) {
        parameter.fill(value);
    }
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(learning_rate))?;
    let mut history = History::default();
    for _ in epochs {
        for (&x, &y) in x.iter().zip(y) {
            let loss = trainer.step(aview2(&[[x]]), aview2(&[[y]]))?;
            let mut parameters = trainer.model().params().map(|(_, value)| value.sum());
            let mut next = || parameters.next().expect("two layers of kernel and bias");
            let (w1, b1, w2, b2) = (next(), next(), next(), next());
            history.push(loss, Network { w1, b1, w2, b2 });
        }
    }
    Ok(history)
}
