//! Pooling: a window slides over an image and leaves one number of each channel.

mod adaptive;
mod average;
mod global;
mod layer;
mod max;
mod passes;
mod plan;

pub use adaptive::AdaptiveAveragePool2d;
pub use average::AveragePool2d;
pub use global::{GlobalAveragePool2d, GlobalMaxPool2d};
pub use max::MaxPool2d;
pub(crate) use max::max_pool;
pub(crate) use plan::cost as window_cost;
