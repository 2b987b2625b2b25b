//! What a block of samples contributes to the loss of a batch.

use std::ops::Range;

/// The loss of some samples of a batch: given which they are and their outputs, it writes their part of ∂L/∂output and
/// returns their part of the loss.
pub type BatchLoss<'a, F> = dyn Fn(Range<usize>, &[F], &mut [F]) -> LossPart + Sync + 'a;

/// What some samples of a batch contribute to its loss and accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LossPart {
    /// Their part of the loss; the parts add up to it.
    pub loss: f64,
    /// How many of them are classified correctly.
    pub correct: usize,
}

impl std::ops::AddAssign for LossPart {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.correct += other.correct;
    }
}
