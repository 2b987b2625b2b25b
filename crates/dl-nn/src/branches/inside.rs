//! The layers inside a layer, to be looked at.

use dl_core::Scalar;

use super::composite::Composite;
use super::merge::Merge;
use crate::activation::Activation;
use crate::model::NamedLayer;

/// What is inside a layer with branches; [`NamedLayer::inside`] finds it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inside<'a, F> {
    /// Each branch: its name, empty for a sequence, and its layers; without any, it is the identity.
    pub branches: Vec<(&'a str, &'a [NamedLayer<F>])>,
    /// How their outputs become one.
    pub merge: Merge,
    /// What is applied to that.
    pub activation: Activation,
}

impl<F: Scalar> NamedLayer<F> {
    /// What is inside it, if it is a `Sequential`, a `Residual` or `Branches`.
    pub fn inside(&self) -> Option<Inside<'_, F>> {
        let composite = self.layer.as_any().downcast_ref::<Composite<F>>()?;
        let branches = composite.branches().iter();
        Some(Inside {
            branches: branches.map(|b| (&*b.name, &*b.layers)).collect(),
            merge: composite.merge,
            activation: composite.activation,
        })
    }
}
