//! The kinds of layers that a file may name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dl_core::{Scalar, instantiate};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Sequential;
use super::config::{Architecture, ArchitectureError, NamedConfig};
use super::spec::{Described, ErasedSpec, LayerSpec};

type Read<F> = fn(&Value) -> Result<Arc<dyn ErasedSpec<F>>, serde_json::Error>;

/// The kinds of layers that can be made from an [`Architecture`]. Nothing else is ever made: a
/// file names a kind, it does not contain code.
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

impl<F: Scalar> Registry<F> {
    /// A registry without kinds; [`new`](Self::new) has the layers of this crate.
    pub(crate) fn empty() -> Self {
        let kinds = BTreeMap::new();
        Self { kinds }
    }

    /// Adds a kind of layer of your own, under its [`LayerSpec::KIND`]. Its settings should reject unknown fields:
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
    fn sequential<F: Scalar>(
        registry: &Registry<F>,
        architecture: &Architecture,
    ) -> Result<Sequential<F>, ArchitectureError> {
        registry.read(architecture)
    }
}
