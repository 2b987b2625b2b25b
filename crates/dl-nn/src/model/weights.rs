//! The values of a model's parameters and states, without the model.

use dl_core::memory::OutOfMemory;
use dl_core::text::{excerpt, shown};
use dl_core::{Scalar, instantiate};
use ndarray::{ArrayD, ArrayViewD};

use super::{Model, NamedLayer};
use crate::arrays::copy;
use crate::layer::Param;

/// A copy of every parameter and state of a model, by dotted name, in its order: plain data that
/// serde writes and reads (with `serde_json`, bit for bit with its `float_roundtrip` feature).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Weights<F>(Vec<(String, ArrayD<F>)>);

impl<F> Weights<F> {
    /// Every name (`dense_1.kernel`) and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, F>)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.view()))
    }

    /// Every name and mutable value.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut ArrayD<F>)> {
        self.0.iter_mut().map(|(name, value)| (&**name, value))
    }
}

impl<F> FromIterator<(String, ArrayD<F>)> for Weights<F> {
    fn from_iter<I: IntoIterator<Item = (String, ArrayD<F>)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// The weights are those of a different model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the weights have {found} where the model has {expected}",
    found = shown(found), expected = shown(expected)
)]
pub struct WeightsError {
    /// The entry found: name and shape.
    pub found: String,
    /// The model's entry at this position.
    pub expected: String,
}

impl WeightsError {
    fn new(found: String, expected: String) -> Self {
        Self { found, expected }
    }
}

impl<F: Scalar> Model<F> {
    /// A copy of all parameters and states, with their dotted names.
    pub fn weights(&self) -> Weights<F> {
        weights(self)
    }

    fn copy_weights(&self) -> Weights<F> {
        let entries = self.layers.iter().flat_map(|named| {
            let copy = |p: Param<'_, F>| (format!("{}.{}", named.name, p.name), p.value.to_owned());
            named.all().map(copy).collect::<Vec<_>>()
        });
        Weights(entries.collect())
    }

    /// As [`weights`](Self::weights), or an error if there is not enough memory for them.
    pub(crate) fn try_weights(&self) -> Result<Weights<F>, OutOfMemory> {
        let entries = self.layers.iter().flat_map(|named| {
            let copy = |p: Param<'_, F>| {
                let name = format!("{}.{}", named.name, p.name);
                Ok::<_, OutOfMemory>((name, copy(&p.value)?))
            };
            named.all().map(copy).collect::<Vec<_>>()
        });
        Ok(Weights(entries.collect::<Result<_, _>>()?))
    }

    /// Copies all parameters and states into `weights`, made by [`weights`](Self::weights) of
    /// this model, without allocating.
    pub(crate) fn store_weights(&self, weights: &mut Weights<F>) {
        let all = self.layers.iter().flat_map(NamedLayer::all);
        for ((_, copy), param) in weights.0.iter_mut().zip(all) {
            copy.assign(&param.value);
        }
    }

    /// Restores a copy made by [`weights`](Self::weights) of this model or of one with the same layers.
    ///
    /// # Errors
    /// [`WeightsError`] naming the first entry whose name or shape differs from the model's; then the model has not
    /// changed.
    pub fn set_weights(&mut self, weights: &Weights<F>) -> Result<(), WeightsError> {
        set_weights(self, weights)
    }

    fn assign_weights(&mut self, weights: &Weights<F>) -> Result<(), WeightsError> {
        self.check_weights(weights)?;
        let mut values = weights.0.iter().map(|(_, value)| value);
        for named in &mut self.layers {
            for (mut param, value) in named.layer.params_mut().into_iter().zip(&mut values) {
                param.value.assign(value);
            }
            for (mut state, value) in named.layer.state_mut().into_iter().zip(&mut values) {
                state.value.assign(value);
            }
        }
        Ok(())
    }

    /// Checks that [`set_weights`](Self::set_weights) would take these.
    pub(crate) fn check_weights(&self, weights: &Weights<F>) -> Result<(), WeightsError> {
        let mut entries = weights.0.iter();
        for named in &self.layers {
            for param in named.all() {
                let expected =
                    || format!("{}.{} {:?}", named.name, param.name, param.value.shape());
                let Some((name, value)) = entries.next() else {
                    return Err(WeightsError::new("nothing".into(), expected()));
                };
                let suffix = name
                    .strip_prefix(&named.name)
                    .and_then(|n| n.strip_prefix('.'));
                if suffix != Some(&*param.name) || value.shape() != param.value.shape() {
                    let found = format!("{} {:?}", excerpt(name), value.shape());
                    return Err(WeightsError::new(found, expected()));
                }
            }
        }
        if let Some((name, value)) = entries.next() {
            let found = format!("{} {:?}", excerpt(name), value.shape());
            return Err(WeightsError::new(found, "nothing more".into()));
        }
        Ok(())
    }
}

instantiate! {
    fn weights<F: Scalar>(model: &Model<F>) -> Weights<F> {
        model.copy_weights()
    }

    fn set_weights<F: Scalar>(
        model: &mut Model<F>,
        weights: &Weights<F>,
    ) -> Result<(), WeightsError> {
        model.assign_weights(weights)
    }
}
