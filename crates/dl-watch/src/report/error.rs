//! What can be wrong with a report.

use std::io;
use std::path::PathBuf;

use dl_core::text::{shown, shown_path};
use dl_viz::FigureError;

use crate::ImageError;

/// Why a report could not be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A figure that cannot be drawn.
    #[error("section `{}`: {source}", shown(section))]
    Figure {
        /// Heading of the section.
        section: String,
        /// What is wrong with the figure.
        source: Box<FigureError>,
    },
    /// More or fewer names than classes.
    #[error("{names} class names for {classes} classes")]
    ClassNames {
        /// Names given.
        names: usize,
        /// Classes there are.
        classes: usize,
    },
    /// Inputs of different length.
    #[error("{found} {what} for {samples} samples")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// Samples there are.
        samples: usize,
    },
    /// A label without a class.
    #[error("the label of sample {sample} is {label}, but there are {classes} classes")]
    Label {
        /// The sample, from 0.
        sample: usize,
        /// Its label.
        label: usize,
        /// Classes there are.
        classes: usize,
    },
    /// An image of another shape than the model takes, or no image at all.
    #[error("the image has shape {got:?}, but the model takes {expected:?}")]
    InputShape {
        /// Shape of the image.
        got: Vec<usize>,
        /// Shape of one sample of the model.
        expected: Vec<usize>,
    },
    /// A picture of a sample that cannot be made.
    #[error("sample {sample}: {source}")]
    Image {
        /// The sample, from 0.
        sample: usize,
        /// What is wrong with its pixels.
        source: Box<ImageError>,
    },
    /// The file could not be written.
    #[error("{}: {source}", shown_path(path))]
    Io {
        /// The path as it was given.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}
