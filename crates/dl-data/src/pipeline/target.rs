//! Scaling the target of a regression.

use dl_core::{Scalar, instantiate};
use ndarray::{Array, Array1, ArrayRef, ArrayViewD, Dimension};
use serde::{Deserialize, Serialize};

use super::{Scale, scale::FittedScale};
use crate::DatasetError;

/// The scale of a regression's target: a network learns values near 0 sooner than prices in euros.
///
/// Fit it on the training rows alone. What a network predicts is scaled back by
/// [`inverse_transform`](Self::inverse_transform), which a bundle of `dl-io` does with every prediction.
///
/// ```
/// use dl_data::{Scale, TargetScaler, ndarray::array};
/// let prices = array![100.0, 200.0, 300.0];
/// let scaler = TargetScaler::fit(Scale::min_max(), &prices)?;
/// assert_eq!(scaler.transform::<f32>(&prices)?, array![0.0, 0.5, 1.0]);
/// assert_eq!(scaler.inverse_transform(&array![[0.25_f32], [2.0]]), array![[150.0], [500.0]]);
/// # Ok::<(), dl_data::DatasetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FittedScale", into = "FittedScale")]
pub struct TargetScaler(FittedScale);

impl TryFrom<FittedScale> for TargetScaler {
    type Error = DatasetError;

    fn try_from(scale: FittedScale) -> Result<Self, DatasetError> {
        match scale.problem() {
            None => Ok(Self(scale)),
            Some(problem) => Err(DatasetError::Parameters {
                what: "TargetScaler",
                problem: problem.to_owned(),
            }),
        }
    }
}

impl From<TargetScaler> for FittedScale {
    fn from(scaler: TargetScaler) -> Self {
        scaler.0
    }
}

impl TargetScaler {
    /// Fits a scale to the targets of the training rows.
    ///
    /// # Errors
    /// No targets, or one that is not finite; a scale whose settings are out of range.
    pub fn fit(scale: Scale, target: &Array1<f64>) -> Result<Self, DatasetError> {
        let rows = target.view().insert_axis(ndarray::Axis(1));
        crate::check::check_fit("TargetScaler", &rows)?;
        Ok(Self(scale.fit(&target.to_vec())?))
    }

    /// The scaled targets.
    ///
    /// # Errors
    /// A target that is not finite in the type after scaling.
    pub fn transform<F: Scalar>(&self, target: &Array1<f64>) -> Result<Array1<F>, DatasetError> {
        transform(self, target)
    }

    /// Predictions in the units of the target.
    pub fn inverse_transform<F: Scalar, D: Dimension>(&self, z: &ArrayRef<F, D>) -> Array<F, D> {
        let values = inverse(self, z.view().into_dyn());
        values
            .into_shape_with_order(z.raw_dim())
            .expect("the same shape")
    }
}

instantiate! {
    fn transform<F: Scalar>(
        scaler: &TargetScaler,
        target: &Array1<f64>,
    ) -> Result<Array1<F>, DatasetError> {
        let scaled = target.mapv(|x| F::cast(scaler.0.transform(x)));
        crate::check::check_finite("TargetScaler", &scaled.view().insert_axis(ndarray::Axis(1)))?;
        Ok(scaled)
    }

    fn inverse<F: Scalar>(scaler: &TargetScaler, z: ArrayViewD<'_, F>) -> Array1<F> {
        z.iter().map(|z| F::cast(scaler.0.inverse(z.as_f64()))).collect()
    }
}
