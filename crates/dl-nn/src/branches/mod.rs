//! Layers that hold layers: a sequence in a sequence, a residual connection, branches whose outputs are added or
//! concatenated.
//!
//! All of them are one layer, [`Composite`](composite::Composite): branches between one input and one output. What
//! happens inside is planned by the executor as it plans a model ([`Stages`](crate::execute::Stages)).

mod branch;
pub(crate) mod composite;
mod data;
mod inside;
mod merge;
mod parallel;
mod residual;
mod sequential;

pub use inside::Inside;
pub use merge::Merge;
pub use parallel::Branches;
pub use residual::Residual;
