//! What a block of samples contributes to the loss of a batch.

use std::ops::Range;

/// The loss on a part of a batch: it is told which samples of the batch, reads their outputs,
/// writes their part of ∂L/∂output, and gives their share of the loss.
pub type BatchLoss<'a, F> = dyn Fn(Range<usize>, &[F], &mut [F]) -> Share + Sync + 'a;

/// What some samples add to the measures of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Share {
    /// Their part of the loss: the parts sum up to it.
    pub loss: f64,
    /// How many of them are predicted right.
    pub right: usize,
}

impl std::ops::AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.right += other.right;
    }
}
