//! Checks of the caller's arrays.

use dl_core::Scalar;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::DatasetError;

pub(crate) fn check_finite<F: Scalar>(
    what: &'static str,
    x: &ArrayRef2<F>,
) -> Result<(), DatasetError> {
    match x.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), value)) => Err(DatasetError::NotFinite {
            what,
            row,
            column,
            value: value.as_f64(),
        }),
        None => Ok(()),
    }
}

/// Every label is that of a class.
pub(crate) fn check_labels(labels: &ArrayRef1<usize>, classes: usize) -> Result<(), DatasetError> {
    match labels.iter().enumerate().find(|&(_, &l)| l >= classes) {
        Some((row, &label)) => Err(DatasetError::Label {
            row,
            label,
            classes,
        }),
        None => Ok(()),
    }
}

/// Number of labels of each class.
pub(crate) fn class_counts(labels: &ArrayRef1<usize>, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    labels.iter().for_each(|&label| counts[label] += 1);
    counts
}

/// Data to fit a transformer on: at least one row and column, all values finite.
pub(crate) fn check_fit<F: Scalar>(
    what: &'static str,
    x: &ArrayRef2<F>,
) -> Result<(), DatasetError> {
    if x.is_empty() {
        return Err(DatasetError::Empty { what });
    }
    check_finite(what, x)
}

pub(crate) fn check_width<F: Scalar>(
    what: &'static str,
    x: &ArrayRef2<F>,
    expected: usize,
) -> Result<(), DatasetError> {
    let found = x.ncols();
    if found != expected {
        return Err(DatasetError::ColumnCount {
            what,
            found,
            expected,
        });
    }
    Ok(())
}

/// Parameters of a transformer, one per column (or component): the expected number of them, all in range.
pub(crate) fn check_parameters<F: Scalar>(
    what: &'static str,
    name: &str,
    values: &ArrayRef1<F>,
    expected: usize,
    allowed: (&str, impl Fn(F) -> bool),
) -> Result<(), DatasetError> {
    let problem = if values.len() != expected {
        format!("{} values of {name}, expected {expected}", values.len())
    } else if let Some((i, value)) = values.iter().enumerate().find(|(_, v)| !allowed.1(**v)) {
        format!("{name} {i} is {value}, but must be {}", allowed.0)
    } else {
        return Ok(());
    };
    Err(DatasetError::Parameters { what, problem })
}

/// A table: one row per label, one name per column, not empty, all values finite.
pub(crate) fn check_table<F: Scalar>(
    what: &'static str,
    features: &ArrayRef2<F>,
    labels: usize,
    names: &[String],
) -> Result<(), DatasetError> {
    let (rows, columns) = features.dim();
    if rows != labels {
        return Err(DatasetError::RowCount { rows, labels });
    }
    if columns != names.len() {
        let names = names.len();
        return Err(DatasetError::NameCount { columns, names });
    }
    if features.is_empty() {
        return Err(DatasetError::Empty { what });
    }
    check_finite(what, features)
}

/// A selection: at least one row index, all in range.
pub(crate) fn check_rows(rows: &[usize], len: usize) -> Result<(), DatasetError> {
    if rows.is_empty() {
        return Err(DatasetError::Empty { what: "selection" });
    }
    match rows.iter().find(|&&row| row >= len) {
        Some(&row) => Err(DatasetError::Row { row, rows: len }),
        None => Ok(()),
    }
}

pub(crate) fn is_positive<F: Scalar>(value: F) -> bool {
    value > F::zero() && value.is_finite()
}

/// Values converted to the type of the data, unless one overflows.
pub(crate) fn finite<F: Scalar>(
    what: &'static str,
    values: impl IntoIterator<Item = f64>,
) -> Result<Array1<F>, DatasetError> {
    let cast = |(column, value): (usize, f64)| {
        let value = F::cast(value);
        value
            .is_finite()
            .then_some(value)
            .ok_or(DatasetError::Overflow {
                what,
                column,
                scalar: F::NAME,
            })
    };
    values.into_iter().enumerate().map(cast).collect()
}

/// Zeros, if there is enough memory.
pub(crate) fn zeros<F: Scalar>(rows: usize, columns: usize) -> Result<Array2<F>, DatasetError> {
    let too_large = DatasetError::TooLarge { rows, columns };
    let Some(count) = rows.checked_mul(columns) else {
        return Err(too_large);
    };
    let mut values = Vec::new();
    if values.try_reserve_exact(count).is_err() {
        return Err(too_large);
    }
    values.resize(count, F::zero());
    // an array without rows may still have too many columns
    Array2::from_shape_vec((rows, columns), values).map_err(|_| too_large)
}
