#![doc = include_str!("../README.md")]

mod file;
pub mod history;
mod image;
pub mod report;
pub mod tensorboard;

pub use dl_nn::ndarray;
pub use image::{Image, ImageError};
