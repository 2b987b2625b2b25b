//! What happens to samples before the network, and to predictions after it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use dl_core::instantiate;
use dl_core::text::shown;
use dl_data::{MinMaxScaler, Pca, StandardScaler, TargetScaler};
use dl_nn::Scalar;
use dl_nn::metrics::Temperature;
use ndarray::{Array2, ArrayD, Axis};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A step between raw samples and the network (a scaler, a projection), or between the network and the predictions (a
/// target scaled back). Fitted on training data alone, it is part of the model.
///
/// For a transform of your own, implement this and register it in a [`TransformRegistry`] for
/// [`Bundle::load_with`](crate::Bundle::load_with).
pub trait Transform<F: Scalar>: fmt::Debug + Send + Sync {
    /// The kind, under which a registry knows it.
    fn kind(&self) -> &'static str;

    /// The settings, from which serde restores it; `None` if they cannot be written as JSON.
    fn settings(&self) -> Option<Value>;

    /// The shape of a sample after the transform.
    ///
    /// # Errors
    /// Why it does not accept samples of this shape, or none at all.
    fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, String>;

    /// The number of columns it was fitted on; `None`, the default, if it accepts any shape.
    fn columns(&self) -> Option<usize> {
        None
    }

    /// Multiply-adds for a sample of this shape; by default one per element.
    fn work(&self, shape: &[usize]) -> u64 {
        shape.iter().copied().fold(1, usize::saturating_mul) as u64
    }

    /// Transforms samples `[n, …shape]` in standard layout to `[n, …output_shape]` in standard layout.
    ///
    /// # Errors
    /// Samples that it does not accept.
    fn transform(&self, x: ArrayD<F>) -> Result<ArrayD<F>, Box<dyn Error + Send + Sync>>;
}

/// Divides every element: z = x / d, such as 8-bit pixels by 255.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Divide(pub f64);

impl<F: Scalar> Transform<F> for Divide {
    fn kind(&self) -> &'static str {
        "Divide"
    }

    fn settings(&self) -> Option<Value> {
        Some(self.0.into())
    }

    fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        match self.0 {
            d if d == 0.0 || !d.is_finite() => {
                Err(format!("the divisor is {d}, but must be finite and not 0"))
            }
            _ => Ok(shape.to_vec()),
        }
    }

    fn transform(&self, x: ArrayD<F>) -> Result<ArrayD<F>, Box<dyn Error + Send + Sync>> {
        let divisor = F::cast(self.0);
        Ok(x.mapv_into(|x| x / divisor))
    }
}

/// The inverse of a scaler: scales the predictions of a regression back to the units of its target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inverse<S>(pub S);

impl<F: Scalar> Transform<F> for Inverse<TargetScaler> {
    fn kind(&self) -> &'static str {
        "InverseTargetScaler"
    }

    fn settings(&self) -> Option<Value> {
        serde_json::to_value(&self.0).ok()
    }

    fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        Ok(shape.to_vec())
    }

    fn transform(&self, x: ArrayD<F>) -> Result<ArrayD<F>, Box<dyn Error + Send + Sync>> {
        Ok(self.0.inverse_transform(&x))
    }
}

/// Implements [`Transform`] for what was fitted on rows: the fitted value in `self`, its method, how it is written, the
/// numbers of columns before and after it, and the multiply-adds per column.
macro_rules! fitted {
    ($(
        $type:ty, $kind:literal, $settings:ident, $method:ident, $fitted:expr, $sizes:expr;
    )*) => {$(
        impl<F: Scalar> Transform<F> for $type {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn settings(&self) -> Option<Value> {
                $settings($fitted(self))
            }

            fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
                let (columns, outputs, _) = $sizes($fitted(self));
                require_columns(shape, columns)?;
                Ok(vec![outputs])
            }

            fn columns(&self) -> Option<usize> {
                Some($sizes($fitted(self)).0)
            }

            fn work(&self, shape: &[usize]) -> u64 {
                let per_column = $sizes($fitted(self)).2;
                shape.iter().copied().fold(per_column, usize::saturating_mul) as u64
            }

            fn transform(&self, x: ArrayD<F>) -> Result<ArrayD<F>, Box<dyn Error + Send + Sync>> {
                Ok($fitted(self).$method(&rows(x))?.into_dyn())
            }
        }
    )*};
}

fitted! {
    StandardScaler<F>, "StandardScaler", standard_scaler, transform, own, standard_sizes;
    MinMaxScaler<F>, "MinMaxScaler", min_max_scaler, transform, own, min_max_sizes;
    Pca<F>, "Pca", pca, transform, own, pca_sizes;
    Inverse<StandardScaler<F>>, "InverseStandardScaler", standard_scaler, inverse_transform, inner, standard_sizes;
    Inverse<MinMaxScaler<F>>, "InverseMinMaxScaler", min_max_scaler, inverse_transform, inner, min_max_sizes;
}

fn own<S>(transform: &S) -> &S {
    transform
}

fn inner<S>(inverse: &Inverse<S>) -> &S {
    &inverse.0
}

fn standard_sizes<F: Scalar>(scaler: &StandardScaler<F>) -> (usize, usize, usize) {
    (scaler.mean().len(), scaler.mean().len(), 1)
}

fn min_max_sizes<F: Scalar>(scaler: &MinMaxScaler<F>) -> (usize, usize, usize) {
    (scaler.min().len(), scaler.min().len(), 1)
}

fn pca_sizes<F: Scalar>(pca: &Pca<F>) -> (usize, usize, usize) {
    let components = pca.components().nrows();
    (pca.mean().len(), components, components)
}

fn require_columns(shape: &[usize], columns: usize) -> Result<(), String> {
    let size: usize = shape.iter().product();
    if size == columns {
        return Ok(());
    }
    Err(format!(
        "samples of shape {shape:?} have {size} values, but it expects {columns}"
    ))
}

/// Samples in standard layout as rows.
pub(super) fn rows<F: Scalar>(x: ArrayD<F>) -> Array2<F> {
    let n = x.len_of(Axis(0));
    let columns = x.len() / n.max(1);
    let rows = x.into_shape_with_order((n, columns));
    rows.expect("the same number of values")
}

type Read<F> = fn(&Value) -> Result<Box<dyn Transform<F>>, serde_json::Error>;

/// The kinds of transforms that can be read from a bundle. A file names a kind, it does not contain code.
#[derive(Clone)]
pub struct TransformRegistry<F> {
    kinds: BTreeMap<&'static str, Read<F>>,
}

impl<F> fmt::Debug for TransformRegistry<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.kinds.keys()).finish()
    }
}

impl<F: Scalar> Default for TransformRegistry<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Scalar> TransformRegistry<F> {
    /// The transforms of this crate: [`Divide`]; the scalers of `dl-data`, also as [`Inverse`], [`TargetScaler`]
    /// as that alone; [`Pca`]; [`Temperature`].
    pub fn new() -> Self {
        registry()
    }

    /// Adds a kind of your own, under the name that its [`Transform::kind`] gives. Its settings should reject unknown
    /// fields: `#[serde(deny_unknown_fields)]`.
    pub fn with<T: Transform<F> + DeserializeOwned + 'static>(
        mut self,
        kind: &'static str,
    ) -> Self {
        let read: Read<F> = |settings| Ok(Box::new(T::deserialize(settings)?));
        self.kinds.insert(kind, read);
        self
    }

    /// Restores transforms from their descriptions; an error begins with the number of the transform, from 1.
    pub(super) fn read(
        &self,
        configs: &[TransformConfig],
    ) -> Result<Vec<Box<dyn Transform<F>>>, String> {
        let transforms = configs.iter().enumerate().map(|(i, config)| {
            let read = || {
                let (Some((kind, settings)), 1) = (config.iter().next(), config.len()) else {
                    return Err("an object with one entry, the kind, is expected".to_owned());
                };
                let Some(read) = self.kinds.get(&**kind) else {
                    let known = self.kinds.keys().copied().collect::<Vec<_>>().join(", ");
                    let kind = shown(kind);
                    return Err(format!(
                        "its kind is `{kind}`, but the kinds known here are {known}"
                    ));
                };
                read(settings).map_err(|error| format!("{kind}: {error}"))
            };
            read().map_err(|why| format!("{}: {why}", i + 1))
        });
        transforms.collect()
    }
}

/// A transform as it is written: its kind with its settings.
pub(super) type TransformConfig = Map<String, Value>;

/// Describes transforms; an error begins with the number of the transform, from 1.
pub(super) fn configs<F: Scalar>(
    transforms: &[Box<dyn Transform<F>>],
) -> Result<Vec<TransformConfig>, String> {
    let configs = transforms.iter().enumerate().map(|(i, transform)| {
        let kind = transform.kind();
        let failed = || {
            let number = i + 1;
            format!("{number} ({kind}): its settings cannot be written as JSON")
        };
        let settings = transform.settings().ok_or_else(failed)?;
        Ok(Map::from_iter([(kind.to_owned(), settings)]))
    });
    configs.collect()
}

instantiate! {
    fn registry<F: Scalar + DeserializeOwned>() -> TransformRegistry<F> {
        let kinds = BTreeMap::new();
        TransformRegistry { kinds }
            .with::<Divide>("Divide")
            .with::<StandardScaler<F>>("StandardScaler")
            .with::<MinMaxScaler<F>>("MinMaxScaler")
            .with::<Pca<F>>("Pca")
            .with::<Inverse<StandardScaler<F>>>("InverseStandardScaler")
            .with::<Inverse<MinMaxScaler<F>>>("InverseMinMaxScaler")
            .with::<Temperature>("Temperature")
            .with::<Inverse<TargetScaler>>("InverseTargetScaler")
    }

    fn standard_scaler<F: Scalar + Serialize>(scaler: &StandardScaler<F>) -> Option<Value> {
        serde_json::to_value(scaler).ok()
    }

    fn min_max_scaler<F: Scalar + Serialize>(scaler: &MinMaxScaler<F>) -> Option<Value> {
        serde_json::to_value(scaler).ok()
    }

    fn pca<F: Scalar + Serialize>(pca: &Pca<F>) -> Option<Value> {
        serde_json::to_value(pca).ok()
    }
}
