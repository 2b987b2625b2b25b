//! Passes through a model: which layers run together, on which samples, in which buffers.

mod block;
mod buffer_pool;
mod division;
mod loss_part;
mod predict;
mod predictor;
pub mod single_layer;
mod stage;
mod stages;
mod workspace;

pub(crate) use division::Division;
pub use loss_part::{BatchLoss, LossPart};
pub use predictor::Predictor;
pub(crate) use stage::{largest_block, micro_batch};
pub(crate) use stages::{NO_BACKWARD, Stages};
pub use workspace::Workspace;
