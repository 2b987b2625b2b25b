//! The network and how it is trained, as scikit-learn does it unless told otherwise.

use dl_data::Scalar;
use dl_nn::BuildError;
use dl_nn::init::Initializer;
use dl_nn::prelude::*;
use serde_json::{Value, json};

use super::folds::Task;

/// Units of the only hidden layer.
const HIDDEN: usize = 100;
pub(super) const BATCH: usize = 200;
const LEARNING_RATE: f64 = 1e-3;
/// Weight of the L2 penalty ½·α·Σw²/n, n the size of the batch.
const ALPHA: f64 = 1e-4;
/// At most so many in scikit-learn, which is kept from stopping before.
pub(super) const EPOCHS: usize = 200;

/// What the peer trains with.
pub(super) fn settings() -> Value {
    json!({
        "hidden": HIDDEN,
        "batch": BATCH,
        "learning_rate": LEARNING_RATE,
        "alpha": ALPHA,
        "epochs": EPOCHS,
    })
}

/// A dense layer with scikit-learn's initial values: kernel and bias are uniform within Glorot's bound.
fn dense(inputs: usize, units: usize) -> Dense {
    let limit = (6.0 / (inputs + units) as f64).sqrt();
    Dense::new(units)
        .kernel_initializer(Initializer::GlorotUniform)
        .bias_initializer(Initializer::Uniform { limit })
}

/// A network for rows with so many inputs, to be trained on so many rows.
///
/// Two classes are one logit. The mean squared error is twice scikit-learn's loss, so its penalty is doubled; Adam does
/// not see the factor otherwise.
pub(super) fn trainer<F: Scalar>(
    task: Task,
    inputs: usize,
    rows: usize,
    seed: u64,
) -> Result<Trainer<F>, BuildError> {
    let outputs = match task {
        Task::Classes(2) | Task::Value => 1,
        Task::Classes(classes) => classes,
    };
    let model = Sequential::input([inputs])
        .push(dense(inputs, HIDDEN).activation(Relu))
        .push(dense(HIDDEN, outputs))
        .build(seed)?;
    let penalty = ALPHA / rows.min(BATCH) as f64;
    let adam = |penalty| Adam::new(LEARNING_RATE).l2(penalty);
    match task {
        Task::Classes(2) => Trainer::new(model, BinaryCrossEntropy::new(), adam(penalty)),
        Task::Classes(_) => Trainer::new(model, SoftmaxCrossEntropy::new(), adam(penalty)),
        Task::Value => Trainer::new(model, MeanSquaredError::new(), adam(2.0 * penalty)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_values_fill_scikit_learns_interval() {
        let trainer = trainer::<f64>(Task::Classes(10), 64, 1000, 3).expect("built");
        let weights = trainer.model().weights();
        for (name, array) in weights.iter() {
            let fans = if name.starts_with("dense_1.") {
                164.0
            } else {
                110.0
            };
            let bound = (6.0_f64 / fans).sqrt();
            let largest = array.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
            assert!(
                largest < bound && largest > 0.5 * bound,
                "{name}: {largest} of {bound}"
            );
        }
    }
}
