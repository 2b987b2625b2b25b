#![doc = include_str!("../README.md")]

mod error;
pub mod init;
pub mod metrics;
pub mod optim;
pub mod schedule;

pub use dl_math::{Scalar, ndarray};
pub use error::ConfigError;
