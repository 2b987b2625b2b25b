#![doc = include_str!("../README.md")]

pub mod activation;
mod arrays;
mod branches;
pub mod contract;
mod error;
mod execute;
pub mod gradient_check;
pub mod init;
mod json;
mod layer;
pub mod layers;
pub mod losses;
pub mod metrics;
mod model;
pub mod optim;
pub mod prelude;
mod samples;
pub mod schedule;
mod target;
pub mod train;

pub use activation::Activation;
pub use dl_core::gemm::Packings;
pub use dl_core::memory::OutOfMemory;
pub use dl_core::random::{Generator, generator, stream};
pub use dl_core::sampling::SamplingError;
pub use dl_core::source::{self, Source};
pub use dl_core::{Scalar, ndarray};
pub use error::{BranchError, BuildError, ConfigError, DataError, LayerError, ShapeError};
pub use execute::{BatchLoss, LossPart, Predictor, Workspace, single_layer};
pub use layer::{
    Backward, Batch, BatchMut, Batching, Cache, CloneLayer, Gradients, Layer, Mode, Param, ParamMut,
};
pub use layers::kernel;
pub use model::{
    Architecture, ArchitectureError, Cost, LayerConfig, LayerSpec, Limits, Model, NamedConfig,
    NamedLayer, Registry, Sequential, Summary, SummaryRow, Weights, WeightsError,
};
pub use samples::IntoSamples;
pub use serde_json;
pub use target::{IntoTarget, Target, TargetElement, TargetRow};
pub use train::TrainError;
