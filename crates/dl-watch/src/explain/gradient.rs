//! The gradient that saliency and Grad-CAM begin with.

use dl_nn::{Batch, BatchMut, DataError, Mode, Model, Scalar, Workspace};
use ndarray::{ArrayD, ArrayViewD, Axis};

use super::check;

/// Samples in a pass, whose activations are all held for the backward pass.
pub(super) const PASS: usize = 64;

/// ∂zᶜ/∂x of each sample's class c, for samples x `[n, …input]` and the model's outputs z `[n, classes]`.
pub(super) fn of_logits<F: Scalar>(
    model: &Model<F>,
    x: ArrayViewD<'_, F>,
    classes: &[usize],
) -> Result<ArrayD<F>, DataError> {
    let count = model.output_shape()[0];
    let n = x.len_of(Axis(0));
    let mut gradient = ArrayD::zeros(x.raw_dim());
    let x = x.as_standard_layout();
    let (shape, size) = (&x.shape()[1..], x.len() / n);

    let values = x.as_slice().expect("in standard layout");
    let gradients = gradient.as_slice_mut().expect("in standard layout");
    let parts = values
        .chunks(PASS * size)
        .zip(gradients.chunks_mut(PASS * size));
    let mut workspace = Workspace::training(model, n.min(PASS))?;
    for (i, ((x, dx), classes)) in parts.zip(classes.chunks(PASS)).enumerate() {
        let x = Batch::new(shape, x);
        let logits = workspace.forward_for_backward(model, x, Mode::Eval);
        check::outputs(logits.slice(), count, i * PASS)?;
        // ∂zᶜ/∂z is 1 for class c, 0 for the others
        let mut dz = vec![F::zero(); classes.len() * count];
        for (dz, &class) in dz.chunks_exact_mut(count).zip(classes) {
            dz[class] = F::one();
        }
        let dz = Batch::new(model.output_shape(), &dz);
        workspace.backward(model, x, dz, Some(BatchMut::new(shape, dx)));
    }
    Ok(gradient)
}
