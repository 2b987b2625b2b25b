//! The QR factorisation.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

use super::{corner, reflect_rows, reflector, tail};

/// A = QR of an m × n matrix A: with k = min(m, n), the k columns of Q `[m, k]` are orthonormal, and R
/// `[k, n]` is upper triangular, without a negative number on its diagonal.
///
/// By reflections (Golub, Van Loan, section 5.2.2; Trefethen, Bau, algorithm 10.1), in 2n²(m − n/3)
/// multiplications and additions if m ≥ n. Columns that depend on those before them have a 0 in R's
/// diagonal, but for rounding; Q's are orthonormal all the same. If no column does, Q and R are the only
/// such factors.
///
/// ```
/// use dl_core::{linalg::Qr, ndarray::array};
/// let a = array![[3.0, 1.0], [4.0, 2.0]];
/// let qr = Qr::new(&a);
/// let error = (qr.q().dot(qr.r()) - a).mapv(f64::abs);
/// assert!(error.iter().all(|&e| e <= 1e-15));
/// assert!((qr.r()[[0, 0]] - 5.0).abs() <= 1e-15); // the length of (3, 4)
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Qr {
    /// The reflections' unit vectors, the j-th in row j, with j zeros before it: `[k, m]`.
    reflectors: Array2<f64>,
    /// Which rows of R, and so which columns of Q, the reflections give with the other sign: `[k]`.
    signs: Array1<f64>,
    r: Array2<f64>,
}

impl Qr {
    /// Factors A `[m, n]`. For non-finite elements the result is unspecified, but the loop ends.
    pub fn new(a: &ArrayRef2<f64>) -> Self {
        let (m, n) = a.dim();
        let k = m.min(n);
        // columns as rows, since memory is read row by row
        let mut columns = a.t().as_standard_layout().into_owned();
        let mut reflectors = Array2::zeros((k, m));
        let mut signs = Array1::ones(k);
        for j in 0..k {
            let (v, first) = reflector(&tail(columns.row(j), j));
            reflect_rows(&mut columns.slice_each_axis_mut(corner(j + 1, j)), &v);
            columns[[j, j]] = first;
            reflectors.row_mut(j).split_at(Axis(0), j).1.assign(&v);
            signs[j] = f64::copysign(1.0, first);
        }
        let r = Array2::from_shape_fn((k, n), |(i, j)| match i <= j {
            true => signs[i] * columns[[j, i]],
            false => 0.0,
        });
        Self {
            reflectors,
            signs,
            r,
        }
    }

    /// R, `[min(m, n), n]`.
    pub fn r(&self) -> &Array2<f64> {
        &self.r
    }

    /// Q, `[m, min(m, n)]`.
    pub fn q(&self) -> Array2<f64> {
        let (k, m) = self.reflectors.dim();
        // Qᵀ, from the last reflection to the first, so that each meets only what is not yet zero
        let mut transposed = Array2::zeros((k, m));
        transposed.diag_mut().assign(&self.signs);
        for j in (0..k).rev() {
            let v = tail(self.reflectors.row(j), j);
            reflect_rows(&mut transposed.slice_each_axis_mut(corner(j, j)), &v);
        }
        transposed.reversed_axes()
    }

    /// Qᵀb, `[min(m, n)]`, of b `[m]`, without making Q.
    ///
    /// # Panics
    /// If b does not have m entries.
    pub fn q_transposed_dot(&self, b: &ArrayRef1<f64>) -> Array1<f64> {
        let (k, m) = self.reflectors.dim();
        assert_eq!(b.len(), m, "b must have as many entries as A has rows");
        let mut b = b.to_owned().insert_axis(Axis(0));
        for v in self.reflectors.rows() {
            reflect_rows(&mut b, &v);
        }
        &b.row(0).split_at(Axis(0), k).0 * &self.signs
    }
}

/// The x `[n]` with Rx = b of an upper triangular R `[n, n]` and b `[n]`, by back substitution (Golub,
/// Van Loan, algorithm 3.1.2). What is below R's diagonal is not read. A 0 on the diagonal gives entries
/// that are not finite.
///
/// # Panics
/// If the shapes do not fit.
pub fn solve_upper_triangular(r: &ArrayRef2<f64>, b: &ArrayRef1<f64>) -> Array1<f64> {
    let n = b.len();
    assert_eq!(r.dim(), (n, n), "R must be square, of b's length");
    let mut x = b.to_owned();
    for i in (0..n).rev() {
        let known = tail(r.row(i), i + 1).dot(&tail(x.view(), i + 1));
        x[i] = (x[i] - known) / r[[i, i]];
    }
    x
}
