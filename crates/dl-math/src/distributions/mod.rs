//! Probability distributions with their log-densities, moments, entropies, divergences, samples
//! and maximum-likelihood estimates (Goodfellow et al. 2016, section 3.9; Bishop 2006, chapter 2).
//!
//! A distribution is validated on construction; after that, only a vector of the wrong length is an error.
//! Entropies and divergences are in nats.

mod bernoulli;
mod categorical;
mod diagonal_normal;
mod normal;

pub use bernoulli::Bernoulli;
pub use categorical::Categorical;
pub use diagonal_normal::DiagonalNormal;
pub(crate) use normal::LN_2PI;
pub use normal::Normal;
