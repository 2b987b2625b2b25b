//! What a fitted model has learnt from a table, asked from outside.

mod error;
mod importance;
mod partial_dependence;

pub use error::{GridError, InspectionError};
pub use importance::{Importances, permutation_importance, permutation_importance_by};
pub use partial_dependence::{PartialDependence, grid, partial_dependence};
