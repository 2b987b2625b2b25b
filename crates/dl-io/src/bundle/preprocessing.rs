//! Preprocessing of raw rows.

use dl_data::{DatasetError, MinMaxScaler, Pca, StandardScaler};
use dl_nn::Scalar;
use ndarray::{ArrayD, Axis};
use serde::{Deserialize, Serialize};

/// A preprocessing step between raw rows and the network. Fitted on training rows alone, it is part of the model,
/// which is only valid for rows transformed the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(
    serialize = "F: Scalar + Serialize",
    deserialize = "F: Scalar + Deserialize<'de>"
))]
#[non_exhaustive]
pub enum Preprocessing<F> {
    /// Standardises each column: z = (x − μ) / σ.
    StandardScaler(StandardScaler<F>),
    /// Scales each column to a range.
    MinMaxScaler(MinMaxScaler<F>),
    /// Projection onto principal components.
    Pca(Pca<F>),
    /// Divides every value: z = x / d, such as 8-bit pixels by 255.
    Divide(f64),
}

macro_rules! from {
    ($($kind:ident),*) => {$(
        impl<F> From<$kind<F>> for Preprocessing<F> {
            fn from(step: $kind<F>) -> Self {
                Self::$kind(step)
            }
        }
    )*};
}

from!(StandardScaler, MinMaxScaler, Pca);

impl<F: Scalar> Preprocessing<F> {
    /// The name of the step, for error messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StandardScaler(_) => "StandardScaler",
            Self::MinMaxScaler(_) => "MinMaxScaler",
            Self::Pca(_) => "Pca",
            Self::Divide(_) => "Divide",
        }
    }

    /// The number of columns it was fitted on; `None` if it accepts any shape.
    pub(super) fn columns(&self) -> Option<usize> {
        match self {
            Self::StandardScaler(scaler) => Some(scaler.mean().len()),
            Self::MinMaxScaler(scaler) => Some(scaler.min().len()),
            Self::Pca(pca) => Some(pca.mean().len()),
            Self::Divide(_) => None,
        }
    }

    /// The shape of a sample after the step, or why it does not accept the sample.
    pub(super) fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        let Some(columns) = self.columns() else {
            return match self {
                Self::Divide(d) if *d == 0.0 || !d.is_finite() => {
                    Err(format!("the divisor is {d}, but must be finite and not 0"))
                }
                _ => Ok(shape.to_vec()),
            };
        };
        let size: usize = shape.iter().product();
        if size != columns {
            return Err(format!(
                "samples of shape {shape:?} have {size} values, but it expects {columns}"
            ));
        }
        Ok(vec![match self {
            Self::Pca(pca) => pca.components().nrows(),
            _ => columns,
        }])
    }

    /// Multiply-adds for a sample of this shape.
    pub(super) fn work(&self, shape: &[usize]) -> u64 {
        let size = shape.iter().copied().fold(1, usize::saturating_mul);
        let of_each = match self {
            Self::Pca(pca) => pca.components().nrows(),
            _ => 1,
        };
        size.saturating_mul(of_each) as u64
    }

    /// Applies the step to samples `[n, …]` in standard layout; all but `Divide` treat them as rows.
    ///
    /// # Errors
    /// Samples with a different number of columns than the step was fitted on.
    pub(super) fn transform(&self, x: ArrayD<F>) -> Result<ArrayD<F>, DatasetError> {
        if let Self::Divide(divisor) = self {
            let divisor = F::of(*divisor);
            return Ok(x.mapv_into(|x| x / divisor));
        }
        let n = x.len_of(Axis(0));
        let columns = x.len() / n.max(1);
        let rows = x.into_shape_with_order((n, columns));
        let rows = rows.expect("the same number of values");
        let z = match self {
            Self::StandardScaler(scaler) => scaler.transform(&rows)?,
            Self::MinMaxScaler(scaler) => scaler.transform(&rows)?,
            Self::Pca(pca) => pca.transform(&rows)?,
            Self::Divide(_) => rows,
        };
        Ok(z.into_dyn())
    }
}
