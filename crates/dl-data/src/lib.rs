#![doc = include_str!("../README.md")]

mod augment;
mod batches;
mod check;
mod cifar10;
mod csv;
mod csv_source;
mod dataset;
mod error;
mod folds;
pub mod idx;
mod image_dataset;
mod image_store;
#[cfg(feature = "images")]
mod images;
mod iris;
mod min_max_scaler;
mod mnist;
mod moments;
pub mod one_hot;
mod pca;
mod pipeline;
mod positioned;
mod principal_angles;
mod principal_directions;
mod regression;
mod sources;
mod standard_scaler;
mod table;
mod text;

pub use augment::{Augment, AugmentError, Augmented, Augmenter, Mixup};
pub use batches::{Batches, LastBatch};
pub use cifar10::{Cifar10, CifarError, CifarImages};
pub use csv::{CellLocation, Column, Csv, CsvError, CsvFile, Malformed};
pub use csv_source::CsvSource;
pub use dataset::Dataset;
pub use error::DatasetError;
pub use folds::{k_fold, stratified_k_fold};
pub use image_dataset::ImageDataset;
pub use image_store::{ImageStore, ImageStoreError, ImageStoreProblem};
#[cfg(feature = "images")]
pub use images::{ImageError, ImageFileError, ImageFolder, ImageProblem, ImageReader, Resize};
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
    Mode, Scalar, Source, rand,
    random::generator,
    sampling::{SamplingError, Split},
    source::{InMemory, SourceBatch, SourceError, SourceTargets},
};
pub use ndarray;
