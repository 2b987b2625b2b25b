//! The arrays a layer exposes: its parameters and its state.

use std::borrow::Cow;

use ndarray::{Array, ArrayViewD, ArrayViewMutD, Dimension};

/// A named parameter of a layer.
///
/// Penalties and weight decay apply to those made by [`weight`](Self::weight) only: to the weights of a sum over
/// inputs, but not to biases, nor to the scales and shifts of a normalisation (Goodfellow, Bengio, Courville 2016,
/// section 7.1).
#[derive(Debug, Clone)]
pub struct Param<'a, F> {
    /// Its name within the layer: `kernel`, `bias`, `gamma` …
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: ArrayViewD<'a, F>,
    /// Whether penalties and weight decay apply to it.
    pub decay: bool,
}

impl<'a, F> Param<'a, F> {
    /// A parameter of any rank, in standard layout, that is not decayed: a bias, a scale; or a state.
    pub fn new<D: Dimension>(name: impl Into<Cow<'static, str>>, value: &'a Array<F, D>) -> Self {
        Self {
            name: name.into(),
            value: value.view().into_dyn(),
            decay: false,
        }
    }

    /// The same of one that is decayed: a kernel.
    pub fn weight<D: Dimension>(
        name: impl Into<Cow<'static, str>>,
        value: &'a Array<F, D>,
    ) -> Self {
        Self {
            decay: true,
            ..Self::new(name, value)
        }
    }

    /// The same parameter of a layer that is inside another one under this name: `kernel` becomes `first.kernel`.
    #[must_use]
    pub fn within(self, layer: &str) -> Self {
        let name = format!("{layer}.{}", self.name).into();
        Self { name, ..self }
    }
}

/// A named parameter of a layer, to be changed; see [`Param`].
#[derive(Debug)]
pub struct ParamMut<'a, F> {
    /// Its name within the layer.
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: ArrayViewMutD<'a, F>,
    /// Whether penalties and weight decay apply to it.
    pub decay: bool,
}

impl<'a, F> ParamMut<'a, F> {
    /// A parameter of any rank, in standard layout, that is not decayed.
    pub fn new<D: Dimension>(
        name: impl Into<Cow<'static, str>>,
        value: &'a mut Array<F, D>,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.view_mut().into_dyn(),
            decay: false,
        }
    }

    /// The same of one that is decayed.
    pub fn weight<D: Dimension>(
        name: impl Into<Cow<'static, str>>,
        value: &'a mut Array<F, D>,
    ) -> Self {
        Self {
            decay: true,
            ..Self::new(name, value)
        }
    }

    /// The same parameter of a layer that is inside another one under this name: `kernel` becomes `first.kernel`.
    #[must_use]
    pub fn within(self, layer: &str) -> Self {
        let name = format!("{layer}.{}", self.name).into();
        Self { name, ..self }
    }
}
