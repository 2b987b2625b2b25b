#![doc = include_str!("../README.md")]

mod augment;
mod batches;
mod check;
mod csv;
mod csv_source;
mod dataset;
mod error;
mod folds;
pub mod idx;
mod image_dataset;
mod iris;
mod min_max_scaler;
mod mnist;
mod moments;
pub mod one_hot;
mod pca;
mod pipeline;
mod principal_angles;
mod principal_directions;
mod regression;
mod standard_scaler;
mod table;
mod text;

pub use augment::{Augment, AugmentError, AugmentedBatches, Augmenter};
pub use batches::{Batches, LastBatch};
pub use csv::{CellLocation, Column, Csv, CsvError, CsvFile, Malformed};
pub use csv_source::CsvSource;
pub use dataset::Dataset;
pub use error::DatasetError;
pub use folds::{k_fold, stratified_k_fold};
pub use image_dataset::ImageDataset;
pub use iris::iris;
pub use min_max_scaler::MinMaxScaler;
pub use mnist::{Mnist, MnistError, MnistFamily};
pub use pca::Pca;
pub use pipeline::{
    Categorical, ColumnSteps, Encode, Fill, FittedPipeline, Impute, Numeric, Pipeline,
    PipelineError, QuantileOutput, Scale, TargetScaler, Unseen,
};
pub use principal_angles::principal_angles;
pub use regression::RegressionDataset;
pub use standard_scaler::StandardScaler;
pub use table::{
    Categories, ClassificationTable, ColumnKind, RegressionTable, Series, Table, TableError,
};

pub use dl_core::{
    Scalar, rand,
    random::generator,
    sampling::{SamplingError, Split},
};
pub use ndarray;
