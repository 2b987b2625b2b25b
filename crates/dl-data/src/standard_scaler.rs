//! Standardises columns to mean 0 and standard deviation 1.
//!
//! Fit on the training rows alone: a scaler that has seen the test rows leaks them into training
//! (Hastie et al. 2009, *The Elements of Statistical Learning*, section 7.10.2).

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef2, Zip};
use serde::{Deserialize, Serialize};

use crate::{
    DatasetError,
    check::{check_fit, check_parameters, check_width, finite, is_positive},
    moments::Moments,
};

/// z = (x − μ) / σ: columns of mean 0 and standard deviation 1.
///
/// σ² is the mean squared deviation (divisor n). σ is set to 1 for a constant column, which becomes 0, and where σ
/// is below the smallest number of the type. σ is accurate even where σ² underflows (scikit-learn treats such a
/// column as constant). Computed in `f64`, and μ is stored in `f64`: for a large μ, the rounding error of `f32`
/// would be a large part of σ.
///
/// ```
/// use dl_data::{StandardScaler, ndarray::array};
/// let train = array![[1.0, 7.0], [3.0, 7.0]];
/// let scaler = StandardScaler::fit(&train)?;
/// assert_eq!(scaler.transform(&array![[5.0, 8.0]])?, array![[3.0, 1.0]]);
/// # Ok::<(), dl_data::DatasetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "StandardParts<F>",
    bound(deserialize = "F: Scalar + Deserialize<'de>")
)]
pub struct StandardScaler<F> {
    mean: Array1<f64>,
    scale: Array1<F>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StandardParts<F> {
    mean: Array1<f64>,
    scale: Array1<F>,
}

impl<F: Scalar> TryFrom<StandardParts<F>> for StandardScaler<F> {
    type Error = DatasetError;

    fn try_from(parts: StandardParts<F>) -> Result<Self, DatasetError> {
        Self::from_parts(parts.mean, parts.scale)
    }
}

impl<F: Scalar> StandardScaler<F> {
    /// Fits the scaler to the columns of `x`, `[rows, columns]`.
    ///
    /// # Errors
    /// Data that is empty or not finite, or whose mean overflows.
    pub fn fit(x: &ArrayRef2<F>) -> Result<Self, DatasetError> {
        fit(x)
    }

    /// A scaler with the given μ and σ of each column.
    ///
    /// # Errors
    /// Different numbers of μ and σ, or none; μ that are not finite, σ that are not finite and positive.
    pub fn from_parts(mean: Array1<f64>, scale: Array1<F>) -> Result<Self, DatasetError> {
        from_parts(mean, scale)
    }

    /// μ of each column.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// σ of each column, 1 for a constant one.
    pub fn scale(&self) -> &Array1<F> {
        &self.scale
    }

    /// (x − μ) / σ.
    ///
    /// # Errors
    /// A different number of columns than fitted on.
    pub fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DatasetError> {
        transform(self, x)
    }

    /// σ·z + μ.
    ///
    /// # Errors
    /// A different number of columns than fitted on.
    pub fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DatasetError> {
        inverse_transform(self, z)
    }

    /// Applies a formula to each value with its column's μ and σ, rounding once.
    fn each(&self, x: &ArrayRef2<F>, formula: impl Fn(f64, f64, f64) -> f64) -> Array2<F> {
        let mut values = x.to_owned();
        for row in values.rows_mut() {
            Zip::from(row)
                .and(&self.mean)
                .and(&self.scale)
                .for_each(|x, &mean, scale| {
                    *x = F::cast(formula(x.as_f64(), mean, scale.as_f64()));
                });
        }
        values
    }
}

instantiate! {
    fn fit<F: Scalar>(x: &ArrayRef2<F>) -> Result<StandardScaler<F>, DatasetError> {
        const WHAT: &str = "StandardScaler";
        check_fit(WHAT, x)?;
        let Moments {
            mean, deviation, ..
        } = Moments::new(x);
        let scale = finite::<F>(WHAT, deviation)?;
        Ok(StandardScaler {
            mean: finite(WHAT, mean)?,
            // a constant column, or a deviation that underflows
            scale: scale.mapv(|scale| if scale.is_zero() { F::one() } else { scale }),
        })
    }

    fn from_parts<F: Scalar>(
        mean: Array1<f64>,
        scale: Array1<F>,
    ) -> Result<StandardScaler<F>, DatasetError> {
        const WHAT: &str = "StandardScaler";
        if mean.is_empty() {
            return Err(DatasetError::Empty { what: WHAT });
        }
        check_parameters(WHAT, "mean", &mean, mean.len(), ("finite", f64::is_finite))?;
        check_parameters(
            WHAT,
            "scale",
            &scale,
            mean.len(),
            ("finite and positive", is_positive),
        )?;
        Ok(StandardScaler { mean, scale })
    }

    fn transform<F: Scalar>(
        scaler: &StandardScaler<F>,
        x: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DatasetError> {
        check_width("StandardScaler", x, scaler.mean.len())?;
        Ok(scaler.each(x, |x, mean, scale| (x - mean) / scale))
    }

    fn inverse_transform<F: Scalar>(
        scaler: &StandardScaler<F>,
        z: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DatasetError> {
        check_width("StandardScaler", z, scaler.mean.len())?;
        Ok(scaler.each(z, |z, mean, scale| z * scale + mean))
    }
}
