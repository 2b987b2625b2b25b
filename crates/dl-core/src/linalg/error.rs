//! What cannot be decomposed.

/// Why a matrix has no decomposition.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinalgError {
    /// A symmetric matrix is square.
    #[error("the matrix has shape [{rows}, {columns}], but must be square")]
    NotSquare {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },
    /// A NaN or an infinity.
    #[error("the matrix{index:?} is {value}, but must be finite")]
    NotFinite {
        /// Row and column.
        index: [usize; 2],
        /// The entry.
        value: f64,
    },
    /// The iteration did not end.
    #[error("the eigenvalues did not converge within {iterations} steps")]
    NoConvergence {
        /// Steps allowed.
        iterations: usize,
    },
}
