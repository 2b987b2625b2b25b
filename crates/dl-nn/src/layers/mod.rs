//! The layers, one file each.

mod activation;
mod batch_norm;
mod columns;
mod dense;
mod dropout;
mod embedding;
mod group_norm;
pub mod kernel;
mod layer_norm;
mod per_channel;
mod prelu;
mod reshape;
mod scale_shift;
mod variational;

pub use activation::Activate;
pub use batch_norm::{BatchNorm, BatchNormLayer};
pub use columns::Columns;
pub use dense::{Dense, DenseLayer};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingLayer};
pub use group_norm::{GroupNorm, GroupNormLayer};
pub use layer_norm::{LayerNorm, LayerNormLayer};
pub use prelu::{PRelu, PReluLayer};
pub use reshape::{Flatten, Reshape};
pub use variational::{Reparameterize, StandardNormalKl};

use dl_core::{Scalar, instantiate};

pub use crate::branches::{Branches, Inside, Merge, Residual};

use crate::model::{Registry, Sequential};

impl<F: Scalar> Default for Registry<F> {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! built_in {
    ($($spec:ident),* $(,)?) => {
        /// The descriptions, for the prelude.
        pub(crate) mod built_in {
            pub use super::{$($spec),*};
        }

        impl<F: Scalar> Registry<F> {
            /// A registry with the layers of this crate.
            pub fn new() -> Self {
                registry()
            }
        }

        instantiate! {
            fn registry<F: Scalar>() -> Registry<F> {
                let registry = Registry::empty()$(.with::<$spec>())*;
                let registry = registry.with_nested::<Sequential<F>>();
                registry
                    .with_nested::<Residual<F>>()
                    .with_nested::<Branches<F>>()
            }
        }
    };
}

// all descriptions: what the prelude exports and what a model file may name
built_in!(
    Activate,
    BatchNorm,
    Columns,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GroupNorm,
    LayerNorm,
    PRelu,
    Reparameterize,
    Reshape,
    StandardNormalKl,
);
