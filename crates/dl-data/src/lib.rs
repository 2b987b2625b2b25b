#![doc = include_str!("../README.md")]

mod batches;
mod check;
mod csv;
mod dataset;
mod error;
mod folds;
mod iris;
pub mod one_hot;
mod pca;
mod scale;

pub use batches::{Batches, LastBatch};
pub use csv::{Column, Csv, CsvError, Missing, Place};
pub use dataset::{Dataset, RegressionDataset};
pub use error::DataError;
pub use folds::{k_fold, stratified_k_fold};
pub use iris::iris;
pub use pca::Pca;
pub use scale::{MinMaxScaler, StandardScaler};

pub use dl_math::{Scalar, rand, random::generator, sampling::Split};
pub use ndarray;
