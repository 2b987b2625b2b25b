//! What a job asks of a peer.

use serde_json::Value;

/// A job of a script. The variant distinguishes it from the script's other jobs.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) script: &'static str,
    pub(super) variant: String,
    pub(super) job: Value,
}

impl Wanted {
    pub(super) fn new(script: &'static str, variant: &str, job: Value) -> Self {
        let variant = variant.to_owned();
        Self {
            script,
            variant,
            job,
        }
    }
}
