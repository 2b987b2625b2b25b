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

/// How deeply layers may be nested in a file: no network that is used comes close.
const MAX_DEPTH: usize = 16;

type Read<F> = fn(&Value, &Reader<'_, F>) -> Result<Arc<dyn ErasedSpec<F>>, ArchitectureError>;

/// A description that holds those of other layers, which the registry reads.
pub(crate) trait ReadNested<F: Scalar>: LayerSpec<F> + Sized + 'static {
    fn read(settings: &Value, reader: &Reader<'_, F>) -> Result<Self, ArchitectureError>;
}

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
        let read: Read<F> = |settings, reader| {
            let spec: S = reader.settings(settings)?;
            Ok(Arc::new(Described(spec)))
        };
        self.kinds.insert(S::KIND, read);
        self
    }

    pub(crate) fn with_nested<S: ReadNested<F>>(mut self) -> Self {
        let read: Read<F> = |settings, reader| Ok(Arc::new(Described(S::read(settings, reader)?)));
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
}

/// Reads the settings of one layer, and the layers inside it.
pub(crate) struct Reader<'a, F> {
    registry: &'a Registry<F>,
    /// Where the layer is: `residual_1.branch.dense_1`.
    layer: String,
    kind: &'a str,
    /// How many layers it is inside.
    depth: usize,
}

impl<F: Scalar> Reader<'_, F> {
    /// The settings as this type.
    pub(crate) fn settings<T: DeserializeOwned>(
        &self,
        settings: &Value,
    ) -> Result<T, ArchitectureError> {
        T::deserialize(settings).map_err(|why| ArchitectureError::Settings {
            layer: self.layer.clone(),
            kind: self.kind.to_owned(),
            why: why.to_string(),
        })
    }

    /// For the layers of one of its branches.
    pub(crate) fn within(&self, branch: &str) -> Result<Self, ArchitectureError> {
        let (layer, most) = (self.layer.clone(), MAX_DEPTH);
        if self.depth == most {
            return Err(ArchitectureError::TooDeep { layer, most });
        }
        Ok(Self {
            layer: inside(layer, branch),
            depth: self.depth + 1,
            ..*self
        })
    }

    /// The sequence with these layers at its end.
    pub(crate) fn push(
        &self,
        mut sequence: Sequential<F>,
        layers: &[NamedConfig],
    ) -> Result<Sequential<F>, ArchitectureError> {
        for NamedConfig { name, config } in layers {
            let layer = inside(self.layer.clone(), name);
            let Some(read) = self.registry.kinds.get(&*config.kind) else {
                let known = self.registry.kinds.keys();
                return Err(ArchitectureError::UnknownKind {
                    layer,
                    kind: config.kind.clone(),
                    known: known.copied().collect::<Vec<_>>().join(", "),
                });
            };
            let reader = Reader {
                layer,
                kind: &config.kind,
                ..*self
            };
            let spec = read(&config.settings, &reader)?;
            sequence = sequence.push_spec(Some(name.clone()), spec);
        }
        Ok(sequence)
    }
}

/// `residual_1` and `branch` → `residual_1.branch`
fn inside(mut layer: String, name: &str) -> String {
    if !layer.is_empty() && !name.is_empty() {
        layer.push('.');
    }
    layer + name
}

instantiate! {
    fn sequential<F: Scalar>(
        registry: &Registry<F>,
        architecture: &Architecture,
    ) -> Result<Sequential<F>, ArchitectureError> {
        let network = Sequential::input(architecture.input_shape.clone());
        let reader = Reader {
            registry,
            layer: String::new(),
            kind: "",
            depth: 0,
        };
        reader.push(network, &architecture.layers)
    }
}
