//! Errors of image stores, each with the file.

use std::{io, path::PathBuf};

use dl_core::{source::SourceError, text::shown_path};

use super::format::VERSION;
use crate::DatasetError;

/// Why images cannot be packed, or a packed file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", shown_path(path))]
pub struct ImageStoreError {
    /// The packed file.
    pub path: PathBuf,
    /// What is wrong with it, or with what is to be packed.
    #[source]
    pub problem: ImageStoreProblem,
}

/// What is wrong with a packed file, or with what is to be packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageStoreProblem {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Something else.
    #[error("not an image store: it does not begin with `DLIMAGES`")]
    Magic,
    /// A version that is not known here.
    #[error("version {found} of the format; this program reads version {VERSION}")]
    Version {
        /// The version.
        found: u32,
    },
    /// It is longer or shorter than its header says.
    #[error(
        "{found} bytes long, but {expected} according to its header; it is damaged or truncated"
    )]
    Length {
        /// Bytes that it has.
        found: u64,
        /// Bytes that it should have.
        expected: u64,
    },
    /// A part other than an image is damaged.
    #[error("the {part} of the file is damaged")]
    Damaged {
        /// The part.
        part: &'static str,
    },
    /// An image is damaged.
    #[error("image {sample} does not have its checksum: the file is damaged")]
    Sample {
        /// Number of the image.
        sample: usize,
    },
    /// Classes that no data set can have.
    #[error(transparent)]
    Classes(#[from] DatasetError),
    /// A source without samples.
    #[error("there are no images to pack")]
    Empty,
    /// A source whose targets are not classes.
    #[error("only images with classes can be packed; the targets of the source are values")]
    Values,
    /// Samples that are not images.
    #[error(
        "only images [height, width, channels] can be packed; the samples have shape {shape:?}"
    )]
    Shape {
        /// Shape of a sample.
        shape: Vec<usize>,
    },
    /// More of something than the format can count.
    #[error("too many {what} for the format")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
    /// A value that no byte stands for.
    #[error("image {sample} has a value of {value}; values must be in [0, 1]")]
    Value {
        /// Number of the image.
        sample: usize,
        /// The value.
        value: f32,
    },
    /// A sample of the source cannot be read.
    #[error("cannot read the images to pack: {0}")]
    Source(#[source] SourceError),
}
