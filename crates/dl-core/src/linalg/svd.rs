//! Singular values and right singular vectors.

use ndarray::{Array1, Array2, ArrayRef2, Axis, Zip};

use super::{LinalgError, Qr, norm};

/// A = U Σ V of a matrix A `[m, n]`: with k = min(m, n), the k singular values and the right singular
/// vectors that belong to them, without U.
///
/// A QR factorisation, then rotations of pairs of R's rows until all are orthogonal (one-sided Jacobi: Golub,
/// Van Loan, section 8.6.3; Drmač, Veselić 2008, "New fast and accurate Jacobi SVD algorithm", *SIAM Journal
/// on Matrix Analysis* 29), in about 2nm(n + k) and some 30k³ multiplications and additions. `AᵀA` is never
/// made, which would lose all digits of values below 1e-8 of the largest: values are exact up to a few ε‖A‖, and
/// better where it is columns of different sizes that make them small.
///
/// ```
/// use dl_core::{linalg::Svd, ndarray::array};
/// let svd = Svd::new(&array![[3.0, 0.0], [4.0, 0.0], [0.0, 1e-9]])?;
/// assert!((svd.values()[0] - 5.0).abs() <= 1e-14);
/// assert!((svd.values()[1] - 1e-9).abs() <= 1e-24);
/// assert_eq!(svd.right().mapv(f64::abs), array![[1.0, 0.0], [0.0, 1.0]]);
/// # Ok::<(), dl_core::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Svd {
    values: Array1<f64>,
    right: Array2<f64>,
}

impl Svd {
    /// Decomposes A `[m, n]`.
    ///
    /// # Errors
    /// A matrix that is not finite. [`LinalgError::NoConvergence`] is not expected of any.
    pub fn new(a: &ArrayRef2<f64>) -> Result<Self, LinalgError> {
        if let Some(((row, column), &value)) = a.indexed_iter().find(|(_, x)| !x.is_finite()) {
            let index = [row, column];
            return Err(LinalgError::NotFinite { index, value });
        }
        // entries of at most 1, so that no square overflows
        let largest = a.fold(0.0, |m: f64, x| m.max(x.abs()));
        if largest == 0.0 {
            let (m, n) = a.dim();
            let mut right = Array2::zeros((m.min(n), n));
            right.diag_mut().fill(1.0);
            return Ok(Self {
                values: Array1::zeros(m.min(n)),
                right,
            });
        }
        let mut svd = Self::scaled(&(a / largest))?;
        svd.values *= largest;
        Ok(svd)
    }

    fn scaled(a: &ArrayRef2<f64>) -> Result<Self, LinalgError> {
        let (m, n) = a.dim();
        if m < n {
            // Aᵀ = QR, A = RᵀQᵀ
            let qr = Qr::new(&a.t());
            let Self { values, right } = Self::scaled(&qr.r().t())?;
            let right = right.dot(&qr.q().t());
            return Ok(Self { values, right });
        }
        // large columns first, so that R's rows fall in size, as those of Σ do
        let sizes: Vec<f64> = a
            .columns()
            .into_iter()
            .map(|column| norm(&column))
            .collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&i, &j| sizes[j].total_cmp(&sizes[i]));
        let qr = Qr::new(&a.select(Axis(1), &order));
        let mut rows = qr.r().to_owned();
        orthogonalize(&mut rows)?;

        let sizes: Vec<f64> = rows.rows().into_iter().map(|row| norm(&row)).collect();
        let mut falling: Vec<usize> = (0..n).collect();
        falling.sort_by(|&i, &j| sizes[j].total_cmp(&sizes[i]));
        let mut values: Array1<f64> = falling.iter().map(|&i| sizes[i]).collect();
        let mut units = rows.select(Axis(0), &falling);
        let mut is_whole = true;
        for (mut row, value) in units.rows_mut().into_iter().zip(&mut values) {
            if *value < NOTHING {
                *value = 0.0;
                row.fill(0.0);
                is_whole = false;
            } else {
                row /= *value;
            }
        }
        if !is_whole {
            // any directions that complete the others
            units = Qr::new(&units.t()).q().reversed_axes();
        }
        let mut right = Array2::zeros((n, n));
        for (unit, &column) in units.columns().into_iter().zip(&order) {
            right.column_mut(column).assign(&unit);
        }
        Ok(Self { values, right })
    }

    /// Singular values, falling, `[k]`.
    pub fn values(&self) -> &Array1<f64> {
        &self.values
    }

    /// Right singular vectors, orthonormal, in the order of their values, a row each, `[k, n]`.
    pub fn right(&self) -> &Array2<f64> {
        &self.right
    }

    /// [`values`](Self::values) and [`right`](Self::right).
    pub fn into_parts(self) -> (Array1<f64>, Array2<f64>) {
        (self.values, self.right)
    }
}

/// Of vectors shorter than this, beside entries of 1, squares underflow.
const NOTHING: f64 = 1e-150;

/// Rotates pairs of rows until all are orthogonal.
fn orthogonalize(rows: &mut Array2<f64>) -> Result<(), LinalgError> {
    // six or so are usual
    const SWEEPS: usize = 60;
    let (n, length) = rows.dim();
    // what rounding leaves of the cosine of two perpendicular vectors
    let perpendicular = f64::EPSILON * (length as f64).sqrt();
    for _ in 0..SWEEPS {
        let mut squares: Vec<f64> = rows.rows().into_iter().map(|row| row.dot(&row)).collect();
        let mut is_done = true;
        for i in 0..n {
            for j in i + 1..n {
                if squares[i].min(squares[j]) < NOTHING * NOTHING {
                    continue;
                }
                let (mut before, mut after) = rows.view_mut().split_at(Axis(0), j);
                let (mut upper, mut lower) = (before.row_mut(i), after.row_mut(0));
                let product = upper.dot(&lower);
                if product.abs() <= perpendicular * squares[i].sqrt() * squares[j].sqrt() {
                    continue;
                }
                is_done = false;
                // the angle whose rotation makes the product zero: Golub, Van Loan, section 8.5.2
                let half = (squares[j] - squares[i]) / (2.0 * product);
                let tangent = 1.0_f64.copysign(half) / (half.abs() + half.hypot(1.0));
                let c = 1.0 / tangent.hypot(1.0);
                let s = c * tangent;
                Zip::from(&mut upper).and(&mut lower).for_each(|a, b| {
                    (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
                });
                squares[i] = (squares[i] - tangent * product).max(0.0);
                squares[j] += tangent * product;
            }
        }
        if is_done {
            return Ok(());
        }
    }
    Err(LinalgError::NoConvergence { iterations: SWEEPS })
}
