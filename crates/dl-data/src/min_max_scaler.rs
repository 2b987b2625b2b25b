//! Columns shifted and stretched to a range.
//!
//! Fit on the training rows alone: a scaler that has seen the test rows leaks them into training
//! (Hastie et al. 2009, *The Elements of Statistical Learning*, section 7.10.2).

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef2, Axis};
use serde::{Deserialize, Serialize};

use crate::{
    DataError,
    check::{check_fit, check_parameters, check_width, finite, is_positive},
};

/// z = low + (high − low) · (x − min) / (max − min): columns that range from low to high.
///
/// A constant column becomes low.
///
/// ```
/// use dl_data::{MinMaxScaler, ndarray::array};
/// let scaler = MinMaxScaler::fit(&array![[1.0], [3.0]])?;
/// assert_eq!(scaler.transform(&array![[2.0], [4.0]])?, array![[0.5], [1.5]]);
/// # Ok::<(), dl_data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "MinMaxParts<F>",
    bound(deserialize = "F: Scalar + Deserialize<'de>")
)]
pub struct MinMaxScaler<F> {
    min: Array1<F>,
    range: Array1<F>,
    low: F,
    high: F,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MinMaxParts<F> {
    min: Array1<F>,
    range: Array1<F>,
    low: F,
    high: F,
}

impl<F: Scalar> TryFrom<MinMaxParts<F>> for MinMaxScaler<F> {
    type Error = DataError;

    fn try_from(parts: MinMaxParts<F>) -> Result<Self, DataError> {
        Self::from_parts(parts.min, parts.range, parts.low, parts.high)
    }
}

impl<F: Scalar> MinMaxScaler<F> {
    /// Measures the columns of `x`, `[rows, columns]`, to range from 0 to 1.
    ///
    /// # Errors
    /// Data that are empty, not finite, or whose range is too large.
    pub fn fit(x: &ArrayRef2<F>) -> Result<Self, DataError> {
        Self::fit_range(x, F::zero(), F::one())
    }

    /// Measures the columns of `x`, `[rows, columns]`, to range from `low` to `high`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and a range that is not finite and rising.
    pub fn fit_range(x: &ArrayRef2<F>, low: F, high: F) -> Result<Self, DataError> {
        fit_range(x, low, high)
    }

    fn measure(x: &ArrayRef2<F>, low: F, high: F) -> Result<Self, DataError> {
        const WHAT: &str = "MinMaxScaler";
        check_range(low, high)?;
        check_fit(WHAT, x)?;
        let min = x.map_axis(Axis(0), |column| {
            column.fold(F::infinity(), |a, &b| a.min(b))
        });
        let max = x.map_axis(Axis(0), |column| {
            column.fold(F::neg_infinity(), |a, &b| a.max(b))
        });
        let range = (&max - &min).mapv(|range| match range.is_zero() {
            true => 1.0,
            false => range.as_f64(),
        });
        Ok(Self {
            min,
            range: finite(WHAT, range)?,
            low,
            high,
        })
    }

    /// A scaler with known least value and range (max − min) of each column.
    ///
    /// # Errors
    /// Not as many ranges as least values, or none; least values that are not finite, ranges
    /// that are not finite and positive; low and high that are not finite and rising.
    pub fn from_parts(
        min: Array1<F>,
        range: Array1<F>,
        low: F,
        high: F,
    ) -> Result<Self, DataError> {
        from_parts(min, range, low, high)
    }

    fn checked(min: Array1<F>, range: Array1<F>, low: F, high: F) -> Result<Self, DataError> {
        const WHAT: &str = "MinMaxScaler";
        check_range(low, high)?;
        if min.is_empty() {
            return Err(DataError::Empty { what: WHAT });
        }
        check_parameters(WHAT, "min", &min, min.len(), ("finite", F::is_finite))?;
        check_parameters(
            WHAT,
            "range",
            &range,
            min.len(),
            ("finite and positive", is_positive),
        )?;
        Ok(Self {
            min,
            range,
            low,
            high,
        })
    }

    /// Least value of each column.
    pub fn min(&self) -> &Array1<F> {
        &self.min
    }

    /// max − min of each column, 1 for a constant one.
    pub fn range(&self) -> &Array1<F> {
        &self.range
    }

    /// The value `min` is mapped to.
    pub fn low(&self) -> F {
        self.low
    }

    /// The value max is mapped to.
    pub fn high(&self) -> F {
        self.high
    }

    /// low + (high − low)·(x − min) / (max − min). Values beyond those fitted on go beyond low and
    /// high.
    ///
    /// # Errors
    /// Another number of columns than was fitted on.
    pub fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        transform(self, x)
    }

    fn forth(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_width("MinMaxScaler", x, self.min.len())?;
        Ok((x.to_owned() - &self.min) / &self.range * (self.high - self.low) + self.low)
    }

    /// min + (max − min)·(z − low) / (high − low).
    ///
    /// # Errors
    /// Another number of columns than was fitted on.
    pub fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        inverse_transform(self, z)
    }

    fn back(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_width("MinMaxScaler", z, self.min.len())?;
        Ok((z.to_owned() - self.low) / (self.high - self.low) * &self.range + &self.min)
    }
}

instantiate! {
    fn fit_range<F: Scalar>(
        x: &ArrayRef2<F>,
        low: F,
        high: F,
    ) -> Result<MinMaxScaler<F>, DataError> {
        MinMaxScaler::measure(x, low, high)
    }

    fn from_parts<F: Scalar>(
        min: Array1<F>,
        range: Array1<F>,
        low: F,
        high: F,
    ) -> Result<MinMaxScaler<F>, DataError> {
        MinMaxScaler::checked(min, range, low, high)
    }

    fn transform<F: Scalar>(
        scaler: &MinMaxScaler<F>,
        x: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DataError> {
        scaler.forth(x)
    }

    fn inverse_transform<F: Scalar>(
        scaler: &MinMaxScaler<F>,
        z: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DataError> {
        scaler.back(z)
    }
}

fn check_range<F: Scalar>(low: F, high: F) -> Result<(), DataError> {
    if low < high && (high - low).is_finite() {
        return Ok(());
    }
    Err(DataError::Range {
        low: low.as_f64(),
        high: high.as_f64(),
    })
}
