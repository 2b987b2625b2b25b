#![doc = include_str!("../README.md")]

pub mod activation;
pub mod random;
pub mod sampling;
mod scalar;
pub mod softmax;
pub mod special;

pub use scalar::Scalar;

pub use ndarray;
pub use ndarray_rand::{rand, rand_distr};
