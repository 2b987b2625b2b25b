#![doc = include_str!("../README.md")]

pub use dl_nn::ndarray;
