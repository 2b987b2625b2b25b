//! What serde is told about JSON.

pub(crate) mod non_finite;
pub(crate) mod unique_keys;
