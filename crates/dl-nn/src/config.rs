//! An architecture as plain data: what a model file says about the layers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dl_core::{Scalar, instantiate, text::shown};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::layers;
use crate::sequential::Sequential;
use crate::spec::{Described, ErasedSpec, LayerSpec};

/// A layer's description as plain data: its kind and what it was set to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerConfig {
    /// The kind of layer, under which a [`Registry`] knows it: `dense`.
    pub kind: String,
    /// The description's fields, as serde writes them.
    #[serde(deserialize_with = "crate::unique::deserialize")]
    pub settings: Value,
}

/// A row of layers as plain data, from which [`Registry::sequential`] makes a network again.
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
    /// What it is.
    pub config: LayerConfig,
}

/// A [`NamedConfig`] as it is written: in one object. (serde refuses no unknown keys where it
/// flattens one structure into another.)
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedSettings {
    name: String,
    kind: String,
    #[serde(deserialize_with = "crate::unique::deserialize")]
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

type Read<F> = fn(&Value) -> Result<Arc<dyn ErasedSpec<F>>, serde_json::Error>;

/// The kinds of layers that can be made from an [`Architecture`]. Nothing else is ever made: a
/// file names a kind, it does not bring code.
///
/// ```
/// use dl_nn::{Model, Registry, Sequential, layers::Dense};
///
/// let model: Model<f32> = Sequential::input([4]).push(Dense::new(3)).build(0)?;
/// let json = serde_json::to_string(&model.architecture()?)?;
/// let again = Registry::<f32>::new().sequential(&serde_json::from_str(&json)?)?.build(0)?;
/// assert_eq!(again.architecture()?, model.architecture()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Registry<F> {
    kinds: BTreeMap<&'static str, Read<F>>,
}

impl<F> fmt::Debug for Registry<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.kinds.keys()).finish()
    }
}

impl<F: Scalar> Default for Registry<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Scalar> Registry<F> {
    /// The layers of this crate.
    pub fn new() -> Self {
        registry()
    }

    fn own_layers() -> Self {
        let kinds = BTreeMap::new();
        layers::register(Self { kinds })
    }

    /// Adds a kind of layer of your own, under its [`LayerSpec::KIND`]. Let its settings refuse what they do not know:
    /// `#[serde(deny_unknown_fields)]`.
    pub fn with<S: LayerSpec<F> + DeserializeOwned + 'static>(mut self) -> Self {
        let read: Read<F> = |settings| Ok(Arc::new(Described(S::deserialize(settings)?)));
        self.kinds.insert(S::KIND, read);
        self
    }

    /// The network of this architecture, to be built.
    ///
    /// # Errors
    /// [`ArchitectureError`] naming the first layer whose kind or settings are unknown.
    pub fn sequential(
        &self,
        architecture: &Architecture,
    ) -> Result<Sequential<F>, ArchitectureError> {
        sequential(self, architecture)
    }

    fn read(&self, architecture: &Architecture) -> Result<Sequential<F>, ArchitectureError> {
        let mut network = Sequential::input(architecture.input_shape.clone());
        for NamedConfig { name, config } in &architecture.layers {
            let (layer, kind) = (name.clone(), config.kind.clone());
            let Some(read) = self.kinds.get(&*kind) else {
                let known = self.kinds.keys().copied().collect::<Vec<_>>().join(", ");
                return Err(ArchitectureError::UnknownKind { layer, kind, known });
            };
            let spec = read(&config.settings).map_err(|why| ArchitectureError::Settings {
                layer,
                kind,
                why: why.to_string(),
            })?;
            network = network.push_spec(Some(name.clone()), spec);
        }
        Ok(network)
    }
}

instantiate! {
    fn registry<F: Scalar>() -> Registry<F> {
        Registry::own_layers()
    }

    fn sequential<F: Scalar>(
        registry: &Registry<F>,
        architecture: &Architecture,
    ) -> Result<Sequential<F>, ArchitectureError> {
        registry.read(architecture)
    }
}
