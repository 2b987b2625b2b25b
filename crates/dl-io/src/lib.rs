// The README's examples and links need all features.
#![cfg_attr(all(feature = "npz", feature = "onnx"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "npz", feature = "onnx")),
    doc = "Models to and from files: see the README, which is part of the documentation with all features."
)]

mod bundle;
mod checkpoint;
mod checksum;
mod container;
mod error;
mod json;
#[cfg(feature = "onnx")]
pub mod onnx;
mod tensors;
mod weights;

pub use bundle::{
    Bundle, Divide, Inverse, LoadError, ModelError, PredictError, Transform, TransformRegistry,
};
pub use checkpoint::{CheckpointError, Checkpoints};
pub use checksum::data_sha256;
pub use container::{ReadError, ReadErrorKind};
pub use dl_fs::Budget;
pub use dl_nn::{self, ndarray};
pub use error::{SaveError, WriteError};
pub use tensors::TensorError;
pub use weights::{Layout, WeightsFile, WeightsFileError, WeightsFileErrorKind};
