//! Errors of exporting.

use dl_core::text::shown;
use dl_nn::ConfigError;
use dl_nn::activation::Activation;

use crate::error::WriteError;

/// Protocol buffers count a message's bytes in 31 bits.
pub(super) const MAX_BYTES: usize = i32::MAX as usize;

/// Why a model could not be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// A layer that is not one of dl-nn's or dl-conv's, or has no description.
    #[error(
        "layer `{layer}` ({kind}) cannot be exported: its kind is not one of the supported \
         ones, which are {known}",
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
    /// A layer whose settings are invalid for its kind.
    #[error(
        "layer `{layer}`: invalid settings for a `{kind}`: {why}",
        layer = shown(layer), kind = shown(kind), why = shown(why)
    )]
    Settings {
        /// The layer's name.
        layer: String,
        /// The kind.
        kind: String,
        /// The problem.
        why: String,
    },
    /// A missing parameter, or one of the wrong shape.
    #[error(
        "parameter `{name}` has {found}, but a `{kind}` with these settings has {expected:?}",
        name = shown(name), kind = shown(kind), found = shown(found)
    )]
    Parameter {
        /// The parameter's name in the model.
        name: String,
        /// The layer's kind.
        kind: String,
        /// The shape found, or "no value".
        found: String,
        /// The shape expected.
        expected: Vec<usize>,
    },
    /// A parameter with a value that is not finite as `f32`.
    #[error(
        "parameter `{name}` contains {value}, which is not finite in single precision",
        name = shown(name)
    )]
    NotFinite {
        /// The parameter's name in the model.
        name: String,
        /// The value.
        value: f64,
    },
    /// A model that is too large for a file.
    #[error(
        "the model needs at least {bytes} bytes, but an ONNX file can have at most {} (protocol \
         buffers are limited to 2 GiB)",
        MAX_BYTES
    )]
    TooLarge {
        /// Bytes needed, at least.
        bytes: usize,
    },
    /// A number of class names that does not match the outputs.
    #[error("{names} class names for {outputs} outputs")]
    ClassNames {
        /// Names given.
        names: usize,
        /// Size of the last axis of the output; 1 for two classes.
        outputs: usize,
    },
    /// Softmax or sigmoid requested for a model that already ends with one.
    #[error(
        "the model already ends with {model:?}, so {requested:?} cannot be applied to its outputs"
    )]
    OutputTwice {
        /// The model's last activation.
        model: Activation,
        /// The one requested.
        requested: Activation,
    },
    /// Parameters of an activation that are out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
