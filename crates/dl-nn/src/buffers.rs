//! Arrays whose size a caller chose, or an error if there is not enough memory for them.

use dl_core::Scalar;
use dl_core::memory::{OutOfMemory, filled, room};
use ndarray::{Array2, ArrayD, ArrayRef, CowArray, IxDyn};

/// Zeros, as many as the shape has.
pub(crate) fn zeros<F: Scalar>(shape: IxDyn) -> Result<ArrayD<F>, OutOfMemory> {
    let numbers = filled(ndarray::Dimension::size(&shape), F::zero)?;
    Ok(in_shape(shape, numbers))
}

/// A copy in standard layout.
pub(crate) fn copy<F: Scalar>(x: &ArrayRef<F, IxDyn>) -> Result<ArrayD<F>, OutOfMemory> {
    let mut numbers = room(x.len())?;
    match x.as_slice() {
        Some(x) => numbers.extend_from_slice(x),
        None => numbers.extend(x),
    }
    Ok(in_shape(x.raw_dim(), numbers))
}

/// The array itself where it is in standard layout, else a copy that is.
pub(crate) fn in_standard_layout<'a, F: Scalar>(
    x: &'a ArrayRef<F, IxDyn>,
) -> Result<CowArray<'a, F, IxDyn>, OutOfMemory> {
    if x.is_standard_layout() {
        return Ok(x.view().into());
    }
    Ok(copy(x)?.into())
}

/// One row a sample.
pub(crate) fn matrix<F>(y: ArrayD<F>) -> Array2<F> {
    let rows = y.shape()[0];
    let width = y.len() / rows;
    let y = y.into_shape_with_order((rows, width));
    y.expect("outputs are in standard layout")
}

fn in_shape<F>(shape: IxDyn, numbers: Vec<F>) -> ArrayD<F> {
    ArrayD::from_shape_vec(shape, numbers).expect("as many numbers as the shape has")
}
