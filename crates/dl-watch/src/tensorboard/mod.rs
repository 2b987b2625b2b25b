//! Event files for [TensorBoard](https://github.com/tensorflow/tensorboard).
//!
//! An event file is a sequence of framed records (`records.rs`), each a protocol buffer (`proto.rs`). Scalars,
//! histograms and images have the same form as in PyTorch's writer: every reader supports it, and TensorBoard
//! converts it to tensors on loading.

mod callback;
mod histogram;
mod proto;
mod records;
mod writer;

pub use callback::TensorBoard;
pub use writer::{EventError, EventWriter};
