#![doc = include_str!("../README.md")]

pub mod random;
pub mod sampling;
mod scalar;

pub use scalar::Scalar;

pub use ndarray;
pub use ndarray_rand::{rand, rand_distr};
