//! What can be wrong with a folder of images.

use std::collections::TryReserveError;

use crate::{DataError, idx::IdxError};
use dl_core::text::escaped;

/// Why a folder does not hold the data set asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MnistError {
    /// A file is not there.
    #[error("{}: no file {}", escaped(.folder), tried.join(" or "))]
    NoFile {
        /// The folder.
        folder: String,
        /// The names looked for.
        tried: Vec<String>,
    },
    /// A file is no sound IDX file of bytes.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// A file holds something else than images or labels.
    #[error("{}: shape {found:?}, expected {expected}", escaped(.path))]
    Shape {
        /// Path of the file.
        path: String,
        /// Shape in its header.
        found: Vec<usize>,
        /// What is expected.
        expected: &'static str,
    },
    /// Not one label for each image.
    #[error(
        "{images} images in {}, but {labels} labels in {}",
        escaped(.images_path),
        escaped(.labels_path)
    )]
    Count {
        /// Path of the images.
        images_path: String,
        /// Images there.
        images: usize,
        /// Path of the labels.
        labels_path: String,
        /// Labels there.
        labels: usize,
    },
    /// A label without a class: probably files of another data set.
    #[error("{}: label {label} at {index}, expected {first} to {last}", escaped(.path))]
    Label {
        /// Path of the labels.
        path: String,
        /// Number of the label, from 0.
        index: usize,
        /// The label.
        label: usize,
        /// The label of the first class.
        first: usize,
        /// The label of the last class.
        last: usize,
    },
    /// More images than there is memory for.
    #[error("the images do not fit into memory: {0}")]
    Memory(#[source] TryReserveError),
    /// Anything else that keeps images and labels from being a data set.
    #[error("{}: {source}", escaped(.path))]
    Data {
        /// Path of the images.
        path: String,
        /// What is wrong.
        source: DataError,
    },
}
