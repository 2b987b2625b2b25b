#![doc = include_str!("../README.md")]

mod conv2d;
mod geometry;
mod im2col;
pub mod naive;

pub use conv2d::{Conv2d, Conv2dLayer};
pub use geometry::{Geometry, Padding, Size, Window};
pub use im2col::{col2im, im2col};
