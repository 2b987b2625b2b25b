#![doc = include_str!("../README.md")]

mod geometry;

pub use geometry::{Geometry, Padding, Size, Window};
