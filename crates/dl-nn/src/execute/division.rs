//! How a batch is divided into blocks.

use dl_core::Scalar;

use crate::model::NamedLayer;

/// Maximum number of elements in the activations of a block, which fit in a core's second-level cache (8 images of
/// the MNIST CNN).
const MAX_BLOCK_ELEMENTS: usize = 320_000;

/// Maximum number of elements of scratch in the layers of a run for one block, besides the activations: so many that
/// only unusual padding and dilation make blocks smaller.
const MAX_BLOCK_SCRATCH: usize = 1 << 22;

/// Multiply-adds of convolutions for which a block pays, even if more samples would fit in cache: so that a single
/// convolution of few pixels is divided too.
const BLOCK_OPERATIONS: usize = 1 << 25;

/// Most blocks that a batch is divided into for that reason.
const MAX_SHARED_BLOCKS: usize = 32;

/// How a run of layers takes its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Division {
    /// In blocks, which are scheduled on all threads.
    Blocks,
    /// All at once on this thread: a run inside a layer that is given one block itself.
    OneBlock,
}

/// The sizes of a run's blocks. They depend on the layers alone, so that the blocks of a batch depend on nothing but these
/// and the number of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocking {
    Blocks {
        /// The most samples whose activations, including those inside the layers, stay in cache.
        cached: usize,
        /// Multiply-adds of convolutions per sample.
        operations: usize,
    },
    OneBlock,
}

impl Blocking {
    pub(super) fn new<F: Scalar>(run: &[NamedLayer<F>], division: Division) -> Self {
        if division == Division::OneBlock {
            return Blocking::OneBlock;
        }
        let add = usize::saturating_add;
        let elements = run.iter().map(|l| add(l.size(), l.activations_inside()));
        let scratch = run.iter().map(NamedLayer::scratch).fold(1, add);
        let cached = (MAX_BLOCK_ELEMENTS / elements.fold(0, add)).min(MAX_BLOCK_SCRATCH / scratch);
        Blocking::Blocks {
            cached: cached.max(1),
            operations: run.iter().map(NamedLayer::operations).fold(0, add),
        }
    }

    /// Samples per block of a batch of `n`; the last block may have fewer.
    pub(super) fn block_size(self, n: usize) -> usize {
        match self {
            Blocking::Blocks { cached, .. } if self.shared_blocks(n) < 2 => cached.min(n).max(1),
            // of one size, as far as possible
            Blocking::Blocks { .. } => n.div_ceil(self.most_blocks(n)),
            Blocking::OneBlock => n.max(1),
        }
    }

    /// Samples in the largest block of any batch of up to `n`.
    pub(super) fn largest_block(self, n: usize) -> usize {
        match self {
            Blocking::Blocks { cached, .. } => cached.min(n).max(1),
            Blocking::OneBlock => n.max(1),
        }
    }

    /// Blocks that suffice for every batch of up to `n`.
    pub(super) fn most_blocks(self, n: usize) -> usize {
        let in_cache = match self {
            Blocking::Blocks { cached, .. } => n.div_ceil(cached),
            Blocking::OneBlock => n.min(1),
        };
        in_cache.max(self.shared_blocks(n).min(n))
    }

    /// Blocks for which there is work.
    fn shared_blocks(self, n: usize) -> usize {
        match self {
            Blocking::Blocks { operations, .. } => {
                let blocks = operations.saturating_mul(n) / BLOCK_OPERATIONS;
                if blocks < 2 {
                    0
                } else {
                    blocks.min(MAX_SHARED_BLOCKS)
                }
            }
            Blocking::OneBlock => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planned_suffices_for_every_smaller_batch() {
        for cached in [1, 3, 9, 50, 1000] {
            for operations in [0, 1 << 20, 1 << 23, 1 << 27] {
                let division = Blocking::Blocks { cached, operations };
                for capacity in [1, 2, 7, 64, 100] {
                    for n in 1..=capacity {
                        let size = division.block_size(n);
                        let case = format!("{division:?}, {n} of {capacity}");
                        assert!((1..=n).contains(&size), "{case}");
                        assert!(size <= division.largest_block(capacity), "{case}");
                        assert!(n.div_ceil(size) <= division.most_blocks(capacity), "{case}");
                    }
                }
            }
        }
        assert_eq!(Blocking::OneBlock.block_size(64), 64);
        assert_eq!(Blocking::OneBlock.most_blocks(64), 1);
    }
}
