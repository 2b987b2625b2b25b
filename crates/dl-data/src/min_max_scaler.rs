//! Scales columns to a given range.
//!
//! Fit on the training rows alone: a scaler that has seen the test rows leaks them into training
//! (Hastie et al. 2009, *The Elements of Statistical Learning*, section 7.10.2).

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef2, Axis};
use serde::{Deserialize, Serialize};

use crate::{
    DatasetError,
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
/// # Ok::<(), dl_data::DatasetError>(())
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
    type Error = DatasetError;

    fn try_from(parts: MinMaxParts<F>) -> Result<Self, DatasetError> {
        Self::from_parts(parts.min, parts.range, parts.low, parts.high)
    }
}

impl<F: Scalar> MinMaxScaler<F> {
    /// Fits the scaler to the columns of `x`, `[rows, columns]`, with range 0 to 1.
    ///
    /// # Errors
    /// Data that is empty or not finite, or whose range overflows.
    pub fn fit(x: &ArrayRef2<F>) -> Result<Self, DatasetError> {
        Self::fit_range(x, F::zero(), F::one())
    }

    /// Fits the scaler to the columns of `x`, `[rows, columns]`, with range `low` to `high`.
    ///
    /// # Errors
    /// Same as [`fit`](Self::fit), and a range that is not finite and increasing.
    pub fn fit_range(x: &ArrayRef2<F>, low: F, high: F) -> Result<Self, DatasetError> {
        fit_range(x, low, high)
    }

    /// A scaler with the given minimum and range (max − min) of each column.
    ///
    /// # Errors
    /// Different numbers of minima and ranges, or none; minima that are not finite, ranges that are not finite and
    /// positive; low and high that are not finite and increasing.
    pub fn from_parts(
        min: Array1<F>,
        range: Array1<F>,
        low: F,
        high: F,
    ) -> Result<Self, DatasetError> {
        from_parts(min, range, low, high)
    }

    /// Minimum of each column.
    pub fn min(&self) -> &Array1<F> {
        &self.min
    }

    /// max − min of each column, 1 for a constant one.
    pub fn range(&self) -> &Array1<F> {
        &self.range
    }

    /// Lower end of the output range.
    pub fn low(&self) -> F {
        self.low
    }

    /// Upper end of the output range.
    pub fn high(&self) -> F {
        self.high
    }

    /// low + (high − low)·(x − min) / (max − min). Values outside the fitted range are mapped outside low to high.
    ///
    /// # Errors
    /// A different number of columns than fitted on.
    pub fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DatasetError> {
        transform(self, x)
    }

    /// min + (max − min)·(z − low) / (high − low).
    ///
    /// # Errors
    /// A different number of columns than fitted on.
    pub fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DatasetError> {
        inverse_transform(self, z)
    }
}

instantiate! {
    fn fit_range<F: Scalar>(
        x: &ArrayRef2<F>,
        low: F,
        high: F,
    ) -> Result<MinMaxScaler<F>, DatasetError> {
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
        Ok(MinMaxScaler {
            min,
            range: finite(WHAT, range)?,
            low,
            high,
        })
    }

    fn from_parts<F: Scalar>(
        min: Array1<F>,
        range: Array1<F>,
        low: F,
        high: F,
    ) -> Result<MinMaxScaler<F>, DatasetError> {
        const WHAT: &str = "MinMaxScaler";
        check_range(low, high)?;
        if min.is_empty() {
            return Err(DatasetError::Empty { what: WHAT });
        }
        check_parameters(WHAT, "min", &min, min.len(), ("finite", F::is_finite))?;
        check_parameters(
            WHAT,
            "range",
            &range,
            min.len(),
            ("finite and positive", is_positive),
        )?;
        Ok(MinMaxScaler {
            min,
            range,
            low,
            high,
        })
    }

    fn transform<F: Scalar>(
        scaler: &MinMaxScaler<F>,
        x: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DatasetError> {
        check_width("MinMaxScaler", x, scaler.min.len())?;
        Ok((x.to_owned() - &scaler.min) / &scaler.range * (scaler.high - scaler.low) + scaler.low)
    }

    fn inverse_transform<F: Scalar>(
        scaler: &MinMaxScaler<F>,
        z: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DatasetError> {
        check_width("MinMaxScaler", z, scaler.min.len())?;
        Ok((z.to_owned() - scaler.low) / (scaler.high - scaler.low) * &scaler.range + &scaler.min)
    }
}

fn check_range<F: Scalar>(low: F, high: F) -> Result<(), DatasetError> {
    if low < high && (high - low).is_finite() {
        return Ok(());
    }
    Err(DatasetError::Range {
        low: low.as_f64(),
        high: high.as_f64(),
    })
}
