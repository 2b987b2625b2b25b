//! Checks of arrays handed in.

use dl_math::Scalar;
use ndarray::{ArrayRef1, ArrayRef2};

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

/// Parameters of a transformer, one a column (or component): as many as expected, all allowed.
pub(crate) fn check_parameters<F: Scalar>(
    what: &'static str,
    name: &str,
    values: &ArrayRef1<F>,
    expected: usize,
    allowed: (&str, impl Fn(F) -> bool),
) -> Result<(), DataError> {
    let problem = if values.len() != expected {
        format!("{} values of {name}, expected {expected}", values.len())
    } else if let Some((i, value)) = values.iter().enumerate().find(|(_, v)| !allowed.1(**v)) {
        format!("{name} {i} is {value}, but must be {}", allowed.0)
    } else {
        return Ok(());
    };
    Err(DataError::Parameters { what, problem })
}
