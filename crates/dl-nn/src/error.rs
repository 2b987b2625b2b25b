//! The errors of configuration: what was given, where, and what is allowed.

/// A configuration value outside its allowed range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{parameter} is {value}, but must be {allowed}")]
pub struct ConfigError {
    /// The parameter, with its owner: `Adam learning_rate`.
    pub parameter: String,
    /// The value given.
    pub value: String,
    /// The allowed range in words: `in [0, 1)`.
    pub allowed: &'static str,
}

impl ConfigError {
    /// `Ok` where `holds`, otherwise the error naming parameter, value and allowed range.
    pub fn require(
        holds: bool,
        parameter: &str,
        value: impl ToString,
        allowed: &'static str,
    ) -> Result<(), Self> {
        if holds {
            return Ok(());
        }
        Err(Self {
            parameter: parameter.to_owned(),
            value: value.to_string(),
            allowed,
        })
    }
}
