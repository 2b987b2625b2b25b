//! Training or evaluation, and where random numbers come from.

use dl_core::random::{Generator, stream};

/// Training or evaluation, with the seed of this pass's random numbers (dropout).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Training: random numbers come from `seed` alone.
    Train {
        /// Seed of this layer's draws in this pass.
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
                seed: mix(seed, index as u64),
            },
            Mode::Eval => Mode::Eval,
        }
    }
}

/// A new seed from a seed and a number (`SplitMix64`, Steele, Lea, Flood 2014).
pub(crate) fn mix(seed: u64, number: u64) -> u64 {
    let mut z = seed ^ number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
