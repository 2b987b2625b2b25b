//! What a weights file says about a tensor.

/// The description of a tensor in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// `F16`, `BF16`, `F32`, `F64`, or an unsupported type as the format writes it.
    pub(super) dtype: String,
    pub(super) shape: Vec<usize>,
}
