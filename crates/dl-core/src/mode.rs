//! Training or evaluation, and where random numbers come from.

use crate::random::{Generator, derive_seed, stream};

/// Training or evaluation, with the seed of what is drawn at random: dropout, augmentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Training: random numbers come from `seed` alone.
    Train {
        /// Seed of these draws.
        seed: u64,
    },
    /// Evaluation: deterministic.
    Eval,
}

impl Mode {
    /// The generator of a training pass; `None` in evaluation.
    pub fn generator(self) -> Option<Generator> {
        match self {
            Mode::Train { seed } => Some(stream(seed, 0)),
            Mode::Eval => None,
        }
    }

    /// The mode for a part (a layer, a block, a layer inside a layer): each part gets its own seed.
    #[must_use]
    pub fn part(self, index: usize) -> Self {
        match self {
            Mode::Train { seed } => Mode::Train {
                seed: derive_seed(seed, index as u64),
            },
            Mode::Eval => Mode::Eval,
        }
    }
}
