//! Errors of saving.

use std::io;
use std::path::{Path, PathBuf};

use dl_core::text::{shown, shown_path};
use dl_nn::ArchitectureError;

/// A file that could not be written. An existing file is left unchanged.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {source}", shown_path(path))]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The operating system's error.
    pub source: io::Error,
}

impl WriteError {
    /// The error for the file at `path`.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self {
            path: path.to_owned(),
            source,
        }
    }
}

/// Why a file was not written. An existing file is left unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A layer cannot be described as data.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// The parts to be saved are inconsistent.
    #[error("cannot save: {}", shown(.0))]
    Parts(String),
}
