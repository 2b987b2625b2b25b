//! The training doctor looks for common problems before and during training.
//!
//! [`Doctor::examine`] checks the data, the first step, and whether a few samples can be overfitted;
//! [`Doctor::callback`] makes a callback that monitors `fit`. Each [`Finding`] has the measured value, the
//! [threshold](Thresholds) and what to try. Model and optimiser are left bit-identical.
//! [`Doctor::examine_learning_rate`] judges the learning rate by a curve of the loss over learning rates.

mod callback;
mod examine;
mod finding;
mod inputs;
mod labels;
mod layers;
mod learning_rate;
mod loss;
mod overfit_one_batch;
mod settings;
mod thresholds;
mod updates;

pub use crate::xray::{NonFinite, Quantity, first_non_finite};
pub use callback::DoctorCallback;
pub use finding::{Check, Diagnosis, Finding, Severity, StepId};
pub use learning_rate::OneCycleAdvice;
pub use settings::Doctor;
pub use thresholds::Thresholds;
