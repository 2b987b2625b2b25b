//! The eigenvalues and eigenvectors of a symmetric matrix.

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewMut1, Axis, Zip};

use super::{LinalgError, corner, reflect_rows, reflector, tail};

/// A = Vᵀ Λ V of a symmetric matrix: its eigenvalues and an orthonormal basis of eigenvectors.
///
/// Reflections make A tridiagonal, then rotations make it diagonal: implicit QR steps with Wilkinson's
/// shift (Golub, Van Loan, sections 8.3.1 to 8.3.3), in about 9n³ multiplications and additions.
/// Eigenvalues are exact up to a few ε‖A‖, so small ones beside large ones may have no right digit;
/// eigenvectors are orthonormal up to rounding even where eigenvalues coincide.
///
/// ```
/// use dl_core::{linalg::SymmetricEigen, ndarray::array};
/// let eigen = SymmetricEigen::new(&array![[2.0, 1.0], [1.0, 2.0]])?;
/// assert!((eigen.values() - &array![3.0, 1.0]).iter().all(|e| e.abs() <= 1e-15));
/// let along = eigen.vectors().row(0); // (1, 1) / √2, or its opposite
/// assert!((along[0] - along[1]).abs() <= 1e-15);
/// # Ok::<(), dl_core::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricEigen {
    values: Array1<f64>,
    vectors: Array2<f64>,
}

impl SymmetricEigen {
    /// Decomposes A `[n, n]`, or (A + Aᵀ)/2 where rounding has made A not quite symmetric.
    ///
    /// # Errors
    /// A matrix that is not square or not finite. [`LinalgError::NoConvergence`] is not expected of any.
    pub fn new(a: &ArrayRef2<f64>) -> Result<Self, LinalgError> {
        let (n, columns) = a.dim();
        if n != columns {
            return Err(LinalgError::NotSquare { rows: n, columns });
        }
        if let Some(((row, column), &value)) = a.indexed_iter().find(|(_, x)| !x.is_finite()) {
            let index = [row, column];
            return Err(LinalgError::NotFinite { index, value });
        }
        // entries of at most 1, so that no square overflows
        let largest = a.fold(0.0, |m: f64, x| m.max(x.abs()));
        let scale = if largest == 0.0 { 1.0 } else { largest };
        let a = a / scale;
        let mut t = Tridiagonal::new((&a + &a.t()) / 2.0);
        t.diagonalize()?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&i, &j| t.diagonal[j].total_cmp(&t.diagonal[i]));
        Ok(Self {
            values: order.iter().map(|&i| t.diagonal[i] * scale).collect(),
            vectors: t.basis.select(Axis(0), &order),
        })
    }

    /// Eigenvalues, falling, `[n]`.
    pub fn values(&self) -> &Array1<f64> {
        &self.values
    }

    /// Unit eigenvectors, in the order of their eigenvalues, a row each, `[n, n]`.
    pub fn vectors(&self) -> &Array2<f64> {
        &self.vectors
    }

    /// [`values`](Self::values) and [`vectors`](Self::vectors).
    pub fn into_parts(self) -> (Array1<f64>, Array2<f64>) {
        (self.values, self.vectors)
    }
}

/// A = Bᵀ T B with B orthogonal and T symmetric, zero but for its diagonal and what is beside it.
struct Tridiagonal {
    /// T's diagonal, `[n]`.
    diagonal: Array1<f64>,
    /// What is above, and the same below, `[n − 1]`, none if n = 0.
    beside: Array1<f64>,
    /// B, `[n, n]`. Its rows are what is worked on, since memory is read row by row.
    basis: Array2<f64>,
}

impl Tridiagonal {
    /// Golub, Van Loan, algorithm 8.3.1. `a` is symmetric.
    fn new(mut a: Array2<f64>) -> Self {
        let n = a.nrows();
        for k in 0..n.saturating_sub(2) {
            let (v, first) = reflector(&tail(a.row(k), k + 1));
            // HAH of H = I − 2vvᵀ is A − vwᵀ − wvᵀ
            let mut rest = a.slice_each_axis_mut(corner(k + 1, k + 1));
            let mut w = rest.dot(&v) * 2.0;
            let along = w.dot(&v);
            w.scaled_add(-along, &v);
            for (i, mut row) in rest.axis_iter_mut(Axis(0)).enumerate() {
                let (v_i, w_i) = (v[i], w[i]);
                Zip::from(&mut row).and(&v).and(&w).for_each(|a, &v, &w| {
                    *a -= v_i * w + w_i * v;
                });
            }
            // the column's place is needed for nothing else
            a.column_mut(k).split_at(Axis(0), k + 1).1.assign(&v);
            a[[k, k + 1]] = first;
        }
        let mut basis = Array2::eye(n);
        // from the last reflection to the first, so that each meets only what is not yet zero
        for k in (0..n.saturating_sub(2)).rev() {
            // in one piece, as what it is multiplied with
            let v = tail(a.column(k), k + 1).to_owned();
            reflect_rows(&mut basis.slice_each_axis_mut(corner(k + 1, k + 1)), &v);
        }
        Self {
            diagonal: a.diag().to_owned(),
            beside: (1..n).map(|i| a[[i - 1, i]]).collect(),
            basis,
        }
    }

    /// Makes what is beside the diagonal zero. Golub, Van Loan, algorithm 8.3.3.
    fn diagonalize(&mut self) -> Result<(), LinalgError> {
        // two steps an eigenvalue are usual
        let most = 30 * self.diagonal.len();
        let mut end = self.diagonal.len().saturating_sub(1);
        for _ in 0..=most {
            while end > 0 && self.is_negligible(end - 1) {
                end -= 1;
            }
            if end == 0 {
                return Ok(());
            }
            let split = (0..end).rev().find(|&k| self.is_negligible(k));
            let start = split.map_or(0, |k| k + 1);
            self.step(start, end);
        }
        Err(LinalgError::NoConvergence { iterations: most })
    }

    /// Whether the entry beside the diagonal between k and k + 1 is nothing but rounding.
    fn is_negligible(&self, k: usize) -> bool {
        let size = self.diagonal[k].abs() + self.diagonal[k + 1].abs();
        // no entry is larger than 1
        self.beside[k].abs() <= f64::EPSILON * size.max(f64::EPSILON)
    }

    /// One implicit QR step on the rows and columns `start` to `end`, both included. Golub, Van Loan,
    /// algorithm 8.3.2.
    fn step(&mut self, start: usize, end: usize) {
        let (d, e) = (&mut self.diagonal, &mut self.beside);
        // the shift: the eigenvalue of the last 2 × 2 block that is nearer to its last entry
        let half = (d[end - 1] - d[end]) / 2.0;
        let beside = e[end - 1];
        let shift = d[end] - beside * (beside / (half + half.hypot(beside).copysign(half)));
        // the first rotation makes an entry outside the tridiagonal; the others chase it out
        let (mut x, mut outside) = (d[start] - shift, e[start]);
        for k in start..end {
            let length = x.hypot(outside);
            let (c, s) = match length == 0.0 {
                true => (1.0, 0.0),
                false => (x / length, outside / length),
            };
            if k > start {
                e[k - 1] = length;
            }
            let (above, between, below) = (d[k], e[k], d[k + 1]);
            let twice = 2.0 * c * s * between;
            d[k] = c * c * above + twice + s * s * below;
            d[k + 1] = s * s * above - twice + c * c * below;
            e[k] = (c * c - s * s) * between + c * s * (below - above);
            if k + 1 < end {
                (x, outside) = (e[k], s * e[k + 1]);
                e[k + 1] *= c;
            }
            let (mut upper, mut lower) = self.basis.view_mut().split_at(Axis(0), k + 1);
            rotate(upper.row_mut(k), lower.row_mut(0), c, s);
        }
    }
}

fn rotate(upper: ArrayViewMut1<'_, f64>, lower: ArrayViewMut1<'_, f64>, c: f64, s: f64) {
    Zip::from(upper).and(lower).for_each(|a, b| {
        (*a, *b) = (c * *a + s * *b, c * *b - s * *a);
    });
}
