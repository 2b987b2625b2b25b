//! The working data of one `fit`.

use std::sync::atomic::{AtomicBool, Ordering};

use dl_core::{Scalar, Source};

use super::evaluate::evaluation_workspace;
use super::metric::{Metric, Predictions};
use super::options::Callbacks;
use super::reader::Reader;
use super::snapshot::{Checkpointer, FitState};
use crate::error::DataError;
use crate::execute::Workspace;
use crate::model::Model;

/// The working data of one `fit`.
pub(super) struct Session<'a, 'c, F> {
    /// Its progress; the states of callbacks and the history are elsewhere.
    pub(super) state: FitState<F>,
    /// Where it resumed from a snapshot: epoch and step.
    pub(super) resumed_at: Option<(usize, usize)>,
    pub(super) shuffle: bool,
    /// About how many samples' activations are in memory at once, if not a batch's.
    pub(super) micro_batch_size: Option<usize>,
    pub(super) checkpointer: Option<Box<dyn Checkpointer<F> + 'c>>,
    pub(super) interrupt: Option<&'c AtomicBool>,
    pub(super) callbacks: Callbacks<'c, F>,
    pub(super) reader: Reader<'a, F>,
    /// The samples to train on.
    pub(super) samples: Vec<usize>,
    pub(super) validation: Option<HeldOut<'a, F>>,
    pub(super) metrics: Vec<Metric<'c, F>>,
    /// The training samples once more, if there are metrics to take but no validation samples.
    pub(super) measured: Option<HeldOut<'a, F>>,
    /// For the metrics.
    pub(super) predictions: Predictions<F>,
}

impl<F> Session<'_, '_, F> {
    pub(super) fn is_interrupted(&self) -> bool {
        // the flag publishes no other data
        (self.interrupt).is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Samples to evaluate on after each epoch.
pub(super) struct HeldOut<'a, F> {
    pub(super) reader: Reader<'a, F>,
    pub(super) samples: Vec<usize>,
    pub(super) workspace: Workspace<F>,
}

impl<'a, F: Scalar> HeldOut<'a, F> {
    pub(super) fn plan(
        model: &Model<F>,
        source: &'a dyn Source<F>,
        samples: Vec<usize>,
    ) -> Result<Self, DataError> {
        Ok(Self {
            reader: Reader::new(source, None),
            workspace: evaluation_workspace(model, samples.len())?,
            samples,
        })
    }
}
