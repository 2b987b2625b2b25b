//! Errors of reports.

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
        /// The problem with the figure.
        source: Box<FigureError>,
    },
    /// A number of names that differs from the number of classes.
    #[error("{names} class names for {classes} classes")]
    ClassNames {
        /// Names given.
        names: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Inputs of different lengths.
    #[error("{found} {what} for {samples} samples")]
    Count {
        /// What was counted.
        what: &'static str,
        /// Their number.
        found: usize,
        /// Number of samples.
        samples: usize,
    },
    /// A label outside the classes.
    #[error("the label of sample {sample} is {label}, but there are {classes} classes")]
    Label {
        /// The sample, from 0.
        sample: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// An input that is not an image of the model's input shape.
    #[error("the image has shape {found:?}, but the model expects {expected:?}")]
    InputShape {
        /// Shape of the image.
        found: Vec<usize>,
        /// Shape of one sample of the model.
        expected: Vec<usize>,
    },
    /// A sample that cannot be shown as an image.
    #[error("sample {sample}: {source}")]
    Image {
        /// The sample, from 0.
        sample: usize,
        /// The problem with its pixels.
        source: Box<ImageError>,
    },
    /// The file could not be written.
    #[error("{}: {source}", shown_path(path))]
    Io {
        /// The path as given.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}
