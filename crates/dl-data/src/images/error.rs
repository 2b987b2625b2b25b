//! Errors of images in files, each with the file.

use std::{io, path::PathBuf};

use dl_core::{source::SourceError, text::shown_path};

use super::LARGEST_SIDE;
use crate::DatasetError;

/// Why images cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A file that is not an image or cannot be read.
    #[error(transparent)]
    File(#[from] ImageFileError),
    /// A size without pixels, or with too many.
    #[error("the image size is {height} × {width}, but each side must be in 1..={LARGEST_SIDE}")]
    Size {
        /// The height asked for.
        height: usize,
        /// The width asked for.
        width: usize,
    },
    /// A number of channels other than 1 and 3.
    #[error("images of {channels} channels; there must be 1 (grey) or 3 (red, green, blue)")]
    Channels {
        /// The number asked for.
        channels: usize,
    },
    /// A class without images.
    #[error("{}: no images in this class", shown_path(path))]
    EmptyClass {
        /// Its folder.
        path: PathBuf,
    },
    /// Classes that no data set can have.
    #[error("{}: {source}; each folder in it is a class", shown_path(path))]
    Classes {
        /// The folder of the class folders.
        path: PathBuf,
        /// What is wrong with them.
        source: DatasetError,
    },
}

/// A file that is not an image or cannot be read, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", shown_path(path))]
pub struct ImageFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: ImageProblem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageProblem {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its contents are neither PNG nor JPEG.
    #[error("neither a PNG nor a JPEG file")]
    Format,
    /// A JPEG file, which cannot be decoded without the feature.
    #[error("a JPEG file, which needs dl-data's feature `jpeg`")]
    JpegFeature,
    /// It is damaged, or of a kind that the decoder does not know.
    #[error("this {format} file cannot be decoded: {source}")]
    Decode {
        /// PNG or JPEG.
        format: &'static str,
        /// The decoder's error.
        source: SourceError,
    },
    /// More pixels along a side than are read.
    #[error("an image of {height} × {width} pixels is too large: a side may have {LARGEST_SIDE}")]
    Side {
        /// Height according to the file.
        height: usize,
        /// Width according to the file.
        width: usize,
    },
    /// An image that takes more memory than the size of its file warrants.
    #[error(transparent)]
    OverBudget(#[from] dl_fs::OverBudget),
    /// A file in a class folder whose name is not that of an image.
    #[error("not an image by its name; those end in .png, .jpg or .jpeg")]
    Extension,
    /// A file beside the class folders.
    #[error("a file beside the class folders; images are in the folder of their class")]
    NoClass,
    /// Neither a file nor a folder.
    #[error("neither a file nor a folder")]
    Special,
    /// The name of a class that is not text.
    #[error("the name of this class is not valid UTF-8")]
    ClassName,
}
