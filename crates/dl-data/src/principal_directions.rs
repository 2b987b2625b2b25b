//! The directions of greatest variance of centred rows, and their variances.

use dl_core::linalg::{Qr, Svd, SymmetricEigen};
use ndarray::{Array1, Array2, ArrayRef2, Axis, Slice};

use crate::DatasetError;

/// Maximum number of multiplications for the SVD of the rows themselves: about a second.
const MAX_WORK: f64 = 1e9;

/// The squared singular values of X `[rows, columns]`, min(rows, columns) of them, in decreasing order, and the
/// first `count` right singular vectors, `[count, columns]`.
///
/// The SVD of X itself is accurate, whereas `XᵀX` and `XXᵀ` square its condition number; but for large X, the
/// smaller of these is much cheaper.
pub(crate) fn principal_directions(
    x: &ArrayRef2<f64>,
    count: usize,
) -> Result<(Array1<f64>, Array2<f64>), DatasetError> {
    let (rows, columns) = x.dim();
    let (short, long) = (rows.min(columns) as f64, rows.max(columns) as f64);
    if long * short * short + 10.0 * short.powi(3) <= MAX_WORK {
        return exact(x, count);
    }
    if rows < columns {
        from_products_of_rows(x, count)
    } else {
        from_products_of_columns(x, count)
    }
}

fn exact(x: &ArrayRef2<f64>, count: usize) -> Result<(Array1<f64>, Array2<f64>), DatasetError> {
    let (values, right) = Svd::new(x)?.into_parts();
    Ok((&values * &values, first(right, count)))
}

/// By the eigenvectors of `XᵀX`.
fn from_products_of_columns(
    x: &ArrayRef2<f64>,
    count: usize,
) -> Result<(Array1<f64>, Array2<f64>), DatasetError> {
    let (squares, right) = SymmetricEigen::new(&x.t().dot(x))?.into_parts();
    Ok((not_negative(squares), first(right, count)))
}

/// By the eigenvectors u of `XXᵀ`: v = Xᵀu up to its length, since X = `UΣVᵀ`.
fn from_products_of_rows(
    x: &ArrayRef2<f64>,
    count: usize,
) -> Result<(Array1<f64>, Array2<f64>), DatasetError> {
    let (squares, left) = SymmetricEigen::new(&x.dot(&x.t()))?.into_parts();
    let along = first(left, count).dot(x);
    // orthonormal even where a value is so small that its vector is all rounding error
    let right = Qr::new(&along.t()).q().reversed_axes();
    Ok((not_negative(squares), right))
}

/// Eigenvalues can be negative only by rounding.
fn not_negative(squares: Array1<f64>) -> Array1<f64> {
    squares.mapv(|square| square.max(0.0))
}

fn first(vectors: Array2<f64>, count: usize) -> Array2<f64> {
    vectors.slice_axis(Axis(0), Slice::from(..count)).to_owned()
}

/// A square matrix of the shorter side and those it is decomposed into must fit into memory. All of it is reserved
/// in one piece, which the system can refuse, and freed again.
pub(crate) fn check_memory(rows: usize, columns: usize) -> Result<(), DatasetError> {
    const SQUARES: usize = 5;
    let short = rows.min(columns);
    let centred = rows.checked_mul(columns);
    let values = (short.checked_mul(short))
        .and_then(|square| square.checked_mul(SQUARES)?.checked_add(centred?));
    match values.map(|count| Vec::<f64>::new().try_reserve_exact(count)) {
        Some(Ok(())) => Ok(()),
        _ => Err(DatasetError::Memory {
            what: "Pca",
            rows,
            columns,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_core::{Scalar, random::generator};

    /// The three methods agree.
    #[test]
    fn products_of_rows_and_of_columns_and_neither() {
        let rng = &mut generator(1);
        for shape in [(30, 5), (5, 30), (12, 12)] {
            let x = Array2::from_shape_simple_fn(shape, || f64::standard_normal(rng));
            let (squares, right) = exact(&x, 4).unwrap();
            for other in [from_products_of_rows, from_products_of_columns] {
                let (other_squares, other_right) = other(&x, 4).unwrap();
                let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * squares[0];
                assert!(squares.iter().zip(&other_squares).all(near));
                let cosines = (&right * &other_right).sum_axis(Axis(1));
                assert!(
                    cosines.iter().all(|c| (c.abs() - 1.0).abs() <= 1e-12),
                    "{cosines}"
                );
            }
        }
    }

    /// The loss of accuracy documented for large data.
    #[test]
    fn products_lose_what_is_below_their_rounding() {
        let rng = &mut generator(2);
        let sizes = ndarray::array![1.0, 1e-4, 1e-9];
        let x = Array2::from_shape_simple_fn((60, 3), || f64::standard_normal(rng)) * sizes;
        let (squares, _) = exact(&x, 3).unwrap();
        assert!(
            (1e-19..1e-17).contains(&(squares[2] / squares[0])),
            "{squares}"
        );
        let (of_columns, _) = from_products_of_columns(&x, 3).unwrap();
        let lost = (&squares - &of_columns) / squares[0];
        assert!(lost.iter().all(|d| d.abs() <= 4e-15), "{lost}");
    }

    #[test]
    fn directions_without_variance_are_orthonormal() {
        // rank 1
        let x = Array2::from_shape_fn((4, 9), |(i, j)| (i as f64 - 1.5) * (j + 1) as f64);
        for decompose in [exact, from_products_of_rows, from_products_of_columns] {
            let (_, right) = decompose(&x, 4).unwrap();
            let products = right.dot(&right.t()) - Array2::<f64>::eye(4);
            assert!(products.iter().all(|p| p.abs() <= 1e-14), "{products}");
        }
    }
}
