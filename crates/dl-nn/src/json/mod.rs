//! How serde reads and writes JSON.

pub(crate) mod non_finite;
pub(crate) mod unique_keys;
