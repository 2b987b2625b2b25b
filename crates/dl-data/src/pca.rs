//! Principal component analysis (Goodfellow et al. 2016, sections 2.12 and 5.8.1; Bishop 2006,
//! *Pattern Recognition and Machine Learning*, section 12.1).

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayViewMut1, Axis, Slice, Zip};
use serde::{Deserialize, Serialize};

use crate::{
    DatasetError,
    check::{check_fit, check_parameters, check_width},
    moments::Moments,
    principal_directions::{check_memory, principal_directions},
};

/// The orthonormal directions of greatest variance of centred data.
///
/// The components are eigenvectors of the covariance matrix C = (X − μ)ᵀ(X − μ) / (n − 1), the variances along them
/// its eigenvalues. The sign of a direction is arbitrary; as in scikit-learn, the entry of largest magnitude is
/// made positive. Computed in `f64`, and μ is stored in `f64`. A column whose variance is explained by rounding
/// alone, by the bound of [`StandardScaler`](crate::StandardScaler), counts as constant.
///
/// **Accuracy.** With s = min(rows, columns) and l = max(rows, columns), up to l·s² + 10·s³ = 10⁹ the singular
/// values of X − μ are computed, whose squares are the variances: variances are accurate down to about 1e-30 of the
/// largest. Larger data is decomposed by the eigenvectors of C or, with fewer rows than columns, of
/// (X − μ)(X − μ)ᵀ, which is faster but squares the condition number: variances, and the corresponding directions,
/// then lose all digits at about 1e-15 of the largest. Standardised columns
/// ([`StandardScaler`](crate::StandardScaler)) rarely span such a range unless they are nearly linearly dependent.
///
/// ```
/// use dl_data::{Pca, iris};
/// let data = iris::<f64>();
/// let pca = Pca::fit(data.features(), 2)?;
/// assert!(pca.explained_variance_ratio().sum() > 0.97);
/// assert_eq!(pca.transform(data.features())?.dim(), (150, 2));
/// # Ok::<(), dl_data::DatasetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "Parts<F>",
    bound(deserialize = "F: Scalar + Deserialize<'de>")
)]
pub struct Pca<F> {
    mean: Array1<f64>,
    components: Array2<F>,
    explained_variance: Array1<F>,
    explained_variance_ratio: Array1<F>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<F> {
    mean: Array1<f64>,
    components: Array2<F>,
    explained_variance: Array1<F>,
    explained_variance_ratio: Array1<F>,
}

impl<F: Scalar> TryFrom<Parts<F>> for Pca<F> {
    type Error = DatasetError;

    fn try_from(parts: Parts<F>) -> Result<Self, DatasetError> {
        Self::from_parts(
            parts.mean,
            parts.components,
            parts.explained_variance,
            parts.explained_variance_ratio,
        )
    }
}

impl<F: Scalar> Pca<F> {
    /// Computes the first `components` principal components of `x`, `[rows, columns]`.
    ///
    /// # Errors
    /// Data that is empty, not finite, or without any variance; moments that overflow; not enough memory; a number
    /// of components outside 1 to min(rows, columns).
    pub fn fit(x: &ArrayRef2<F>, components: usize) -> Result<Self, DatasetError> {
        fit(x, components)
    }

    fn decompose(x: &ArrayRef2<F>, components: usize) -> Result<Self, DatasetError> {
        let (rows, columns) = x.dim();
        check_memory(rows, columns)?;
        check_fit("Pca", x)?;
        if components == 0 || components > rows.min(columns) {
            return Err(DatasetError::Components {
                components,
                rows,
                columns,
            });
        }
        let moments = Moments::new(x);
        // a single row has variance 0, whatever the divisor
        let divisor = (rows.max(2) - 1) as f64;
        check_size::<F>(&moments, rows as f64 / divisor)?;
        let mut centred = centred(x, &moments);
        let unit = unit(&centred);
        centred /= unit;
        let (squares, mut directions) = principal_directions(&centred, components)?;
        let variance = squares / divisor;
        let total = variance.sum();
        if total == 0.0 {
            return Err(DatasetError::NoVariance { rows });
        }
        let ratio = &variance / total;
        directions.rows_mut().into_iter().for_each(fix_sign);
        let first = Slice::from(..components);
        let kept = |values: Array1<f64>| values.slice_axis(Axis(0), first).mapv(F::cast);
        Ok(Self {
            mean: moments.mean,
            components: directions.mapv(F::cast),
            explained_variance: kept(variance * unit * unit),
            explained_variance_ratio: kept(ratio),
        })
    }

    /// A transformer with the given μ `[columns]`, components `[components, columns]`, explained variances and
    /// their ratios `[components]`.
    ///
    /// # Errors
    /// Shapes that are inconsistent or empty; values that are not finite, variances that are negative, ratios
    /// outside `[0, 1]`. Orthonormality is not checked.
    pub fn from_parts(
        mean: Array1<f64>,
        components: Array2<F>,
        explained_variance: Array1<F>,
        explained_variance_ratio: Array1<F>,
    ) -> Result<Self, DatasetError> {
        from_parts(
            mean,
            components,
            explained_variance,
            explained_variance_ratio,
        )
    }

    /// μ of each column, `[columns]`.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// Unit vectors in order of decreasing variance, `[components, columns]`.
    pub fn components(&self) -> &Array2<F> {
        &self.components
    }

    /// Variance along each component (divisor n − 1), `[components]`.
    pub fn explained_variance(&self) -> &Array1<F> {
        &self.explained_variance
    }

    /// Fraction of the total variance along each component, `[components]`.
    pub fn explained_variance_ratio(&self) -> &Array1<F> {
        &self.explained_variance_ratio
    }

    /// Coordinates along the components: (x − μ)·Vₖ, `[rows, components]`.
    ///
    /// # Errors
    /// A different number of columns than fitted on.
    pub fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DatasetError> {
        transform(self, x)
    }

    /// The points with the given coordinates: z·Vₖᵀ + μ, `[rows, columns]`. With all components this inverts
    /// [`transform`](Self::transform); with fewer it gives the nearest point in the subspace they span.
    ///
    /// # Errors
    /// A number of columns that differs from the number of components.
    pub fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DatasetError> {
        inverse_transform(self, z)
    }
}

instantiate! {
    fn fit<F: Scalar>(x: &ArrayRef2<F>, components: usize) -> Result<Pca<F>, DatasetError> {
        Pca::decompose(x, components)
    }

    fn from_parts<F: Scalar>(
        mean: Array1<f64>,
        components: Array2<F>,
        explained_variance: Array1<F>,
        explained_variance_ratio: Array1<F>,
    ) -> Result<Pca<F>, DatasetError> {
        const WHAT: &str = "Pca";
        check_fit(WHAT, &components)?;
        let (k, columns) = components.dim();
        check_parameters(WHAT, "mean", &mean, columns, ("finite", f64::is_finite))?;
        let variance = |v: F| v >= F::zero() && v.is_finite();
        let variance = ("finite and not negative", variance);
        check_parameters(WHAT, "explained variance", &explained_variance, k, variance)?;
        // up to rounding
        let ratio = |v: F| v >= F::zero() && v <= F::cast(1.001);
        let ratio = ("in [0, 1]", ratio);
        check_parameters(
            WHAT,
            "explained variance ratio",
            &explained_variance_ratio,
            k,
            ratio,
        )?;
        Ok(Pca {
            mean,
            components,
            explained_variance,
            explained_variance_ratio,
        })
    }

    fn transform<F: Scalar>(pca: &Pca<F>, x: &ArrayRef2<F>) -> Result<Array2<F>, DatasetError> {
        check_width("Pca", x, pca.mean.len())?;
        let mut centred = x.to_owned();
        shift(&mut centred, &(-&pca.mean));
        Ok(centred.dot(&pca.components.t()))
    }

    fn inverse_transform<F: Scalar>(
        pca: &Pca<F>,
        z: &ArrayRef2<F>,
    ) -> Result<Array2<F>, DatasetError> {
        check_width("Pca (inverse)", z, pca.components.nrows())?;
        let mut points = z.dot(&pca.components);
        shift(&mut points, &pca.mean);
        Ok(points)
    }
}

/// Fixes the sign of a direction so that its entry of largest magnitude is positive.
fn fix_sign(mut direction: ArrayViewMut1<'_, f64>) {
    let largest = direction.fold(0.0, |a: f64, &b| if b.abs() > a.abs() { b } else { a });
    if largest < 0.0 {
        direction.mapv_inplace(|v| -v);
    }
}

/// X − μ, 0 in a column without variance.
fn centred<F: Scalar>(x: &ArrayRef2<F>, moments: &Moments) -> Array2<f64> {
    let mut centred = x.mapv(F::as_f64);
    for row in centred.rows_mut() {
        Zip::from(row)
            .and(&moments.mean)
            .and(&moments.deviation)
            .for_each(|x, mean, &deviation| *x = if deviation == 0.0 { 0.0 } else { *x - mean });
    }
    centred
}

/// Scale for the deviations: the largest of them, if their squares would underflow.
fn unit(centred: &ArrayRef2<f64>) -> f64 {
    let largest = centred.fold(0.0, |largest: f64, d| largest.max(d.abs()));
    match largest > 0.0 && largest < 1e-140 {
        true => largest,
        false => 1.0,
    }
}

/// Adds to each row in `f64`, rounding once.
fn shift<F: Scalar>(x: &mut ArrayRef2<F>, by: &ArrayRef1<f64>) {
    for row in x.rows_mut() {
        Zip::from(row)
            .and(by)
            .for_each(|x, by| *x = F::cast(x.as_f64() + by));
    }
}

/// The means and the sum of variances must be finite in the type of the data. `correction` is n / (n − 1).
fn check_size<F: Scalar>(moments: &Moments, correction: f64) -> Result<(), DatasetError> {
    let columns = moments.mean.len();
    let too_large = |&column: &usize| {
        let variance = moments.variance[column] * correction * columns as f64;
        !(moments.mean[column].is_finite() && F::cast(variance).is_finite())
    };
    match (0..columns).find(too_large) {
        Some(column) => Err(DatasetError::Overflow {
            what: "Pca",
            column,
            scalar: F::NAME,
        }),
        None => Ok(()),
    }
}
