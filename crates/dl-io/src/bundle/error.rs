//! Errors of bundles.

use std::path::{Path, PathBuf};

use dl_core::text::{shown, shown_path};
use dl_data::PipelineError;
use dl_nn::{ArchitectureError, BuildError, WeightsError};

use crate::container::ReadError;

/// Why a bundle cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its model cannot be built.
    #[error("cannot build the model in `{}`: {source}", shown_path(path))]
    Model {
        /// The file.
        path: PathBuf,
        /// The problem with the model.
        source: ModelError,
    },
    /// Its parts are inconsistent.
    #[error("cannot use `{}`: {why}", shown_path(path), why = shown(why))]
    Parts {
        /// The file.
        path: PathBuf,
        /// The inconsistency.
        why: String,
    },
}

impl LoadError {
    pub(super) fn model(path: &Path, source: ModelError) -> Self {
        let path = path.to_owned();
        Self::Model { path, source }
    }

    pub(super) fn parts(path: &Path, why: String) -> Self {
        let path = path.to_owned();
        Self::Parts { path, why }
    }
}

/// Why the model in a file cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A layer of an unknown kind or with invalid settings.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// Layers whose shapes do not match, or that cost more than the file's size warrants.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Weights of a different architecture.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A weight that is NaN or infinite, which makes predictions meaningless.
    #[error(
        "`{parameter}` contains {value} at position {position}, but weights must be finite",
        parameter = shown(parameter)
    )]
    NonFinite {
        /// The parameter or state.
        parameter: String,
        /// The value's position in it, row-major.
        position: usize,
        /// NaN or an infinity.
        value: f64,
    },
}

/// Why a bundle cannot predict some samples.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The samples have the wrong shape.
    #[error("samples have shape {found:?}, but the bundle expects {expected:?}")]
    SampleShape {
        /// Shape of one given sample.
        found: Vec<usize>,
        /// Shape of one raw sample.
        expected: Vec<usize>,
    },
    /// The bundle has a pipeline, so its raw samples are the rows of tables.
    #[error("the bundle has a pipeline, so it takes rows of tables: use Bundle::predict_table")]
    NeedsTable,
    /// The bundle has no pipeline, so it does not take tables.
    #[error(
        "the bundle has no pipeline, so it does not take tables: use Bundle::predict, or give it one with \
         Bundle::with_pipeline"
    )]
    NoPipeline,
    /// The pipeline rejects the rows of a table.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// A transform rejects them or the network's outputs.
    #[error("{stage} {number} ({kind}): {source}")]
    Transform {
        /// `preprocessing` or `postprocessing`.
        stage: &'static str,
        /// The transform's number, from 1.
        number: usize,
        /// Its kind.
        kind: &'static str,
        /// Its error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The network rejects them.
    #[error(transparent)]
    Model(#[from] dl_nn::DataError),
    /// The prediction is NaN or infinite because an intermediate value overflowed.
    #[error("the prediction for sample {sample} is {value}: intermediate values are too large")]
    NonFinite {
        /// The sample.
        sample: usize,
        /// The first such value of its prediction.
        value: f64,
    },
    /// Class names were requested, but the bundle has none.
    #[error("the bundle has no class names")]
    NoNames,
}

impl PredictError {
    /// The error with sample indices shifted by `start`, the first sample of a block.
    pub(super) fn after(mut self, start: usize) -> Self {
        if let Self::Model(dl_nn::DataError::NonFinite { sample, .. })
        | Self::NonFinite { sample, .. } = &mut self
        {
            *sample += start;
        }
        self
    }
}
