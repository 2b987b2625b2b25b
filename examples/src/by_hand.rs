//! Backpropagation through a network of two inputs, two hidden neurons and one output, every value
//! and every derivative its own line.

use std::error::Error;

use dl_math::activation::sigmoid;
use dl_nn::prelude::*;
use ndarray::{Array1, Array2, array, aview1, aview2};

use crate::descent;

/// What goes into the worked example: a sample, and the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// The inputs.
    pub x: [f64; 2],
    /// The target.
    pub t: f64,
    /// Weights from input i to hidden neuron j, `w[i][j]`.
    pub w: [[f64; 2]; 2],
    /// Biases of the hidden neurons.
    pub b: [f64; 2],
    /// Weights from the hidden neurons to the output.
    pub v: [f64; 2],
    /// Bias of the output.
    pub c: f64,
}

/// The numbers of the chapter.
pub const EXAMPLE: Example = Example {
    x: [1.0, 2.0],
    t: 1.0,
    w: [[0.5, 1.0], [0.25, -1.0]],
    b: [-0.5, 0.0],
    v: [1.0, -2.0],
    c: 0.5,
};

/// Every value of the forward pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values {
    /// z, what comes to the hidden neurons.
    pub z: [f64; 2],
    /// h = σ(z), their outputs.
    pub h: [f64; 2],
    /// The output.
    pub y: f64,
    /// The loss (y − t)².
    pub loss: f64,
}

/// The derivative of the loss with respect to every value and weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Derivatives {
    /// ∂L/∂y.
    pub y: f64,
    /// ∂L/∂v.
    pub v: [f64; 2],
    /// ∂L/∂c.
    pub c: f64,
    /// ∂L/∂h.
    pub h: [f64; 2],
    /// ∂L/∂z.
    pub z: [f64; 2],
    /// ∂L/∂w.
    pub w: [[f64; 2]; 2],
    /// ∂L/∂b.
    pub b: [f64; 2],
    /// ∂L/∂x.
    pub x: [f64; 2],
}

/// The forward pass.
pub fn forward(example: &Example) -> Values {
    let Example { x, t, w, b, v, c } = *example;
    let z1 = x[0] * w[0][0] + x[1] * w[1][0] + b[0];
    let z2 = x[0] * w[0][1] + x[1] * w[1][1] + b[1];
    let h1 = sigmoid(z1);
    let h2 = sigmoid(z2);
    let y = h1 * v[0] + h2 * v[1] + c;
    let loss = (y - t).powi(2);
    Values {
        z: [z1, z2],
        h: [h1, h2],
        y,
        loss,
    }
}

/// The backward pass: the lines of [`forward`] from the last to the first, each giving the
/// derivatives with respect to what stands on its right.
pub fn backward(example: &Example, values: &Values) -> Derivatives {
    let Example { x, t, w, v, .. } = *example;
    let Values { h, y, .. } = *values;
    // loss = (y − t)²
    let dy = 2.0 * (y - t);
    // y = h1 v1 + h2 v2 + c
    let dv = [dy * h[0], dy * h[1]];
    let dc = dy;
    let dh = [dy * v[0], dy * v[1]];
    // h = σ(z), σ′(z) = h (1 − h)
    let dz1 = dh[0] * h[0] * (1.0 - h[0]);
    let dz2 = dh[1] * h[1] * (1.0 - h[1]);
    // z1 = x1 w11 + x2 w21 + b1,  z2 = x1 w12 + x2 w22 + b2
    let dw = [[dz1 * x[0], dz2 * x[0]], [dz1 * x[1], dz2 * x[1]]];
    let db = [dz1, dz2];
    let dx1 = dz1 * w[0][0] + dz2 * w[0][1];
    let dx2 = dz1 * w[1][0] + dz2 * w[1][1];
    Derivatives {
        y: dy,
        v: dv,
        c: dc,
        h: dh,
        z: [dz1, dz2],
        w: dw,
        b: db,
        x: [dx1, dx2],
    }
}

impl Example {
    /// w, b, v and c in the order of a model's parameters.
    pub fn parameters(&self) -> Array1<f64> {
        let [[w11, w12], [w21, w22]] = self.w;
        let ([b1, b2], [v1, v2]) = (self.b, self.v);
        array![w11, w12, w21, w22, b1, b2, v1, v2, self.c]
    }

    /// The same sample with other parameters.
    pub fn with_parameters(&self, p: &Array1<f64>) -> Self {
        Self {
            w: [[p[0], p[1]], [p[2], p[3]]],
            b: [p[4], p[5]],
            v: [p[6], p[7]],
            c: p[8],
            ..*self
        }
    }
}

impl Derivatives {
    /// Those of the parameters, in the order of a model's.
    pub fn parameters(&self) -> Array1<f64> {
        let [[w11, w12], [w21, w22]] = self.w;
        let ([b1, b2], [v1, v2]) = (self.b, self.v);
        array![w11, w12, w21, w22, b1, b2, v1, v2, self.c]
    }
}

/// The names of the parameters, in their order.
pub const NAMES: [&str; 9] = ["w₁₁", "w₁₂", "w₂₁", "w₂₂", "b₁", "b₂", "v₁", "v₂", "c"];

/// The same network in matrices, for the one sample as a row: Z = XW + b, H = σ(Z), y = HV + c, and back
/// ∂L/∂V = Hᵀδ₂, δ₁ = δ₂Vᵀ ⊙ H ⊙ (1 − H), ∂L/∂W = Xᵀδ₁. Gives the parameters' derivatives in their order.
pub fn by_matrices(example: &Example) -> Array1<f64> {
    let x = aview2(std::slice::from_ref(&example.x));
    let v = aview2(std::slice::from_ref(&example.v)).t().to_owned();
    let z = x.dot(&aview2(&example.w)) + aview1(&example.b);
    let h = z.mapv(sigmoid);
    let y = h.dot(&v) + example.c;

    let delta2: Array2<f64> = 2.0 * (y - example.t);
    let dv = h.t().dot(&delta2);
    let delta1: Array2<f64> = delta2.dot(&v.t()) * &h * (1.0 - &h);
    let dw = x.t().dot(&delta1);
    let parts = [dw.into_iter(), delta1.into_iter(), dv.into_iter()];
    parts.into_iter().flatten().chain(delta2).collect()
}

/// The derivatives that dl-nn's backward pass gives.
///
/// # Errors
/// Never.
pub fn by_dl_nn(example: &Example) -> Result<Array1<f64>, Box<dyn Error>> {
    let mut model = Sequential::input([2])
        .push(Dense::new(2).activation(Sigmoid))
        .push(Dense::new(1))
        .build(0)?;
    descent::set_parameters(&mut model, &example.parameters());
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(0.1))?;
    descent::gradient(&mut trainer, &array![example.x], &array![[example.t]])
}

/// Central differences [L(p + ε) − L(p − ε)] / 2ε of the forward pass, parameter by parameter.
pub fn by_differences(example: &Example) -> Array1<f64> {
    const STEP: f64 = 1e-5;
    let here = example.parameters();
    let loss = |i: usize, step: f64| {
        let mut moved = here.clone();
        moved[i] += step;
        forward(&example.with_parameters(&moved)).loss
    };
    let slope = |i| (loss(i, STEP) - loss(i, -STEP)) / (2.0 * STEP);
    (0..here.len()).map(slope).collect()
}
