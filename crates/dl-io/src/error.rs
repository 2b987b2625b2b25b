//! Why something cannot be saved.

use std::io;
use std::path::{Path, PathBuf};

use dl_core::text::{shown, shown_path};
use dl_nn::ArchitectureError;

/// A file that could not be written. What stood there before still does.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {source}", shown_path(path))]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system says.
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
    #[error("cannot save: {}", shown(.0))]
    Parts(String),
}
