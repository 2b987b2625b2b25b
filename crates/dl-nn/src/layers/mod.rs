//! The layers, one file each.

mod activation;
mod batch_norm;
mod dense;
mod dropout;
mod layer_norm;
mod reshape;
mod variational;

pub use activation::Activate;
pub use batch_norm::{BatchNorm, BatchNormLayer};
pub use dense::{Dense, DenseLayer};
pub use dropout::Dropout;
pub use layer_norm::{LayerNorm, LayerNormLayer};
pub use reshape::{Flatten, Reshape};
pub use variational::{Reparameterize, StandardNormalKl};

use dl_core::Scalar;
use dl_core::sum::add_column_sums_and_products;
use ndarray::{ArrayD, ArrayView2, ArrayViewMut2, Ix2};

use crate::layer::{View, ViewMut};

/// A batch as a matrix with the last axis as columns.
fn matrix<'a, F: Scalar>(x: &'a View<'_, F>) -> ArrayView2<'a, F> {
    let width = x.shape().last().copied().unwrap_or(1);
    ArrayView2::from_shape((x.len() / width, width), slice(x)).expect("as many numbers")
}

/// A batch to be written as a matrix with the last axis as columns.
fn matrix_mut<'a, F: Scalar>(x: &'a mut ViewMut<'_, F>) -> ArrayViewMut2<'a, F> {
    let width = x.shape().last().copied().unwrap_or(1);
    let rows = x.len() / width;
    ArrayViewMut2::from_shape((rows, width), slice_mut(x)).expect("as many numbers")
}

/// A parameter's gradient, known to be a matrix.
fn gradient_matrix<F: Scalar>(gradient: &mut ArrayD<F>) -> ArrayViewMut2<'_, F> {
    gradient
        .view_mut()
        .into_dimensionality::<Ix2>()
        .expect("gradients mirror parameters")
}

/// A parameter's gradient in order.
fn gradient_slice<F: Scalar>(gradient: &mut ArrayD<F>) -> &mut [F] {
    gradient
        .as_slice_mut()
        .expect("gradients are in standard layout")
}

/// The elements of a batch in order.
fn slice<'a, F: Scalar>(x: &'a View<'_, F>) -> &'a [F] {
    x.as_slice().expect("batches are in standard layout")
}

/// The elements of a batch in order, to be written.
fn slice_mut<'a, F: Scalar>(x: &'a mut ViewMut<'_, F>) -> &'a mut [F] {
    x.as_slice_mut().expect("batches are in standard layout")
}

/// The gradients of γ and β in y = γ x̂ + β, which stand in `grads`: ∂L/∂γ += Σ δ x̂ and ∂L/∂β += Σ δ
/// over the rows of δ and x̂. `done` is told the channel, Σ δ and Σ δ x̂.
fn add_shift_and_scale_gradients<F: Scalar>(
    delta: &[F],
    x_hat: &[F],
    grads: &mut [ArrayD<F>],
    mut done: impl FnMut(usize, f64, f64),
) {
    let [gamma, beta] = grads else {
        unreachable!("a scale and a shift");
    };
    let (gamma, beta) = (gradient_slice(gamma), gradient_slice(beta));
    let mut sums = vec![0.0; 2 * gamma.len()];
    let (sum, product) = sums.split_at_mut(gamma.len());
    add_column_sums_and_products(delta, x_hat, sum, product);
    for (c, (&sum, &product)) in sum.iter().zip(&*product).enumerate() {
        beta[c] = F::of(beta[c].as_f64() + sum);
        gamma[c] = F::of(gamma[c].as_f64() + product);
        done(c, sum, product);
    }
}
