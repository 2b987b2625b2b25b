//! Maps of rows that are fitted to some data and then applied to any.

mod min_max;
mod pca;
mod standard;

use dl_math::Scalar;
use ndarray::{Array1, Array2, ArrayRef2};

pub use min_max::MinMaxScaler;
pub use pca::Pca;
pub use standard::StandardScaler;

use crate::{DataError, check};

/// A fitted map of rows and its inverse.
///
/// Fit on the rows that are trained on, only; then transform those and any others. A pair of
/// transformers is the first followed by the second:
///
/// ```
/// use dl_data::{Pca, StandardScaler, Transform, iris};
///
/// let x = iris::<f64>().features().clone();
/// let scaler = StandardScaler::fit(&x)?;
/// let pca = Pca::fit(&scaler.transform(&x)?, 2)?;
/// let both = (scaler, pca);
/// assert_eq!(both.transform(&x)?.dim(), (150, 2));
/// # Ok::<(), dl_data::DataError>(())
/// ```
pub trait Transform<F: Scalar> {
    /// Columns taken, d.
    fn inputs(&self) -> usize;

    /// Columns given, k.
    fn outputs(&self) -> usize;

    /// `[n, d]` to `[n, k]`.
    ///
    /// # Errors
    /// [`DataError::Width`] for another number of columns than d, [`DataError::NotFinite`] for a
    /// number that is NaN or infinite.
    fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError>;

    /// `[n, k]` back to `[n, d]`.
    ///
    /// # Errors
    /// As [`transform`](Self::transform), for k.
    fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError>;
}

impl<F: Scalar, A: Transform<F>, B: Transform<F>> Transform<F> for (A, B) {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }

    fn outputs(&self) -> usize {
        self.1.outputs()
    }

    fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        self.1.transform(&self.0.transform(x)?)
    }

    fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        self.0.inverse_transform(&self.1.inverse_transform(z)?)
    }
}

/// Rows of the width that a transformer takes, with finite numbers.
fn check_rows<F: Scalar>(
    what: &'static str,
    x: &ArrayRef2<F>,
    expected: usize,
) -> Result<(), DataError> {
    let found = x.ncols();
    if found != expected {
        return Err(DataError::Width {
            what,
            found,
            expected,
        });
    }
    check::finite("rows", x)
}

/// A fitted parameter, which must be one or more numbers that satisfy `allowed`.
fn check_parameter<F: Scalar>(
    what: &'static str,
    values: &Array1<F>,
    allowed: &'static str,
    is_allowed: impl Fn(F) -> bool,
) -> Result<(), DataError> {
    if values.is_empty() {
        return Err(DataError::Empty {
            what,
            rows: 1,
            columns: 0,
        });
    }
    match values
        .indexed_iter()
        .find(|&(_, &value)| !is_allowed(value))
    {
        None => Ok(()),
        Some((index, value)) => Err(DataError::Parameter {
            what,
            index,
            value: value.as_f64(),
            allowed,
        }),
    }
}

/// The mean of each column, in double precision: divided before the sum, which therefore does not
/// overflow.
fn means<F: Scalar>(x: &ArrayRef2<F>) -> Array1<f64> {
    let n = x.nrows() as f64;
    x.columns()
        .into_iter()
        .map(|column| column.iter().map(|x| x.as_f64() / n).sum())
        .collect()
}
