//! Why something cannot be saved.

use dl_nn::ArchitectureError;

use crate::atomic::WriteError;

/// Why a file was not written. What stood there before still does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A layer cannot be described as data.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// What is to be saved does not fit together.
    #[error("cannot save: {0}")]
    Parts(String),
}
