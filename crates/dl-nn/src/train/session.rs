//! The working data of one `fit`.

use std::sync::atomic::{AtomicBool, Ordering};

use dl_core::Scalar;

use super::evaluate::{Samples, evaluation_workspace};
use super::options::Callbacks;
use super::snapshot::{Checkpointer, FitState};
use crate::error::DataError;
use crate::execute::Workspace;
use crate::layer::Batch;
use crate::model::Model;
use crate::target::Target;

/// The working data of one `fit`.
pub(super) struct Session<'a, 'c, F> {
    /// Its progress; the states of callbacks and the history are elsewhere.
    pub(super) state: FitState<F>,
    /// Where it resumed from a snapshot: epoch and step.
    pub(super) resumed_at: Option<(usize, usize)>,
    pub(super) shuffle: bool,
    pub(super) checkpointer: Option<Box<dyn Checkpointer<F> + 'c>>,
    pub(super) interrupt: Option<&'c AtomicBool>,
    pub(super) callbacks: Callbacks<'c, F>,
    pub(super) samples: Samples<'a, F>,
    pub(super) targets: Target<'a, F>,
    /// Weights of all samples; `None` if all are 1.
    pub(super) weights: Option<Vec<F>>,
    /// The rows to train on.
    pub(super) rows: Vec<usize>,
    pub(super) validation: Option<HeldOut<'a, F>>,
}

impl<F> Session<'_, '_, F> {
    pub(super) fn is_interrupted(&self) -> bool {
        // the flag publishes no other data
        (self.interrupt).is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Rows to evaluate on after each epoch.
pub(super) struct HeldOut<'a, F> {
    pub(super) samples: Samples<'a, F>,
    pub(super) targets: Target<'a, F>,
    pub(super) rows: Vec<usize>,
    pub(super) workspace: Workspace<F>,
}

impl<'a, F: Scalar> HeldOut<'a, F> {
    pub(super) fn plan(
        model: &Model<F>,
        x: Batch<'a, F>,
        targets: Target<'a, F>,
        rows: Vec<usize>,
    ) -> Result<Self, DataError> {
        Ok(Self {
            samples: Samples::new(x),
            targets,
            workspace: evaluation_workspace(model, rows.len())?,
            rows,
        })
    }
}
