//! Predictions one after another, without repeated work.

use dl_core::{Scalar, instantiate};
use ndarray::{ArrayRef, ArrayView2, ArrayViewD, Axis, Dimension};

use super::workspace::Workspace;
use crate::error::{BuildError, ConfigError, DataError};
use crate::layer::{Batch, Mode};
use crate::model::Model;

/// A model with everything its predictions need: its packed parameters and all buffers. After a first batch of each
/// size, a call allocates nothing, which matters most for single samples.
///
/// It owns the model, so that its parameters cannot change. It is [`Send`]: a server clones the model once per
/// thread.
///
/// ```
/// use dl_nn::Predictor;
/// use dl_nn::ndarray::array;
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([2]).push(Dense::new(3)).build(0)?;
/// let (x, together) = (array![[0.5, -1.0], [2.0, 0.0]], model.predict_matrix(&array![[0.5, -1.0], [2.0, 0.0]])?);
/// let mut predictor = Predictor::new(model, 1)?;
/// for (x, y) in x.rows().into_iter().zip(together.rows()) {
///     let x = x.insert_axis(dl_nn::ndarray::Axis(0));
///     assert_eq!(predictor.predict_matrix(&x)?.row(0), y);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Predictor<F> {
    model: Model<F>,
    workspace: Workspace<F>,
}

impl<F: Scalar> Predictor<F> {
    /// For batches of up to `capacity` samples.
    ///
    /// # Errors
    /// [`BuildError::Config`] for a capacity of 0; [`BuildError::Memory`] if there is not enough for the outputs of
    /// that many samples.
    pub fn new(model: Model<F>, capacity: usize) -> Result<Self, BuildError> {
        ConfigError::require(capacity > 0, "Predictor capacity", capacity, "at least 1")?;
        let mut workspace = Workspace::inference(&model, capacity)?;
        workspace.keep_packed();
        Ok(Self { model, workspace })
    }

    /// The network's outputs `[n, …output]` for samples `[n, …input]`, as [`Model::predict`] gives them.
    ///
    /// # Errors
    /// [`DataError`] if there are no samples, more than the capacity, their shape is not the model's, or one contains a
    /// NaN or an infinity.
    pub fn predict<D: Dimension>(
        &mut self,
        x: &ArrayRef<F, D>,
    ) -> Result<ArrayViewD<'_, F>, DataError> {
        predict(self, x.view().into_dyn())
    }

    /// What [`predict`](Self::predict) gives, as a matrix: one row per sample.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_matrix<D: Dimension>(
        &mut self,
        x: &ArrayRef<F, D>,
    ) -> Result<ArrayView2<'_, F>, DataError> {
        let y = self.predict(x)?;
        let shape = (y.len_of(Axis(0)), y.len() / y.len_of(Axis(0)));
        Ok(y.into_shape_with_order(shape)
            .expect("outputs are in standard layout"))
    }

    /// The model.
    pub fn model(&self) -> &Model<F> {
        &self.model
    }

    /// Consumes the predictor and returns the model.
    pub fn into_model(self) -> Model<F> {
        self.model
    }
}

instantiate! {
    fn predict<'p, F: Scalar>(
        predictor: &'p mut Predictor<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<ArrayViewD<'p, F>, DataError> {
        let Predictor { model, workspace } = predictor;
        model.check_samples(&x)?;
        let (n, capacity) = (x.len_of(Axis(0)), workspace.capacity());
        if n > capacity {
            return Err(DataError::TooManySamples { got: n, capacity });
        }
        let x = x.as_standard_layout();
        let x = Batch::from_array(&x);
        let output = workspace.forward_unchanged(model, x, Mode::Eval);
        Ok(output.array())
    }
}
