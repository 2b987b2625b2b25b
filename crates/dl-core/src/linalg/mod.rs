//! Factorisations of dense matrices in `f64`: [`Qr`] for least squares and orthonormal bases, [`Svd`] for
//! principal components and angles, [`SymmetricEigen`] for those of large data.
//!
//! They are made of reflections (Householder 1958) and rotations (Jacobi 1846), which keep lengths, so that rounding errors do
//! not grow: what is factored is, to the last digits, a matrix next to the one given. Sources are
//! G. Golub and C. Van Loan, *Matrix Computations*, 4th ed. (2013), and L. Trefethen and D. Bau,
//! *Numerical Linear Algebra* (1997).

mod error;
mod qr;
mod svd;
mod symmetric_eigen;
#[cfg(test)]
mod tests;

pub use error::LinalgError;
pub use qr::{Qr, solve_upper_triangular};
pub use svd::Svd;
pub use symmetric_eigen::SymmetricEigen;

use ndarray::{Array1, ArrayRef1, ArrayRef2, ArrayView1, Axis, AxisDescription, Slice};

/// The reflection I − 2vvᵀ that takes x to `first`·(1, 0, …, 0): v, which is a unit vector, and
/// `first`, which is ‖x‖ or −‖x‖ (Trefethen, Bau, lecture 10). If x is zero, so is v.
///
/// x is divided by its largest entry before it is squared, so that no square overflows or vanishes.
fn reflector(x: &ArrayRef1<f64>) -> (Array1<f64>, f64) {
    let largest = x.fold(0.0, |m: f64, x| m.max(x.abs()));
    if largest == 0.0 {
        return (Array1::zeros(x.len()), 0.0);
    }
    let mut v = x / largest;
    // away from x, not towards it, so that the difference does not cancel
    let first = -norm(&v).copysign(v[0]);
    v[0] -= first;
    v /= norm(&v);
    (v, first * largest)
}

/// Reflects each row of a matrix: z − 2(z·v)v.
fn reflect_rows(rows: &mut ArrayRef2<f64>, v: &ArrayRef1<f64>) {
    for mut row in rows.axis_iter_mut(Axis(0)) {
        let along = row.dot(v);
        row.scaled_add(-2.0 * along, v);
    }
}

/// The entries of a vector from the i-th on.
fn tail(x: ArrayView1<'_, f64>, i: usize) -> ArrayView1<'_, f64> {
    x.split_at(Axis(0), i).1
}

/// The part of a matrix from row i and column j on.
fn corner(i: usize, j: usize) -> impl Fn(AxisDescription) -> Slice {
    move |description| match description.axis {
        Axis(0) => Slice::from(i..),
        _ => Slice::from(j..),
    }
}

fn norm(x: &ArrayRef1<f64>) -> f64 {
    x.dot(x).sqrt()
}
