//! What a layer costs besides its parameters.

/// What a layer needs besides its parameters, its input and its output, known before it is built: what a file declares
/// is compared with what it may cost before anything is allocated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes that the layer keeps, regardless of the batch size: plans, reordered weights.
    pub plan: usize,
    /// Elements of scratch space per sample: a padded copy of its input.
    pub scratch: usize,
    /// Multiply-adds per sample, or operations that take as long, beyond one for each parameter and each element of
    /// the output.
    pub operations: usize,
}
