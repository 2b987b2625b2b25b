//! What can be wrong with an augmentation.

use crate::DataError;

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
        /// The allowed range in words.
        allowed: &'static str,
    },
    /// A buffer of another shape than the augmented images.
    #[error("the augmented images have shape {images:?}, but the buffer has {buffer:?}")]
    Shape {
        /// Shape of the augmented images.
        images: [usize; 4],
        /// Shape of the buffer.
        buffer: [usize; 4],
    },
    /// A buffer that is not written front to back.
    #[error("the buffer for the augmented images must be in standard (row-major) layout")]
    Layout,
    /// Images asked for that do not exist.
    #[error(transparent)]
    Rows(#[from] DataError),
    /// The system grants no thread to augment on.
    #[error("the augmentation thread cannot be started: {0}")]
    Thread(#[source] std::io::Error),
}
