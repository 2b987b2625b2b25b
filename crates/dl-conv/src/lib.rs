#![doc = include_str!("../README.md")]

mod conv2d;
mod geometry;
mod im2col;
pub mod naive;
mod pool;
mod shape;

pub use conv2d::{Conv2d, Conv2dLayer};
pub use geometry::{Geometry, Padding, Size, Window};
pub use im2col::{col2im, im2col};
pub use pool::{AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, MaxPool2d};
