#![doc = include_str!("../README.md")]

mod atomic;
mod bundle;
mod checkpoint;
mod checksum;
mod container;
mod error;
mod tensors;

pub use atomic::WriteError;
pub use bundle::{Bundle, LoadError, ModelError, PredictError, Preprocessing};
pub use checkpoint::{CheckpointError, Checkpoints};
pub use checksum::data_sha256;
pub use container::{ReadError, ReadErrorKind};
pub use dl_nn::ndarray;
pub use error::SaveError;
pub use tensors::TensorError;
