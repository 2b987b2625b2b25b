#![doc = include_str!("../README.md")]

mod atomic;
mod tensors;

pub use atomic::WriteError;
pub use dl_nn::ndarray;
pub use tensors::TensorError;
