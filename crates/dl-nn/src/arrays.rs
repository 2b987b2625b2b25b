//! Arrays whose size a user has chosen, with an error if there is not enough memory for them.

use dl_core::Scalar;
use dl_core::memory::{OutOfMemory, filled, room};
use ndarray::{Array2, ArrayD, ArrayRef, ArrayViewD, CowArray, IxDyn};

/// An array of zeros.
pub(crate) fn zeros<F: Scalar>(shape: IxDyn) -> Result<ArrayD<F>, OutOfMemory> {
    let elements = filled(ndarray::Dimension::size(&shape), F::zero)?;
    Ok(in_shape(shape, elements))
}

/// A copy in standard layout.
pub(crate) fn copy<F: Scalar>(x: &ArrayRef<F, IxDyn>) -> Result<ArrayD<F>, OutOfMemory> {
    let mut elements = room(x.len())?;
    match x.as_slice() {
        Some(x) => elements.extend_from_slice(x),
        None => elements.extend(x),
    }
    Ok(in_shape(x.raw_dim(), elements))
}

/// The array itself if it is in standard layout, otherwise a copy that is.
pub(crate) fn in_standard_layout<F: Scalar>(
    x: ArrayViewD<'_, F>,
) -> Result<CowArray<'_, F, IxDyn>, OutOfMemory> {
    if x.is_standard_layout() {
        return Ok(x.into());
    }
    Ok(copy(&x)?.into())
}

/// One row per sample.
pub(crate) fn matrix<F>(y: ArrayD<F>) -> Array2<F> {
    let rows = y.shape()[0];
    let width = y.len() / rows;
    let y = y.into_shape_with_order((rows, width));
    y.expect("outputs are in standard layout")
}

fn in_shape<F>(shape: IxDyn, elements: Vec<F>) -> ArrayD<F> {
    ArrayD::from_shape_vec(shape, elements).expect("as many elements as the shape")
}
