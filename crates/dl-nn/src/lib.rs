#![doc = include_str!("../README.md")]

pub mod activation;
mod block;
mod buffers;
mod config;
pub mod contract;
mod error;
mod float;
pub mod gradient_check;
pub mod init;
mod layer;
pub mod layers;
mod limits;
pub mod losses;
pub mod metrics;
mod model;
pub mod optim;
mod predictor;
pub mod prelude;
pub mod schedule;
mod sequential;
mod stage;
mod summary;
mod target;
pub mod train;
mod unique;
mod workspace;

pub use activation::Activation;
pub use config::{Architecture, ArchitectureError, LayerConfig, NamedConfig, Registry};
pub use dl_core::{Scalar, ndarray};
pub use error::{BuildError, ConfigError, DataError, LayerError, ShapeError, TrainError};
pub use layer::{
    Batching, Cache, CloneLayer, Cost, Layer, LayerSpec, Mode, Param, ParamMut, View, ViewMut,
};
pub use limits::Limits;
pub use model::{Model, NamedLayer, Weights, WeightsError};
pub use predictor::Predictor;
pub use sequential::Sequential;
pub use summary::{Summary, SummaryRow};
pub use target::{Target, TargetRow};
pub use workspace::{BatchLoss, Share, Workspace};
