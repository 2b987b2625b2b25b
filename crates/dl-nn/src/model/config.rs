//! An architecture as plain data: what a model file says about the layers.

use dl_core::{Scalar, instantiate, text::shown};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Model, NamedLayer};

/// A layer's description as plain data: its kind and its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerConfig {
    /// The kind of layer, under which a [`Registry`](crate::Registry) knows it: `dense`.
    pub kind: String,
    /// The description's fields, as serde writes them.
    #[serde(deserialize_with = "crate::json::unique_keys::deserialize")]
    pub settings: Value,
}

/// A sequence of layers as plain data, from which [`Registry::sequential`](crate::Registry::sequential) restores a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// The shape of one input sample.
    pub input_shape: Vec<usize>,
    /// The layers, in order.
    pub layers: Vec<NamedConfig>,
}

/// A layer of an [`Architecture`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "NamedSettings", into = "NamedSettings")]
pub struct NamedConfig {
    /// Its name in the model.
    pub name: String,
    /// Its kind and settings.
    pub config: LayerConfig,
}

/// A [`NamedConfig`] as it is written: one object. (serde cannot reject unknown keys if it flattens one structure
/// into another.)
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedSettings {
    name: String,
    kind: String,
    #[serde(deserialize_with = "crate::json::unique_keys::deserialize")]
    settings: Value,
}

impl From<NamedSettings> for NamedConfig {
    fn from(read: NamedSettings) -> Self {
        let NamedSettings {
            name,
            kind,
            settings,
        } = read;
        let config = LayerConfig { kind, settings };
        Self { name, config }
    }
}

impl From<NamedConfig> for NamedSettings {
    fn from(named: NamedConfig) -> Self {
        let NamedConfig { name, config } = named;
        let LayerConfig { kind, settings } = config;
        Self {
            name,
            kind,
            settings,
        }
    }
}

/// An architecture that cannot be written down or read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// A layer cannot be described as data.
    #[error(
        "layer `{layer}` ({kind}) cannot be described as data: it was pushed as it is, without a `LayerSpec`, or \
         serde cannot write its `LayerSpec`",
        layer = shown(layer), kind = shown(kind)
    )]
    NoDescription {
        /// The layer's name.
        layer: String,
        /// Its kind.
        kind: String,
    },
    /// A kind of layer that the registry does not have.
    #[error(
        "layer `{layer}` is of kind `{kind}`, but the kinds known here are {known}",
        layer = shown(layer), kind = shown(kind), known = shown(known)
    )]
    UnknownKind {
        /// The layer's name.
        layer: String,
        /// The kind.
        kind: String,
        /// All kinds there are.
        known: String,
    },
    /// Layers inside layers inside layers …
    #[error("layer `{layer}` is inside more than {most} layers", layer = shown(layer))]
    TooDeep {
        /// Where it is.
        layer: String,
        /// How many there may be.
        most: usize,
    },
    /// Settings that are not those of this kind of layer.
    #[error(
        "layer `{layer}`: these are not the settings of a `{kind}`: {why}",
        layer = shown(layer), kind = shown(kind), why = shown(why)
    )]
    Settings {
        /// The layer's name.
        layer: String,
        /// The kind.
        kind: String,
        /// What serde says.
        why: String,
    },
}

impl NamedConfig {
    /// Of a layer with these settings; an error if there are none.
    pub(crate) fn new(
        name: String,
        kind: &str,
        settings: Option<Value>,
    ) -> Result<Self, ArchitectureError> {
        let kind = kind.to_owned();
        match settings {
            Some(settings) => Ok(Self {
                name,
                config: LayerConfig { kind, settings },
            }),
            None => Err(ArchitectureError::NoDescription { layer: name, kind }),
        }
    }
}

impl<F: Scalar> NamedLayer<F> {
    /// Its description as plain data; `None` if it has none, or serde cannot write it.
    pub fn config(&self) -> Option<LayerConfig> {
        Some(LayerConfig {
            kind: self.kind().to_owned(),
            settings: self.spec.settings()?,
        })
    }
}

impl<F: Scalar> Model<F> {
    /// The sequence of layers as plain data.
    ///
    /// # Errors
    /// [`ArchitectureError`] naming the first layer that cannot be described as data.
    pub fn architecture(&self) -> Result<Architecture, ArchitectureError> {
        architecture(self)
    }

    fn describe(&self) -> Result<Architecture, ArchitectureError> {
        let described = |named: &NamedLayer<F>| {
            NamedConfig::new(named.name.clone(), named.kind(), named.spec.settings())
        };
        Ok(Architecture {
            input_shape: self.input_shape.clone(),
            layers: self
                .layers
                .iter()
                .map(described)
                .collect::<Result<_, _>>()?,
        })
    }
}

instantiate! {
    fn architecture<F: Scalar>(model: &Model<F>) -> Result<Architecture, ArchitectureError> {
        model.describe()
    }
}
