//! The training doctor: what commonly goes wrong, looked for before and during training.
//!
//! [`Doctor::examine`] looks at the data, at the first step, and whether a few samples can be
//! learned by heart; [`Doctor::watch`] makes a callback that looks on while `fit` trains. Each
//! [`Finding`] has the number, the [threshold](Thresholds) and what to try. Nothing is changed:
//! neither the model nor the optimiser, to the bit.

mod examine;
mod finding;
mod inputs;
mod labels;
mod layers;
mod loss;
mod one_batch;
mod thresholds;
mod updates;
mod watch;

pub use crate::xray::{NonFinite, Place, first_non_finite};
pub use examine::Doctor;
pub use finding::{Check, Diagnosis, Finding, Moment, Severity};
pub use thresholds::Thresholds;
pub use watch::Watch;
