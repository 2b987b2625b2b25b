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

use crate::backward::Gradients;
use crate::config::Registry;

macro_rules! built_in {
    ($($spec:ident),* $(,)?) => {
        /// For the prelude.
        pub(crate) mod built_in {
            pub use super::{$($spec),*};
        }

        /// Adds them to a registry.
        pub(crate) fn register<F: Scalar>(registry: Registry<F>) -> Registry<F> {
            registry$(.with::<$spec>())*
        }
    };
}

// all descriptions: what the prelude exports and what a model file may name
built_in!(
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    Reparameterize,
    Reshape,
    StandardNormalKl,
);

/// The gradients of γ and β in y = γ x̂ + β, which stand in `grads`: ∂L/∂γ += Σ δ x̂ and ∂L/∂β += Σ δ
/// over the rows of δ and x̂. `done` is told the channel, Σ δ and Σ δ x̂.
fn add_shift_and_scale_gradients<F: Scalar>(
    delta: &[F],
    x_hat: &[F],
    grads: &mut Gradients<'_, F>,
    mut done: impl FnMut(usize, f64, f64),
) {
    let [gamma, beta] = grads.slices();
    let mut sums = vec![0.0; 2 * gamma.len()];
    let (sum, product) = sums.split_at_mut(gamma.len());
    add_column_sums_and_products(delta, x_hat, sum, product);
    for (c, (&sum, &product)) in sum.iter().zip(&*product).enumerate() {
        beta[c] = F::of(beta[c].as_f64() + sum);
        gamma[c] = F::of(gamma[c].as_f64() + product);
        done(c, sum, product);
    }
}
