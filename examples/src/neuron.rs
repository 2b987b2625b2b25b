//! A neuron, a layer and a network: in sums, in matrices, and by dl-nn.

use std::error::Error;

use dl_nn::prelude::*;
use ndarray::{Array1, Array2, ArrayRef1, ArrayView1, array};

/// φ, applied to every entry.
pub type Function = fn(f64) -> f64;

/// z = w·x + b = Σᵢ wᵢ xᵢ + b: what a neuron makes of its inputs, before its activation.
pub fn weighted_sum(w: ArrayView1<'_, f64>, b: f64, x: &ArrayRef1<f64>) -> f64 {
    let mut z = b;
    for (w, x) in w.iter().zip(x) {
        z += w * x;
    }
    z
}

/// A layer of `kernel.ncols()` neurons.
#[derive(Debug, Clone)]
pub struct Neurons {
    /// W, `[inputs, neurons]`: column j holds the weights of neuron j.
    pub kernel: Array2<f64>,
    /// b, `[neurons]`.
    pub bias: Array1<f64>,
    /// φ and its name in dl-nn.
    pub activation: (Function, Activation),
}

impl Neurons {
    /// The layer neuron by neuron, for one sample `[inputs]` → `[neurons]`.
    pub fn one_by_one(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        let neuron = |j: usize| weighted_sum(self.kernel.column(j), self.bias[j], x);
        let phi = self.activation.0;
        (0..self.bias.len()).map(|j| phi(neuron(j))).collect()
    }

    /// The layer at once, for a batch `[n, inputs]` → `[n, neurons]`: A = φ(X·W + b).
    pub fn forward(&self, x: &Array2<f64>) -> Array2<f64> {
        let z = x.dot(&self.kernel) + &self.bias;
        z.mapv(self.activation.0)
    }
}

/// Layer after layer: the output of each is the input of the next.
pub fn forward(layers: &[Neurons], x: &Array2<f64>) -> Array2<f64> {
    layers.iter().fold(x.clone(), |a, layer| layer.forward(&a))
}

/// The same network by dl-nn.
///
/// # Errors
/// Layers that do not fit each other.
pub fn by_dl_nn(layers: &[Neurons], inputs: usize) -> Result<Model<f64>, Box<dyn Error>> {
    let mut description = Sequential::input([inputs]);
    for layer in layers {
        let dense = Dense::new(layer.bias.len()).activation(layer.activation.1);
        description = description.push(dense);
    }
    let mut model = description.build(0)?;
    let values = layers.iter().flat_map(|layer| {
        let (kernel, bias) = (layer.kernel.view(), layer.bias.view());
        [kernel.into_dyn(), bias.into_dyn()]
    });
    for ((name, mut parameter), value) in model.params_mut().zip(values) {
        if parameter.shape() != value.shape() {
            let (takes, got) = (parameter.shape(), value.shape());
            return Err(format!("{name} takes {takes:?}, but got {got:?}").into());
        }
        parameter.assign(&value);
    }
    Ok(model)
}

/// Exclusive or with two hidden neurons, weights set by hand: both count how many inputs are 1; the
/// second stays silent until there are two (Goodfellow et al. 2016, section 6.1).
pub fn exclusive_or() -> Vec<Neurons> {
    vec![
        Neurons {
            kernel: array![[1.0, 1.0], [1.0, 1.0]],
            bias: array![0.0, -1.0],
            activation: (dl_math::activation::relu, Relu),
        },
        Neurons {
            kernel: array![[1.0], [-2.0]],
            bias: array![0.0],
            activation: (|z| z, Identity),
        },
    ]
}
