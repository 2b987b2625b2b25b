#![doc = include_str!("../README.md")]

pub mod activation;
mod chacha;
mod elementary;
pub mod gemm;
mod instantiate;
pub mod linalg;
pub mod memory;
mod mode;
pub mod random;
pub mod sampling;
mod scalar;
pub mod simd;
pub mod softmax;
pub mod source;
pub mod special;
pub mod sum;
#[cfg(test)]
mod testing;
pub mod text;

pub use mode::Mode;
pub use scalar::{PerScalar, Scalar};
pub use source::Source;

pub use {ndarray, rand, rand_distr};
