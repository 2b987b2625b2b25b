#![doc = include_str!("../README.md")]

mod conv2d;
mod conv_transpose2d;
pub mod functions;
pub mod gallery;
mod geometry;
mod im2col;
mod local_response_norm;
pub mod models;
pub mod naive;
mod pool;
mod registry;
mod shape;
mod signal;
mod upsample2d;
mod zero_pad2d;
mod zero_pad_channels;

pub use conv_transpose2d::{ConvTranspose2d, ConvTranspose2dLayer};
pub use conv2d::{Conv2d, Conv2dLayer};
pub use dl_nn::{self, ndarray};
pub use geometry::{Geometry, Padding, Size, Window};
pub use im2col::{col2im, im2col};
pub use local_response_norm::LocalResponseNorm;
pub use pool::{
    AdaptiveAveragePool2d, AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, MaxPool2d,
};
pub use registry::registry;
pub use signal::{Conv1d, MaxPool1d};
pub use upsample2d::{Interpolation, UpSample2d};
pub use zero_pad_channels::ZeroPadChannels;
pub use zero_pad2d::ZeroPad2d;
