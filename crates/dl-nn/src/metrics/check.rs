//! Checks of the input, shared by all measures.

use dl_core::Scalar;
use ndarray::{ArrayRef, ArrayRef1, ArrayRef2, Dimension, IntoDimension};

use super::MetricError;

pub(super) fn not_empty<A, D: Dimension>(
    what: &'static str,
    array: &ArrayRef<A, D>,
) -> Result<(), MetricError> {
    if array.is_empty() {
        let shape = array.shape().to_vec();
        return Err(MetricError::Empty { what, shape });
    }
    Ok(())
}

pub(super) fn same_length<A, B, D: Dimension>(
    truth: &ArrayRef1<A>,
    what: &'static str,
    array: &ArrayRef<B, D>,
) -> Result<(), MetricError> {
    let (found, expected) = (array.shape()[0], truth.len());
    if found != expected {
        return Err(MetricError::Length {
            what,
            found,
            expected,
        });
    }
    Ok(())
}

pub(super) fn labels(
    what: &'static str,
    labels: &ArrayRef1<usize>,
    classes: usize,
) -> Result<(), MetricError> {
    match labels.iter().position(|&label| label >= classes) {
        None => Ok(()),
        Some(row) => Err(MetricError::Label {
            what,
            row,
            found: labels[row],
            classes,
        }),
    }
}

pub(super) fn finite<F: Scalar, D: Dimension>(
    what: &'static str,
    values: &ArrayRef<F, D>,
) -> Result<(), MetricError> {
    match find(values, |x| !x.is_finite()) {
        None => Ok(()),
        Some((index, found)) => Err(MetricError::NotFinite { what, index, found }),
    }
}

/// Every entry lies in `[0, 1]`.
pub(super) fn probabilities<F: Scalar, D: Dimension>(
    what: &'static str,
    values: &ArrayRef<F, D>,
) -> Result<(), MetricError> {
    match find(values, |x| !(0.0..=1.0).contains(&x)) {
        None => Ok(()),
        Some((index, found)) => Err(MetricError::NotAProbability { what, index, found }),
    }
}

/// Every row is a distribution: entries in `[0, 1]` whose sum is 1 within the square root of the
/// type's precision, scikit-learn's tolerance.
pub(super) fn distributions<F: Scalar>(
    what: &'static str,
    values: &ArrayRef2<F>,
) -> Result<(), MetricError> {
    probabilities(what, values)?;
    let tolerance = F::epsilon().as_f64().sqrt();
    for (row, p) in values.rows().into_iter().enumerate() {
        let found = p.iter().map(|p| p.as_f64()).sum::<f64>();
        if (found - 1.0).abs() > tolerance {
            return Err(MetricError::RowSum { what, row, found });
        }
    }
    Ok(())
}

pub(super) fn level(level: f64) -> Result<(), MetricError> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(MetricError::Level { found: level })
}

/// The first entry that is `wrong`, with its index.
fn find<F: Scalar, D: Dimension>(
    values: &ArrayRef<F, D>,
    wrong: impl Fn(f64) -> bool,
) -> Option<(Vec<usize>, f64)> {
    values
        .indexed_iter()
        .map(|(index, x)| (index, x.as_f64()))
        .find(|&(_, x)| wrong(x))
        .map(|(index, x)| (index.into_dimension().slice().to_vec(), x))
}
