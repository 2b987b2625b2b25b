//! One model after another.

use dl_core::{Scalar, instantiate};

use super::Model;
use crate::error::{BuildError, ShapeError};

impl<F: Scalar> Model<F> {
    /// The layers of this model, then those of `next`: a new head on a trained body, or what
    /// [`split_after`](Self::split_after) separated. Layers keep their names and parameters, and the seed is this model's.
    ///
    /// ```
    /// use dl_nn::prelude::*;
    ///
    /// let model: Model<f32> = Sequential::input([4])
    ///     .push_named("body", Dense::new(8).activation(Relu))
    ///     .push_named("head", Dense::new(10))
    ///     .build(1)?;
    /// let (body, _) = model.split_after("body")?;
    /// let head = Sequential::input([8]).push_named("head", Dense::new(3)).build(2)?;
    /// let model = body.append(head)?;
    /// assert_eq!(model.output_shape(), [3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`BuildError`] if `next` takes samples of another shape, or both have a layer of the same name.
    pub fn append(self, next: Self) -> Result<Self, BuildError> {
        append(self, next)
    }
}

instantiate! {
    fn append<F: Scalar>(model: Model<F>, next: Model<F>) -> Result<Model<F>, BuildError> {
        let (got, taken) = (model.output_shape(), next.input_shape());
        let fits = ShapeError::require(got == taken, got, format!("{taken:?}"));
        fits.map_err(|error| BuildError::Layer {
            layer: next.layers[0].name.clone(),
            source: error.into(),
        })?;
        let names: std::collections::HashSet<&str> =
            model.layers.iter().map(|named| named.name.as_str()).collect();
        let twice = next.layers.iter().find(|named| names.contains(&*named.name));
        if let Some(named) = twice {
            return Err(BuildError::DuplicateName(named.name.clone()));
        }
        let mut model = model;
        model.layers.extend(next.layers);
        Ok(model)
    }
}
