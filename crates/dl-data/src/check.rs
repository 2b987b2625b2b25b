//! Checks of arrays handed in.

use dl_math::Scalar;
use ndarray::ArrayRef2;

use crate::DataError;

pub(crate) fn check_finite<F: Scalar>(
    what: &'static str,
    x: &ArrayRef2<F>,
) -> Result<(), DataError> {
    match x.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), value)) => Err(DataError::NotFinite {
            what,
            row,
            column,
            value: value.as_f64(),
        }),
        None => Ok(()),
    }
}

/// Something to fit a transformer on: at least one row and column, all finite.
pub(crate) fn check_fit<F: Scalar>(what: &'static str, x: &ArrayRef2<F>) -> Result<(), DataError> {
    if x.is_empty() {
        return Err(DataError::Empty { what });
    }
    check_finite(what, x)
}

pub(crate) fn check_width<F: Scalar>(
    what: &'static str,
    x: &ArrayRef2<F>,
    takes: usize,
) -> Result<(), DataError> {
    let got = x.ncols();
    if got != takes {
        return Err(DataError::Width { what, got, takes });
    }
    Ok(())
}
