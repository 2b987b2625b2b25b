//! From the least to the greatest.

use dl_math::Scalar;
use ndarray::{Array1, Array2, ArrayRef2};

use super::{Transform, check_parameter, check_rows};
use crate::{DataError, check};

/// Maps the range of each column to `[low, high]`: z = low + (x − min) / scale, where
/// scale = (max − min) / (high − low).
///
/// A column that is constant has scale 1, so its value goes to `low`. Rows other than those
/// fitted may fall outside of `[low, high]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MinMaxScaler<F> {
    min: Array1<F>,
    scale: Array1<F>,
    low: F,
}

impl<F: Scalar> MinMaxScaler<F> {
    /// Maps the columns of `x` `[n, d]` to `[0, 1]`.
    ///
    /// # Errors
    /// [`DataError`] where n or d is 0, a number is NaN or infinite, or max − min overflows.
    pub fn fit(x: &ArrayRef2<F>) -> Result<Self, DataError> {
        Self::fit_to(x, F::zero(), F::one())
    }

    /// Maps the columns of `x` `[n, d]` to `[low, high]`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and unless low < high, both finite.
    pub fn fit_to(x: &ArrayRef2<F>, low: F, high: F) -> Result<Self, DataError> {
        let span = high - low;
        if !(span.is_finite() && span > F::zero()) {
            return Err(DataError::Range {
                low: low.as_f64(),
                high: high.as_f64(),
            });
        }
        check::table("x", x)?;
        let least =
            |values: ndarray::ArrayView1<'_, F>| values.fold(F::infinity(), |a, &b| a.min(b));
        let most =
            |values: ndarray::ArrayView1<'_, F>| values.fold(F::neg_infinity(), |a, &b| a.max(b));
        let min: Array1<F> = x.columns().into_iter().map(least).collect();
        let max: Array1<F> = x.columns().into_iter().map(most).collect();
        let scale = (&max - &min).mapv(|range| {
            let scale = range / span;
            if scale == F::zero() { F::one() } else { scale }
        });
        if let Some(column) = scale.iter().position(|scale| !scale.is_finite()) {
            return Err(DataError::Overflow {
                what: "x",
                column,
                statistic: "range",
            });
        }
        Ok(Self { min, scale, low })
    }

    /// A scaler with these parameters, such as those of a file: `min` `[d]`, `scale` `[d]`.
    ///
    /// # Errors
    /// [`DataError`] where the lengths differ or are 0, a minimum or `low` is not finite or a
    /// scale not finite and positive.
    pub fn new(min: Array1<F>, scale: Array1<F>, low: F) -> Result<Self, DataError> {
        check::length("scale", scale.len(), min.len(), "minima")?;
        check_parameter("min", &min, "finite", F::is_finite)?;
        check_parameter("scale", &scale, "finite and positive", |s| {
            s.is_finite() && s > F::zero()
        })?;
        check_parameter("low", &Array1::from_elem(1, low), "finite", F::is_finite)?;
        Ok(Self { min, scale, low })
    }

    /// The least value of each column.
    pub fn min(&self) -> &Array1<F> {
        &self.min
    }

    /// What each column is divided by: (max − min) / (high − low).
    pub fn scale(&self) -> &Array1<F> {
        &self.scale
    }

    /// What the least value is mapped to.
    pub fn low(&self) -> F {
        self.low
    }
}

impl<F: Scalar> Transform<F> for MinMaxScaler<F> {
    fn inputs(&self) -> usize {
        self.min.len()
    }

    fn outputs(&self) -> usize {
        self.min.len()
    }

    fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_rows("the min-max scaler", x, self.inputs())?;
        Ok((x - &self.min) / &self.scale + self.low)
    }

    fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_rows("the min-max scaler's inverse", z, self.outputs())?;
        Ok((z - self.low) * &self.scale + &self.min)
    }
}
