//! Principal component analysis (Goodfellow et al. 2016, sections 2.12 and 5.8.1; Bishop 2006,
//! *Pattern Recognition and Machine Learning*, section 12.1).

use dl_core::linalg::SymmetricEigen;
use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayViewMut1, Axis, Slice};
use serde::{Deserialize, Serialize};

use crate::{
    DataError,
    check::{check_fit, check_parameters, check_width},
};

/// The orthonormal directions of greatest variance of centred data.
///
/// The components are eigenvectors of the covariance matrix C = (X − μ)ᵀ(X − μ) / (n − 1), the
/// variances along them its eigenvalues. A direction and its opposite serve alike; chosen is the
/// one whose entry of largest magnitude is positive, as scikit-learn does. Computed in `f64`,
/// kept in the type of the data.
///
/// ```
/// use dl_data::{Pca, iris};
/// let data = iris::<f64>();
/// let pca = Pca::fit(data.features(), 2)?;
/// assert!(pca.explained_variance_ratio().sum() > 0.97);
/// assert_eq!(pca.transform(data.features())?.dim(), (150, 2));
/// # Ok::<(), dl_data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "Parts<F>",
    bound(deserialize = "F: Scalar + Deserialize<'de>")
)]
pub struct Pca<F> {
    mean: Array1<F>,
    components: Array2<F>,
    explained_variance: Array1<F>,
    explained_variance_ratio: Array1<F>,
}

#[derive(Deserialize)]
struct Parts<F> {
    mean: Array1<F>,
    components: Array2<F>,
    explained_variance: Array1<F>,
    explained_variance_ratio: Array1<F>,
}

impl<F: Scalar> TryFrom<Parts<F>> for Pca<F> {
    type Error = DataError;

    fn try_from(parts: Parts<F>) -> Result<Self, DataError> {
        Self::from_parts(
            parts.mean,
            parts.components,
            parts.explained_variance,
            parts.explained_variance_ratio,
        )
    }
}

impl<F: Scalar> Pca<F> {
    /// Finds the first `components` principal components of `x`, `[rows, columns]`.
    ///
    /// # Errors
    /// Data that are empty, not finite, too large, or without any variance; a number of
    /// components outside 1 to min(rows, columns).
    pub fn fit(x: &ArrayRef2<F>, components: usize) -> Result<Self, DataError> {
        fit(x, components)
    }

    fn decompose(x: &ArrayRef2<F>, components: usize) -> Result<Self, DataError> {
        check_fit("Pca", x)?;
        let (rows, columns) = x.dim();
        if components == 0 || components > rows.min(columns) {
            return Err(DataError::Components {
                components,
                rows,
                columns,
            });
        }
        let x = x.mapv(F::as_f64);
        let mean = x.sum_axis(Axis(0)) / rows as f64;
        let centred = x - &mean;
        // a single row has no variance, whatever the divisor
        let divisor = rows.max(2) - 1;
        let covariance = centred.t().dot(&centred) / divisor as f64;
        check_moments::<F>(&mean, &covariance)?;

        // Not the singular values of the centred data: they would keep more digits of small
        // variances, but all the rows would have to be decomposed.
        let (variance, mut directions) = SymmetricEigen::new(&covariance)?.into_parts();
        // negative by rounding alone
        let variance = variance.mapv(|v| v.max(0.0));
        let total = variance.sum();
        if total == 0.0 {
            return Err(DataError::NoVariance { rows });
        }
        let ratio = &variance / total;
        directions.rows_mut().into_iter().for_each(fix_sign);
        let first = Slice::from(..components);
        let kept = |values: Array1<f64>| values.slice_axis(Axis(0), first).mapv(F::of);
        Ok(Self {
            mean: mean.mapv(F::of),
            components: directions.slice_axis(Axis(0), first).mapv(F::of),
            explained_variance: kept(variance),
            explained_variance_ratio: kept(ratio),
        })
    }

    /// A transformer with known μ `[columns]`, unit vectors `[components, columns]`, variance
    /// and share of variance `[components]`.
    ///
    /// # Errors
    /// Shapes that do not fit together or are empty; values that are not finite, variances that
    /// are negative. That the vectors are orthonormal is not checked.
    pub fn from_parts(
        mean: Array1<F>,
        components: Array2<F>,
        explained_variance: Array1<F>,
        explained_variance_ratio: Array1<F>,
    ) -> Result<Self, DataError> {
        from_parts(
            mean,
            components,
            explained_variance,
            explained_variance_ratio,
        )
    }

    fn checked(
        mean: Array1<F>,
        components: Array2<F>,
        explained_variance: Array1<F>,
        explained_variance_ratio: Array1<F>,
    ) -> Result<Self, DataError> {
        const WHAT: &str = "Pca";
        check_fit(WHAT, &components)?;
        let (k, columns) = components.dim();
        check_parameters(WHAT, "mean", &mean, columns, ("finite", F::is_finite))?;
        for (name, values) in [
            ("explained variance", &explained_variance),
            ("explained variance ratio", &explained_variance_ratio),
        ] {
            let allowed = |v: F| v >= F::zero() && v.is_finite();
            let allowed = ("finite and not negative", allowed);
            check_parameters(WHAT, name, values, k, allowed)?;
        }
        Ok(Self {
            mean,
            components,
            explained_variance,
            explained_variance_ratio,
        })
    }

    /// μ of each column, `[columns]`.
    pub fn mean(&self) -> &Array1<F> {
        &self.mean
    }

    /// Unit vectors, by falling variance, `[components, columns]`.
    pub fn components(&self) -> &Array2<F> {
        &self.components
    }

    /// Variance along each component (divisor n − 1), `[components]`.
    pub fn explained_variance(&self) -> &Array1<F> {
        &self.explained_variance
    }

    /// Share of the variance of all columns along each component, `[components]`.
    pub fn explained_variance_ratio(&self) -> &Array1<F> {
        &self.explained_variance_ratio
    }

    /// Coordinates along the components: (x − μ)·Vₖ, `[rows, components]`.
    ///
    /// # Errors
    /// Another number of columns than was fitted on.
    pub fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        transform(self, x)
    }

    fn coordinates(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_width("Pca", x, self.mean.len())?;
        Ok((x.to_owned() - &self.mean).dot(&self.components.t()))
    }

    /// The points with given coordinates: z·Vₖᵀ + μ, `[rows, columns]`. With all components
    /// this undoes [`transform`](Self::transform); with fewer it is the nearest point of the
    /// plane they span.
    ///
    /// # Errors
    /// Another number of columns than there are components.
    pub fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        inverse_transform(self, z)
    }

    fn points(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_width("Pca (inverse)", z, self.components.nrows())?;
        Ok(z.dot(&self.components) + &self.mean)
    }
}

instantiate! {
    fn fit<F: Scalar>(x: &ArrayRef2<F>, components: usize) -> Result<Pca<F>, DataError> {
        Pca::decompose(x, components)
    }

    fn from_parts<F: Scalar>(
        mean: Array1<F>,
        components: Array2<F>,
        explained_variance: Array1<F>,
        explained_variance_ratio: Array1<F>,
    ) -> Result<Pca<F>, DataError> {
        Pca::checked(mean, components, explained_variance, explained_variance_ratio)
    }

    fn transform<F: Scalar>(pca: &Pca<F>, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        pca.coordinates(x)
    }

    fn inverse_transform<F: Scalar>(
        pca: &Pca<F>,
        z: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DataError> {
        pca.points(z)
    }
}

/// Turns a direction so that its entry of largest magnitude is positive.
fn fix_sign(mut direction: ArrayViewMut1<'_, f64>) {
    let largest = direction.fold(0.0, |a: f64, &b| if b.abs() > a.abs() { b } else { a });
    if largest < 0.0 {
        direction.mapv_inplace(|v| -v);
    }
}

/// Means and the sum of variances must be numbers of the type of the data.
fn check_moments<F: Scalar>(
    mean: &ArrayRef1<f64>,
    covariance: &ArrayRef2<f64>,
) -> Result<(), DataError> {
    let columns = mean.len();
    let too_large = |&column: &usize| {
        let variance = covariance[[column, column]] * columns as f64;
        !(F::of(mean[column]).is_finite() && F::of(variance).is_finite())
    };
    match (0..columns).find(too_large) {
        Some(column) => Err(DataError::Overflow {
            what: "Pca",
            column,
            scalar: F::NAME,
        }),
        None => Ok(()),
    }
}
