//! The directions in which data vary most.

use dl_math::Scalar;
use nalgebra::{DMatrix, SVD};
use ndarray::{Array1, Array2, ArrayRef2};

use super::{Transform, check_parameter, check_rows, means};
use crate::{DataError, check};

/// Principal component analysis: z = (x − mean) · componentsᵀ, where the components are the k
/// orthonormal directions of largest variance, largest first.
///
/// They are right singular vectors of the centred data X = U S Vᵀ, and component i explains the
/// variance sᵢ² / (n − 1) (C. M. Bishop, *Pattern Recognition and Machine Learning*, §12.1;
/// I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, §2.12). A singular vector's sign is
/// arbitrary; here, as in scikit-learn, the entry largest in absolute value is positive.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca<F> {
    mean: Array1<F>,
    components: Array2<F>,
    explained_variance: Array1<F>,
    explained_variance_ratio: Array1<F>,
}

impl<F: Scalar> Pca<F> {
    /// The `components` first principal components of `x` `[n, d]`, decomposed in double
    /// precision whatever F is.
    ///
    /// # Errors
    /// [`DataError`] where n is below 2 or d is 0, a number is NaN or infinite, `components` is
    /// not in 1 to min(n, d), all rows are the same or a variance overflows.
    pub fn fit(x: &ArrayRef2<F>, components: usize) -> Result<Self, DataError> {
        check::table("x", x)?;
        let (rows, columns) = x.dim();
        if rows < 2 {
            return Err(DataError::TooFewRows {
                what: "x",
                rows,
                needed: 2,
            });
        }
        let most = rows.min(columns);
        if !(1..=most).contains(&components) {
            return Err(DataError::Components {
                components,
                rows,
                columns,
                most,
            });
        }
        let mean = means(x);
        let (singular_values, mut directions) = decompose(x, &mean)?;
        let variances = singular_values.mapv(|s| s * s / (rows - 1) as f64);
        let total = variances.sum();
        if total == 0.0 {
            return Err(DataError::NoVariance { what: "x", rows });
        }
        if !F::of(total).is_finite() {
            return Err(widest(x));
        }
        for mut direction in directions.rows_mut() {
            let largest = direction.fold(0.0, |a: f64, &b| if b.abs() > a.abs() { b } else { a });
            direction *= largest.signum();
        }
        let first = ndarray::s![..components];
        Ok(Self {
            mean: mean.mapv(F::of),
            components: directions.slice(ndarray::s![..components, ..]).mapv(F::of),
            explained_variance: variances.slice(first).mapv(F::of),
            explained_variance_ratio: variances.slice(first).mapv(|v| F::of(v / total)),
        })
    }

    /// A transformer with these parameters, such as those of a file: `mean` `[d]`, orthonormal
    /// `components` `[k, d]`, `explained_variance` `[k]` and its ratio `[k]`.
    ///
    /// # Errors
    /// [`DataError`] where the shapes do not fit or are 0, a number is not finite or a variance
    /// negative. That the components are orthonormal is not checked.
    pub fn new(
        mean: Array1<F>,
        components: Array2<F>,
        explained_variance: Array1<F>,
        explained_variance_ratio: Array1<F>,
    ) -> Result<Self, DataError> {
        let k = components.nrows();
        check::table("components", &components)?;
        check::length(
            "mean",
            mean.len(),
            components.ncols(),
            "columns of components",
        )?;
        check_parameter("mean", &mean, "finite", F::is_finite)?;
        for (what, values) in [
            ("explained_variance", &explained_variance),
            ("explained_variance_ratio", &explained_variance_ratio),
        ] {
            check::length(what, values.len(), k, "components")?;
            check_parameter(what, values, "finite and not negative", |v| {
                v.is_finite() && v >= F::zero()
            })?;
        }
        Ok(Self {
            mean,
            components,
            explained_variance,
            explained_variance_ratio,
        })
    }

    /// The mean of each column, `[d]`.
    pub fn mean(&self) -> &Array1<F> {
        &self.mean
    }

    /// The principal directions, `[k, d]`, one a row.
    pub fn components(&self) -> &Array2<F> {
        &self.components
    }

    /// The variance (divisor n − 1) along each direction, `[k]`.
    pub fn explained_variance(&self) -> &Array1<F> {
        &self.explained_variance
    }

    /// The share of each direction in the variance of the data, `[k]`.
    pub fn explained_variance_ratio(&self) -> &Array1<F> {
        &self.explained_variance_ratio
    }
}

impl<F: Scalar> Transform<F> for Pca<F> {
    fn inputs(&self) -> usize {
        self.components.ncols()
    }

    fn outputs(&self) -> usize {
        self.components.nrows()
    }

    fn transform(&self, x: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_rows("the PCA", x, self.inputs())?;
        Ok((x - &self.mean).dot(&self.components.t()))
    }

    /// `[n, k]` back to `[n, d]`: the point of the components' plane, or with all components the
    /// row itself.
    fn inverse_transform(&self, z: &ArrayRef2<F>) -> Result<Array2<F>, DataError> {
        check_rows("the PCA's inverse", z, self.outputs())?;
        Ok(z.dot(&self.components) + &self.mean)
    }
}

/// Singular values, largest first, and right singular vectors, one a row, of the centred data.
fn decompose<F: Scalar>(
    x: &ArrayRef2<F>,
    mean: &Array1<f64>,
) -> Result<(Array1<f64>, Array2<f64>), DataError> {
    let (rows, columns) = x.dim();
    let centred = DMatrix::from_fn(rows, columns, |i, j| x[[i, j]].as_f64() - mean[j]);
    if centred.iter().any(|value| !value.is_finite()) {
        return Err(widest(x));
    }
    // QR steps converge in two or three a singular value
    let iterations = 1000 + 100 * rows.min(columns);
    let svd = SVD::try_new(centred, false, true, f64::EPSILON, iterations);
    let svd = svd.ok_or(DataError::NotConverged { iterations })?;
    let v_t = svd.v_t.expect("asked for");
    let directions = Array2::from_shape_fn(v_t.shape(), |place| v_t[place]);
    Ok((svd.singular_values.iter().copied().collect(), directions))
}

/// Blames the column with the largest number for an overflow.
fn widest<F: Scalar>(x: &ArrayRef2<F>) -> DataError {
    let largest = x
        .indexed_iter()
        .max_by(|(_, a), (_, b)| a.as_f64().abs().total_cmp(&b.as_f64().abs()));
    let column = largest.map_or(0, |((_, column), _)| column);
    DataError::Overflow {
        what: "x",
        column,
        statistic: "variance",
    }
}
