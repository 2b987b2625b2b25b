//! Event files, which [TensorBoard](https://github.com/tensorflow/tensorboard) reads.
//!
//! An event file is a row of framed records (`records.rs`), each a protocol buffer (`proto.rs`).
//! Numbers, histograms and pictures have the form that PyTorch's writer gives them, too: every
//! reader knows it, and TensorBoard turns it into tensors as it loads.

mod callback;
mod histogram;
mod proto;
mod records;
mod writer;

pub use callback::TensorBoard;
pub use writer::{EventError, EventWriter};
