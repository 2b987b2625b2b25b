//! Checks of arrays handed in.

use dl_core::Scalar;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

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

/// A table: a row for each label, a name for each column, not empty, all finite.
pub(crate) fn check_table<F: Scalar>(
    what: &'static str,
    features: &ArrayRef2<F>,
    labels: usize,
    names: &[String],
) -> Result<(), DataError> {
    let (rows, columns) = features.dim();
    if rows != labels {
        return Err(DataError::RowCount { rows, labels });
    }
    if columns != names.len() {
        let names = names.len();
        return Err(DataError::NameCount { columns, names });
    }
    if features.is_empty() {
        return Err(DataError::Empty { what });
    }
    check_finite(what, features)
}

/// A selection: at least one row, all of them there.
pub(crate) fn check_rows(rows: &[usize], len: usize) -> Result<(), DataError> {
    if rows.is_empty() {
        return Err(DataError::Empty { what: "selection" });
    }
    match rows.iter().find(|&&row| row >= len) {
        Some(&row) => Err(DataError::Row { row, rows: len }),
        None => Ok(()),
    }
}

pub(crate) fn is_positive<F: Scalar>(value: F) -> bool {
    value > F::zero() && value.is_finite()
}

/// Values in the type of the data, where they fit it.
pub(crate) fn finite<F: Scalar>(
    what: &'static str,
    values: impl IntoIterator<Item = f64>,
) -> Result<Array1<F>, DataError> {
    let cast = |(column, value): (usize, f64)| {
        let value = F::of(value);
        value
            .is_finite()
            .then_some(value)
            .ok_or(DataError::Overflow {
                what,
                column,
                scalar: F::NAME,
            })
    };
    values.into_iter().enumerate().map(cast).collect()
}

/// Zeros, where there is memory for them.
pub(crate) fn zeros<F: Scalar>(rows: usize, columns: usize) -> Result<Array2<F>, DataError> {
    let too_large = DataError::TooLarge { rows, columns };
    let Some(count) = rows.checked_mul(columns) else {
        return Err(too_large);
    };
    let mut values = Vec::new();
    if values.try_reserve_exact(count).is_err() {
        return Err(too_large);
    }
    values.resize(count, F::zero());
    // the columns of no rows may be too many for an array
    Array2::from_shape_vec((rows, columns), values).map_err(|_| too_large)
}
