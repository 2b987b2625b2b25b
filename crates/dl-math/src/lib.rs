#![doc = include_str!("../README.md")]

pub mod activation;
pub mod distributions;
mod error;
pub mod information;
pub mod joint;
pub mod likelihood;
pub mod linalg;
pub mod linear_gaussian;
pub mod random;
pub mod sampling;
mod scalar;
pub mod simd;
pub mod softmax;
pub mod special;
#[cfg(test)]
mod testing;

pub use distributions::{Bernoulli, Categorical, DiagonalNormal, Normal};
pub use error::MathError;
pub use information::{cross_entropy, entropy, js_divergence, kl_divergence};
pub use joint::{JointTable, posterior};
pub use linear_gaussian::LinearGaussian;
pub use scalar::Scalar;

pub use ndarray;
pub use ndarray_rand::{rand, rand_distr};
