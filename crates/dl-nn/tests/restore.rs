//! What a trainer keeps and goes on from, at its beginning and after a step.

use std::error::Error;

use dl_nn::ndarray::array;
use dl_nn::prelude::*;
use dl_nn::train::{CheckpointPoint, Checkpointer, Snapshot};

fn trainer(seed: u64) -> Trainer<f64> {
    let network = Sequential::input([2]).push(Dense::new(1));
    let optimizer = Sgd::new(0.1).momentum(0.5);
    Trainer::new(
        network.build(seed).unwrap(),
        MeanSquaredError::new(),
        optimizer,
    )
    .unwrap()
}

/// The state of a trainer that has taken no step, in one that has taken some.
#[test]
fn the_state_before_the_first_step_is_restored() {
    let (x, y) = (array![[1.0, 2.0], [3.0, -1.0]], array![[0.5], [1.0]]);
    let (mut one, mut other) = (trainer(1), trainer(2));
    let beginning = one.state();
    other.step(&x, &y).unwrap();
    other.restore(beginning.clone()).unwrap();
    assert_eq!(other.state(), beginning);
    for _ in 0..3 {
        assert_eq!(one.step(&x, &y).unwrap(), other.step(&x, &y).unwrap());
    }
    assert_eq!(one.state(), other.state());
    // and back to it
    one.restore(beginning.clone()).unwrap();
    assert_eq!(one.state(), beginning);
}

/// Keeps a snapshot after every step.
#[derive(Default)]
struct Keep(Vec<Snapshot<f64>>);

impl Checkpointer<f64> for Keep {
    fn wants(&mut self, _: CheckpointPoint) -> bool {
        true
    }

    fn save(&mut self, snapshot: Snapshot<f64>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0.push(snapshot);
        Ok(())
    }
}

/// In an epoch, a snapshot has the weights with which the epoch began, for a loss that becomes NaN, and the time
/// since then.
#[test]
fn snapshots_within_an_epoch_know_how_it_began() {
    let x = array![[1.0, 2.0], [3.0, -1.0], [0.5, 0.5], [-1.0, 1.0]];
    let y = array![[0.5], [1.0], [0.0], [-0.5]];
    let mut keep = Keep::default();
    let fit = Fit::epochs(2).batch_size(2).checkpoint(&mut keep);
    trainer(1).fit(&x, &y, fit).unwrap();
    let mut began = trainer(1).state().weights;
    let mut within = 0;
    for snapshot in keep.0 {
        let weights = snapshot.trainer.weights;
        if snapshot.fit.step == 0 {
            assert_eq!(snapshot.fit.seconds, 0.0);
            began = weights;
        } else {
            assert!(snapshot.fit.seconds > 0.0);
            assert_eq!(snapshot.fit.last_good.as_ref(), Some(&began));
            assert_ne!(weights, began);
            within += 1;
        }
    }
    assert_eq!(within, 2);
}
