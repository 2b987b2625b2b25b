//! A snapshot in two parts: itself, as JSON, and its arrays, stored separately by name.

use std::convert::Infallible;
use std::mem;

use dl_nn::optim::ParameterState;
use dl_nn::train::Snapshot;
use dl_nn::{Scalar, Weights};
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::container::{Container, ReadError};

/// A snapshot of a run with empty arrays.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content<F> {
    pub(super) run: Value,
    snapshot: Snapshot<F>,
}

impl<F: Scalar> Content<F> {
    /// Takes the arrays out of a snapshot.
    pub(super) fn from_snapshot(
        mut snapshot: Snapshot<F>,
        run: Value,
    ) -> (Self, Vec<(String, ArrayD<F>)>) {
        let mut arrays = Vec::new();
        let Ok(()) = for_each_array::<F, Infallible>(&mut snapshot, |name, array| {
            arrays.push((name, mem::replace(array, vector(Vec::new()))));
            Ok(())
        });
        (Self { run, snapshot }, arrays)
    }

    /// Restores the snapshot with the arrays of its file.
    pub(super) fn into_snapshot(mut self, file: &Container) -> Result<Snapshot<F>, ReadError> {
        for_each_array(&mut self.snapshot, |name, array| {
            *array = file.array(&name)?;
            Ok(())
        })?;
        Ok(self.snapshot)
    }
}

/// Calls `visit` with every array of a snapshot and its name in the file.
fn for_each_array<F: Scalar, E>(
    snapshot: &mut Snapshot<F>,
    mut visit: impl FnMut(String, &mut ArrayD<F>) -> Result<(), E>,
) -> Result<(), E> {
    let Snapshot { trainer, fit } = snapshot;
    for ParameterState { name, slots } in &mut trainer.optimizer.parameters {
        for (kind, values) in trainer.optimizer.slots.iter().zip(slots) {
            let mut array = vector(mem::take(values));
            visit(format!("optimizer.{kind}.{name}"), &mut array)?;
            *values = array.into_iter().collect();
        }
    }
    let callbacks = fit.callbacks.iter_mut().enumerate();
    let callbacks = callbacks.map(|(i, state)| (format!("callback_{i}"), state.weights.as_mut()));
    let own = [
        ("weights".to_owned(), Some(&mut trainer.weights)),
        ("last_good".to_owned(), fit.last_good.as_mut()),
    ];
    for (prefix, weights) in own.into_iter().chain(callbacks) {
        for (name, value) in weights.into_iter().flat_map(Weights::iter_mut) {
            visit(format!("{prefix}.{name}"), value)?;
        }
    }
    Ok(())
}

fn vector<F>(values: Vec<F>) -> ArrayD<F> {
    ArrayD::from_shape_vec(IxDyn(&[values.len()]), values).expect("one axis")
}
