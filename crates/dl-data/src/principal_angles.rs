//! Principal angles between subspaces.

use dl_core::linalg::{Qr, Svd};
use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef2};

use crate::{
    DatasetError,
    check::{check_fit, check_width},
};

const WHAT: &str = "principal_angles";

instantiate! {
    /// The principal angles between the row spaces of `a` and `b`, both `[k, columns]`, in radians and increasing
    /// order, `[k]`: 0 for a shared direction, π/2 for one perpendicular to the whole other space (Björck, Golub
    /// 1973, "Numerical methods for computing angles between linear subspaces").
    ///
    /// With orthonormal bases Q and P of the two spaces, the cosines are the singular values of `QᵀP`, the sines
    /// those of `(I − QQᵀ)P`; each is used where it is accurate. The rows of each must be linearly independent.
    /// Computed in `f64`, to a few ε times the condition number of the normalised rows.
    ///
    /// ```
    /// use dl_data::{ndarray::array, principal_angles};
    /// // the floor, and a plane that is tilted up by 45° about the first axis
    /// let floor = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    /// let tilted = array![[2.0, 0.0, 0.0], [1.0, 3.0, 3.0]];
    /// let angles = principal_angles(&floor, &tilted)?;
    /// assert!(angles[0].abs() <= 1e-12);
    /// assert!((angles[1].to_degrees() - 45.0).abs() <= 1e-12);
    /// # Ok::<(), dl_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// Rows that are missing, not finite, more than the columns, or linearly dependent up to rounding; shapes of
    /// `a` and `b` that differ.
    pub fn principal_angles<F: Scalar>(
        a: &ArrayRef2<F>,
        b: &ArrayRef2<F>,
    ) -> Result<Array1<f64>, DatasetError> {
        angles(a, b)
    }
}

fn angles<F: Scalar>(a: &ArrayRef2<F>, b: &ArrayRef2<F>) -> Result<Array1<f64>, DatasetError> {
    for rows in [a, b] {
        check_fit(WHAT, rows)?;
        let (components, columns) = rows.dim();
        if components > columns || components != a.nrows() {
            return Err(DatasetError::Components {
                components,
                rows: a.nrows(),
                columns,
            });
        }
    }
    check_width(WHAT, b, a.ncols())?;
    let (q, p) = (orthonormal(a)?, orthonormal(b)?);
    let products = q.t().dot(&p);
    let cosines = Svd::new(&products)?;
    let sines = Svd::new(&(p - q.dot(&products)))?;
    // cosines decrease where sines increase
    let angles = sines.values().iter().rev().zip(cosines.values());
    Ok(angles
        .map(|(&sine, &cosine)| {
            if sine * sine <= 0.5 {
                sine.asin()
            } else {
                cosine.min(1.0).acos()
            }
        })
        .collect())
}

/// An orthonormal basis of the row space, in columns.
fn orthonormal<F: Scalar>(rows: &ArrayRef2<F>) -> Result<Array2<f64>, DatasetError> {
    let mut vectors = rows.t().mapv(F::as_f64);
    for mut vector in vectors.columns_mut() {
        // scaled so that no square overflows
        let largest = vector.fold(0.0, |m: f64, x| m.max(x.abs()));
        if largest > 0.0 {
            vector /= largest;
            let length = vector.dot(&vector).sqrt();
            vector /= length;
        }
    }
    let qr = Qr::new(&vectors);
    // what rounding can leave of a unit vector
    let nothing = f64::EPSILON * vectors.len() as f64;
    match qr.r().diag().iter().position(|&left| left <= nothing) {
        Some(row) => Err(DatasetError::DependentRow { what: WHAT, row }),
        None => Ok(qr.q()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_core::random::generator;
    use ndarray::{Array2, array};

    fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
        let mut rng = generator(seed);
        Array2::from_shape_simple_fn((rows, columns), || f64::standard_normal(&mut rng))
    }

    #[test]
    fn angles_by_construction() {
        for (first, second) in [
            (0.0, 1e-7),
            (1e-12, 1e-9),
            (0.3, 1.2),
            (1e-4, std::f64::consts::FRAC_PI_2),
        ] {
            // two planes in four-dimensional space, rotated apart in two perpendicular planes
            let a = array![[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]];
            let turn = |angle: f64| (angle.cos(), angle.sin());
            let ((c, s), (d, t)) = (turn(first), turn(second));
            let b = array![[c, 0.0, s, 0.0], [0.0, d, 0.0, t]];
            // another basis of the same planes
            let (a, b) = (random(2, 2, 1).dot(&a), random(2, 2, 2).dot(&b));
            let found = principal_angles(&a, &b).unwrap();
            assert!((found[0] - first).abs() <= 1e-14, "{found}");
            assert!((found[1] - second).abs() <= 1e-14, "{found}");
            let other_way = principal_angles(&b, &a).unwrap();
            assert!((&found - &other_way).iter().all(|d| d.abs() <= 1e-14));
        }
    }

    #[test]
    fn the_same_space_in_another_basis_is_at_no_angle() {
        let a = random(5, 40, 3);
        let angles = principal_angles(&a, &random(5, 5, 4).dot(&a)).unwrap();
        assert!(angles.iter().all(|&angle| angle <= 1e-13), "{angles}");
    }

    #[test]
    fn subspaces_without_angles_are_rejected() {
        let rejected = |a: &Array2<f64>, b: &Array2<f64>| principal_angles(a, b).is_err();
        let plane = random(2, 3, 1);
        assert!(rejected(&plane, &random(1, 3, 1)));
        assert!(rejected(&plane, &random(2, 4, 1)));
        assert!(rejected(&random(4, 3, 1), &random(4, 3, 2)));
        assert!(rejected(&plane, &Array2::from_elem((2, 3), f64::NAN)));
        assert!(rejected(&plane, &Array2::zeros((0, 3))));
    }

    /// Rows of any length, including very different ones.
    #[test]
    fn dependent_rows_are_rejected() {
        let (a, b) = (random(3, 8, 1), random(3, 8, 2));
        for size in [1e-200, 1e-3, 1.0, 1e200] {
            let mut dependent = a.clone();
            let last = (&a.row(0) - &(&a.row(1) * 3.0)) * size;
            dependent.row_mut(2).assign(&last);
            let error = principal_angles(&b, &dependent).unwrap_err();
            assert_eq!(
                error.to_string(),
                "principal_angles: row 2 is a linear combination of those before it; rows must be linearly \
                 independent"
            );
            let mut independent = a.clone();
            independent.row_mut(2).mapv_inplace(|x| x * size);
            let found = principal_angles(&b, &independent).unwrap();
            let expected = principal_angles(&b, &a).unwrap();
            assert!((found - expected).iter().all(|d| d.abs() <= 1e-13));
        }
        assert!(principal_angles(&a, &Array2::zeros((3, 8))).is_err());
    }
}
