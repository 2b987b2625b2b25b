//! Errors of a folder of images.

use std::collections::TryReserveError;

use crate::{DatasetError, idx::IdxError};
use dl_core::text::escaped;

/// Why a folder does not contain the requested data set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MnistError {
    /// A file is missing.
    #[error("{}: no file {}", escaped(.folder), tried.join(" or "))]
    NoFile {
        /// The folder.
        folder: String,
        /// The file names tried.
        tried: Vec<String>,
    },
    /// A file is not a valid IDX file of bytes.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// A file contains something other than images or labels.
    #[error("{}: shape {found:?}, expected {expected}", escaped(.path))]
    Shape {
        /// Path of the file.
        path: String,
        /// Shape in its header.
        found: Vec<usize>,
        /// The shape expected.
        expected: &'static str,
    },
    /// The numbers of images and labels differ.
    #[error(
        "{images} images in {}, but {labels} labels in {}",
        escaped(.images_path),
        escaped(.labels_path)
    )]
    Count {
        /// Path of the images.
        images_path: String,
        /// Number of images.
        images: usize,
        /// Path of the labels.
        labels_path: String,
        /// Number of labels.
        labels: usize,
    },
    /// A label outside the classes, probably because the file belongs to another data set.
    #[error("{}: label {index} is {label}, expected {first} to {last}", escaped(.path))]
    Label {
        /// Path of the labels.
        path: String,
        /// Index of the label, from 0.
        index: usize,
        /// The label.
        label: usize,
        /// The label of the first class.
        first: usize,
        /// The label of the last class.
        last: usize,
    },
    /// Not enough memory for the images.
    #[error("not enough memory for the images: {0}")]
    Memory(#[source] TryReserveError),
    /// Anything else that makes the data set invalid.
    #[error("{}: {source}", escaped(.path))]
    Data {
        /// Path of the images.
        path: String,
        /// The problem.
        source: DatasetError,
    },
}
