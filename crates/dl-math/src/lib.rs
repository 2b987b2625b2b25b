#![doc = include_str!("../README.md")]

pub mod distributions;
mod error;
pub mod information;
pub mod joint;
pub mod likelihood;
pub mod linear_gaussian;
#[cfg(test)]
mod testing;

pub use distributions::{Bernoulli, Categorical, DiagonalNormal, Normal};
pub use error::MathError;
pub use information::{cross_entropy, entropy, js_divergence, kl_divergence};
pub use joint::{JointTable, posterior};
pub use linear_gaussian::LinearGaussian;

pub use dl_core::{
    Scalar, activation, ndarray, rand, rand_distr, random, sampling, softmax, special,
};
