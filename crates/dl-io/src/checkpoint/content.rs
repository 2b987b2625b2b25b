//! A snapshot in two parts: the JSON content, and the arrays, stored separately by name.

use dl_nn::optim::{OptimizerState, ParameterState};
use dl_nn::train::{CallbackState, FitState, History, Plan, Snapshot, Tally, TrainerState};
use dl_nn::{Scalar, Weights};
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::container::{Container, ReadError};

/// Named arrays.
type Arrays<F> = Vec<(String, ArrayD<F>)>;

/// A snapshot without its arrays. For weights it has their names, in the model's order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointContent {
    pub(super) run: Value,
    seed: u64,
    steps: u64,
    weights: Vec<String>,
    optimizer: OptimizerContent,
    plan: Plan,
    epoch: usize,
    step: usize,
    epoch_began: u64,
    tally: Tally,
    seconds: f64,
    last_good: Option<Vec<String>>,
    history: History,
    callbacks: Vec<CallbackContent>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OptimizerContent {
    rule: String,
    slots: Vec<String>,
    step: u64,
    parameters: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackContent {
    kind: String,
    value: Value,
    weights: Option<Vec<String>>,
}

const WEIGHTS: &str = "weights";
const LAST_GOOD: &str = "last_good";

fn slot(slot: &str, parameter: &str) -> String {
    format!("optimizer.{slot}.{parameter}")
}

fn callback(number: usize) -> String {
    format!("callback_{number}")
}

/// Adds weights to the arrays as `prefix.name` and returns their names.
fn put<F: Scalar>(arrays: &mut Arrays<F>, prefix: &str, weights: &Weights<F>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in weights.iter() {
        arrays.push((format!("{prefix}.{name}"), value.to_owned()));
        names.push(name.to_owned());
    }
    names
}

/// Reads weights back from the file.
fn take<F: Scalar>(
    file: &Container,
    prefix: &str,
    names: Vec<String>,
) -> Result<Weights<F>, ReadError> {
    let arrays = file.arrays(names.iter().map(|name| format!("{prefix}.{name}")))?;
    let values = arrays.into_iter().map(|(_, value)| value);
    Ok(names.into_iter().zip(values).collect())
}

impl CheckpointContent {
    /// Splits a snapshot of a run into its two parts.
    pub(super) fn from_snapshot<F: Scalar>(snapshot: Snapshot<F>, run: Value) -> (Self, Arrays<F>) {
        let Snapshot { trainer, fit } = snapshot;
        let mut arrays = Vec::new();
        let OptimizerState {
            rule,
            slots,
            step,
            parameters,
        } = trainer.optimizer;
        let mut optimizer = OptimizerContent {
            rule,
            slots,
            step,
            parameters: Vec::new(),
        };
        for ParameterState { name, slots } in parameters {
            for (kind, values) in optimizer.slots.iter().zip(slots) {
                let shape = IxDyn(&[values.len()]);
                let values = ArrayD::from_shape_vec(shape, values).expect("one axis");
                arrays.push((slot(kind, &name), values));
            }
            optimizer.parameters.push(name);
        }
        let callbacks = fit.callbacks.into_iter().enumerate();
        let callbacks = callbacks.map(|(number, state)| CallbackContent {
            kind: state.kind,
            value: state.value,
            weights: (state.weights).map(|weights| put(&mut arrays, &callback(number), &weights)),
        });
        let callbacks = callbacks.collect();
        let content = Self {
            run,
            seed: trainer.seed,
            steps: trainer.steps,
            weights: put(&mut arrays, WEIGHTS, &trainer.weights),
            optimizer,
            plan: fit.plan,
            epoch: fit.epoch,
            step: fit.step,
            epoch_began: fit.epoch_began,
            tally: fit.tally,
            seconds: fit.seconds,
            last_good: (fit.last_good).map(|weights| put(&mut arrays, LAST_GOOD, &weights)),
            history: fit.history,
            callbacks,
        };
        (content, arrays)
    }

    /// Restores the snapshot, with the arrays of its file.
    pub(super) fn into_snapshot<F: Scalar>(
        self,
        file: &Container,
    ) -> Result<Snapshot<F>, ReadError> {
        let OptimizerContent {
            slots, parameters, ..
        } = &self.optimizer;
        let names = parameters
            .iter()
            .flat_map(|name| slots.iter().map(move |kind| slot(kind, name)));
        let mut arrays = file.arrays(names)?.into_iter();
        let parameters = parameters.iter().map(|name| {
            let arrays = arrays.by_ref().take(slots.len());
            ParameterState {
                name: name.clone(),
                slots: arrays
                    .map(|(_, values)| values.into_iter().collect())
                    .collect(),
            }
        });
        let parameters = parameters.collect();
        let callbacks = self.callbacks.into_iter().enumerate();
        let callbacks = callbacks.map(|(number, state)| {
            let weights = state.weights;
            let weights = weights.map(|names| take(file, &callback(number), names));
            Ok(CallbackState {
                kind: state.kind,
                value: state.value,
                weights: weights.transpose()?,
            })
        });
        let last_good = self.last_good.map(|names| take(file, LAST_GOOD, names));
        Ok(Snapshot {
            trainer: TrainerState {
                seed: self.seed,
                steps: self.steps,
                weights: take(file, WEIGHTS, self.weights)?,
                optimizer: OptimizerState {
                    rule: self.optimizer.rule,
                    slots: self.optimizer.slots,
                    step: self.optimizer.step,
                    parameters,
                },
            },
            fit: FitState {
                plan: self.plan,
                epoch: self.epoch,
                step: self.step,
                epoch_began: self.epoch_began,
                tally: self.tally,
                seconds: self.seconds,
                last_good: last_good.transpose()?,
                history: self.history,
                callbacks: callbacks.collect::<Result<_, ReadError>>()?,
            },
        })
    }
}
