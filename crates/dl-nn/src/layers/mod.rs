//! The layers, one file each.

mod activation;
mod batch_norm;
mod dense;
mod dropout;
mod layer_norm;
mod reshape;
mod scale_shift;
mod variational;

pub use activation::Activate;
pub use batch_norm::{BatchNorm, BatchNormLayer};
pub use dense::{Dense, DenseLayer};
pub use dropout::Dropout;
pub use layer_norm::{LayerNorm, LayerNormLayer};
pub use reshape::{Flatten, Reshape};
pub use variational::{Reparameterize, StandardNormalKl};

use dl_core::Scalar;

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
