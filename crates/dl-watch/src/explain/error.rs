//! What a caller can get wrong.

use dl_core::text::shown;
use dl_nn::{Activation, DataError};

/// Why a network's answer could not be explained.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The images do not suit the model, or there are more or fewer classes than images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A model whose samples are not images.
    #[error(
        "the model takes samples of shape {shape:?}, but only images [height, width, channels] have maps"
    )]
    NotImages {
        /// The shape of a sample.
        shape: Vec<usize>,
    },
    /// A model without one output for each class.
    #[error(
        "the model's outputs have shape {shape:?}, but must be logits [classes] of at least 2 classes"
    )]
    Outputs {
        /// The shape of an output.
        shape: Vec<usize>,
    },
    /// A model that applies softmax or sigmoid itself.
    #[error("the model's last activation is {activation}, but its outputs must be logits")]
    NotLogits {
        /// The activation.
        activation: Activation,
    },
    /// A class that the model does not have.
    #[error(
        "the class of image {image} is {class}, but must be below the number of classes, {classes}"
    )]
    Class {
        /// The image.
        image: usize,
        /// Its class.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A layer that the model does not have.
    #[error(
        "the model has no layer `{}`{}",
        shown(layer),
        nearest.as_ref().map_or_else(String::new, |near| format!(" (did you mean `{}`?)", shown(near)))
    )]
    NoLayer {
        /// The name asked for.
        layer: String,
        /// The most similar name, if there is one.
        nearest: Option<String>,
    },
    /// A layer without feature maps.
    #[error(
        "layer `{}` has outputs of shape {shape:?}, but Grad-CAM needs feature maps [height, width, channels]",
        shown(layer)
    )]
    NoMaps {
        /// The layer's name.
        layer: String,
        /// The shape of one of its outputs.
        shape: Vec<usize>,
    },
    /// A patch that does not fit the images.
    #[error("window is {window}, but must be from 1 to {most}, the shorter side of the images")]
    Window {
        /// The side of the patch.
        window: usize,
        /// The largest side allowed.
        most: usize,
    },
    /// Patches that overlap entirely or leave pixels uncovered.
    #[error(
        "stride is {stride}, but must be from 1 to the window, {window}, so that every pixel is covered"
    )]
    Stride {
        /// The distance between patches.
        stride: usize,
        /// The side of the patch.
        window: usize,
    },
    /// A patch filled with NaN or infinity.
    #[error("fill is {fill}, but must be a finite number")]
    Fill {
        /// The value.
        fill: f64,
    },
    /// Maps that are not those of the images.
    #[error(
        "maps have shape {maps:?}, but images {images:?}: must agree in number, height and width"
    )]
    Overlay {
        /// The maps' shape.
        maps: Vec<usize>,
        /// The images' shape.
        images: Vec<usize>,
    },
}
