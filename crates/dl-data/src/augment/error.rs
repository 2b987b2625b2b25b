//! Errors of augmentation.

use crate::DatasetError;

/// Why images cannot be augmented.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AugmentError {
    /// A setting outside its range.
    #[error("Augment {setting} is {value}, but must be {allowed}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// The value given.
        value: f64,
        /// The allowed range.
        allowed: &'static str,
    },
    /// A buffer whose shape differs from that of the augmented images.
    #[error("the augmented images have shape {images:?}, but the buffer has {buffer:?}")]
    Shape {
        /// Shape of the augmented images.
        images: [usize; 4],
        /// Shape of the buffer.
        buffer: [usize; 4],
    },
    /// A buffer that is not in standard layout.
    #[error("the buffer for the augmented images must be in standard (row-major) layout")]
    Layout,
    /// Rows that do not exist.
    #[error(transparent)]
    Rows(#[from] DatasetError),
    /// Samples that are not images.
    #[error(
        "only images [height, width, channels] can be augmented; the samples have shape {shape:?}"
    )]
    NotImages {
        /// Shape of a sample.
        shape: Vec<usize>,
    },
    /// An α of mixup outside its range.
    #[error("Mixup alpha is {alpha}, but must be in [0.001, 1000]")]
    Alpha {
        /// The α given.
        alpha: f64,
    },
    /// Mixup of a source whose targets are values.
    #[error("Mixup needs classes, but the targets of the source are values")]
    NoClasses,
    /// A class that mixup was not told of.
    #[error(
        "the class of sample {sample} is {class}; Mixup was made for {classes} classes, from 0"
    )]
    Class {
        /// Number of the sample.
        sample: usize,
        /// Its class.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
}
