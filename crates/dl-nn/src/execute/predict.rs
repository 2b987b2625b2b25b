//! Predictions for any number of samples, in passes of bounded size.

use dl_core::memory::room;
use dl_core::{Scalar, instantiate};
use ndarray::{Array2, ArrayD, ArrayRef, ArrayViewD, Axis, Dimension, Slice};

use super::workspace::Workspace;
use crate::arrays::{in_standard_layout, matrix};
use crate::error::DataError;
use crate::layer::{Batch, Mode};
use crate::model::{Model, NamedLayer, elements};

/// Maximum number of samples per pass.
const MAX_BATCH: usize = 256;

/// Maximum number of elements in the outputs and scratch of the layers in one pass.
const MAX_ELEMENTS: usize = 1 << 28;

impl<F: Scalar> Model<F> {
    /// The network's outputs for samples `[n, …input]`: `[n, …output]`, evaluated without
    /// dropout, in passes of up to 256 samples: fewer if the layers would need more than 2²⁸
    /// elements for them.
    ///
    /// # Errors
    /// [`DataError`] if there are no samples, their shape is not the model's, or there is not enough memory for their
    /// outputs.
    pub fn predict<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<ArrayD<F>, DataError> {
        predict(self, x.view().into_dyn())
    }

    /// As [`predict`](Self::predict), as a matrix: one row per sample.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_matrix<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<Array2<F>, DataError> {
        Ok(matrix(self.predict(x)?))
    }

    fn outputs(&self, x: ArrayViewD<'_, F>) -> Result<ArrayD<F>, DataError> {
        self.check_samples(&x)?;
        let n = x.len_of(Axis(0));
        let mut shape = vec![n];
        shape.extend(self.output_shape());
        let mut y = room(elements(&shape).unwrap_or(usize::MAX))?;
        let batch = self.predict_batch();
        let mut workspace = Workspace::inference(self, n.min(batch))?;
        if n > batch {
            workspace.keep_packed();
        }
        for start in (0..n).step_by(batch) {
            let rows = Slice::from(start..n.min(start + batch));
            let x = x.slice_axis(Axis(0), rows);
            let x = in_standard_layout(x)?;
            let x = Batch::from_array(&x);
            let output = workspace.forward_unchanged(self, x, Mode::Eval);
            y.extend_from_slice(output.slice());
        }
        Ok(ArrayD::from_shape_vec(shape, y).expect("as many elements as the shape"))
    }

    /// Samples per pass.
    fn predict_batch(&self) -> usize {
        let of_layer = |named: &NamedLayer<F>| named.size().saturating_add(named.scratch());
        let sample = self.layers().iter().map(of_layer);
        let sample = sample.fold(1, usize::saturating_add);
        (MAX_ELEMENTS / sample).clamp(1, MAX_BATCH)
    }
}

instantiate! {
    fn predict<F: Scalar>(
        model: &Model<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<ArrayD<F>, DataError> {
        model.outputs(x)
    }
}
