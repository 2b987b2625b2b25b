//! Why a model could not be exported.

use dl_core::text::shown;
use dl_nn::ConfigError;
use dl_nn::activation::Activation;

use crate::error::WriteError;

/// A model that has no ONNX file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// A layer that is none of dl-nn's or dl-conv's, or does not say so by its description.
    #[error(
        "layer `{layer}` ({kind}) cannot be exported: its kind is not one of those known \
         here, which are {known}",
        layer = shown(layer), kind = shown(kind), known = shown(known)
    )]
    Unsupported {
        /// The layer's name.
        layer: String,
        /// Its kind.
        kind: String,
        /// All kinds that can be exported.
        known: String,
    },
    /// A layer whose settings are not those of its kind.
    #[error(
        "layer `{layer}`: these are not the settings of a `{kind}`: {why}",
        layer = shown(layer), kind = shown(kind), why = shown(why)
    )]
    Settings {
        /// The layer's name.
        layer: String,
        /// The kind.
        kind: String,
        /// What is wrong with them.
        why: String,
    },
    /// A parameter that the layer's kind has, missing or of another shape.
    #[error(
        "parameter `{name}` has {found}, but a `{kind}` with these settings has {expected:?}",
        name = shown(name), kind = shown(kind), found = shown(found)
    )]
    Parameter {
        /// The parameter's name in the model.
        name: String,
        /// The layer's kind.
        kind: String,
        /// The shape it has, in words.
        found: String,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A parameter with a number that is not finite as `f32`.
    #[error(
        "parameter `{name}` holds {value}, which is not finite in single precision",
        name = shown(name)
    )]
    NotFinite {
        /// The parameter's name in the model.
        name: String,
        /// The number.
        value: f64,
    },
    /// More than a file may hold.
    #[error(
        "the model takes at least {bytes} bytes, but an ONNX file holds at most {} (protocol \
         buffers are limited to 2 GiB)",
        super::graph::MOST_BYTES
    )]
    TooLarge {
        /// Bytes needed, at least.
        bytes: usize,
    },
    /// Class names that do not count the outputs.
    #[error("got {names} class names for {outputs} outputs")]
    ClassNames {
        /// Names given.
        names: usize,
        /// Numbers in the last axis of the output; 1 for two classes.
        outputs: usize,
    },
    /// Softmax or sigmoid asked for after a model that ends with one.
    #[error("the model's outputs are a {model:?} already, but {asked:?} is to be applied to them")]
    OutputTwice {
        /// The model's last activation.
        model: Activation,
        /// The one asked for.
        asked: Activation,
    },
    /// Parameters of an activation that are out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
