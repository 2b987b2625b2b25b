//! What can go wrong with a bundle.

use std::path::{Path, PathBuf};

use dl_core::text::{shown, shown_path};
use dl_nn::{ArchitectureError, BuildError, WeightsError};

use crate::container::ReadError;

/// Why a bundle cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its model cannot be made.
    #[error("cannot make the model of `{}`: {source}", shown_path(path))]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with the model.
        source: ModelError,
    },
    /// Its parts do not fit together.
    #[error("cannot use `{}`: {why}", shown_path(path), why = shown(why))]
    Parts {
        /// The file.
        path: PathBuf,
        /// What does not fit.
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

/// Why the model of a file cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A layer of an unknown kind or with unknown settings.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// Layers that do not fit, or take more than the file's size warrants.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Weights of another architecture.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A weight that is NaN or infinite: there is no answer that means anything.
    #[error(
        "`{parameter}` holds {value} at position {position}, but weights must be finite",
        parameter = shown(parameter)
    )]
    NonFinite {
        /// The parameter or state.
        parameter: String,
        /// The number's place in it, row-major.
        position: usize,
        /// NaN or an infinity.
        value: f64,
    },
}

/// Why a bundle has no answer for some samples.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The samples have another shape.
    #[error("samples have shape {got:?}, but the bundle takes {expected:?}")]
    SampleShape {
        /// Shape of one sample given.
        got: Vec<usize>,
        /// Shape of one raw sample.
        expected: Vec<usize>,
    },
    /// A step before the network refuses them.
    #[error("preprocessing {step} ({name}): {source}")]
    Preprocessing {
        /// The step, from 1.
        step: usize,
        /// Its name.
        name: &'static str,
        /// What it says.
        source: dl_data::DatasetError,
    },
    /// The network refuses them.
    #[error(transparent)]
    Model(#[from] dl_nn::DataError),
    /// The network's answer is NaN or infinite: a number on the way was too large.
    #[error("the answer for sample {sample} is {value}: intermediate values are too large")]
    NonFinite {
        /// The sample.
        sample: usize,
        /// The first such number of its answer.
        value: f64,
    },
    /// Names are asked for, but the bundle has none.
    #[error("the bundle has no class names")]
    NoNames,
}

impl PredictError {
    /// The error for a part of the samples that begins at `start`.
    pub(super) fn after(mut self, start: usize) -> Self {
        if let Self::Model(dl_nn::DataError::NonFinite { sample, .. })
        | Self::NonFinite { sample, .. } = &mut self
        {
            *sample += start;
        }
        self
    }
}
