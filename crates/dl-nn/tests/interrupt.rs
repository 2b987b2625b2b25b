//! A training that is interrupted by a flag: stopped after a step, kept, and gone on from.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use dl_nn::TrainError;
use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;
use dl_nn::train::{Callback, CheckpointPoint, Checkpointer, FitContext, Flow, Snapshot, StepEnd};

const STEPS_PER_EPOCH: usize = 5;

/// Wants nothing by itself; keeps what it is given.
#[derive(Default)]
struct Last(Option<Snapshot<f32>>);

impl Checkpointer<f32> for Last {
    fn wants(&mut self, _: CheckpointPoint) -> bool {
        false
    }

    fn save(&mut self, snapshot: Snapshot<f32>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0 = Some(snapshot);
        Ok(())
    }
}

/// Sets the flag in a step, as a signal would.
struct Signal<'a> {
    flag: &'a AtomicBool,
    step: usize,
}

impl Callback<f32> for Signal<'_> {
    fn step_end(&mut self, end: &StepEnd, _: &mut FitContext<'_, f32>) -> Flow {
        if STEPS_PER_EPOCH * end.epoch + end.step + 1 == self.step {
            self.flag.store(true, Ordering::Relaxed);
        }
        Flow::Continue
    }
}

fn data() -> (Array2<f32>, Vec<usize>) {
    let x = Array2::from_shape_fn((20, 3), |(i, j)| ((3 * i + 7 * j) as f32).sin());
    let labels = (0..20).map(|i| usize::from(x[[i, 0]] > x[[i, 1]]));
    let labels = labels.collect();
    (x, labels)
}

fn trainer() -> Trainer<f32> {
    let network = Sequential::input([3])
        .push(Dense::new(8).activation(Relu))
        .push(Dropout::new(0.3))
        .push(Dense::new(2));
    let model = network.build(1).unwrap();
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.02)).unwrap()
}

fn fit<'a>() -> Fit<'a, f32> {
    Fit::epochs(3).batch_size(4)
}

#[test]
fn interrupted_after_any_step_it_goes_on_with_the_same_bits() {
    let (x, labels) = data();
    let mut whole = trainer();
    whole.fit(&x, &labels, fit()).unwrap();
    for step in 1..3 * STEPS_PER_EPOCH {
        let (flag, mut last) = (AtomicBool::new(false), Last::default());
        let mut stopped = trainer();
        let signal = Signal { flag: &flag, step };
        let options = fit()
            .callback(signal)
            .interrupt(&flag)
            .checkpoint(&mut last);
        let error = stopped.fit(&x, &labels, options).unwrap_err();
        let expected = TrainError::Interrupted {
            epoch: step / STEPS_PER_EPOCH,
            step: step % STEPS_PER_EPOCH,
        };
        assert_eq!(error.to_string(), expected.to_string());
        // what was learnt until then is there, and was kept
        let snapshot = last.0.expect("kept when interrupted");
        assert_eq!(snapshot.trainer, stopped.state());
        assert_eq!(snapshot.trainer.steps, step as u64);

        let mut resumed = trainer();
        resumed.fit(&x, &labels, fit().resume(snapshot)).unwrap();
        assert_eq!(resumed.state(), whole.state(), "{step}");
    }
}

#[test]
fn without_a_checkpointer_the_weights_stay() {
    let (x, labels) = data();
    let flag = AtomicBool::new(true);
    let (mut stopped, initial) = (trainer(), trainer());
    let error = stopped
        .fit(&x, &labels, fit().interrupt(&flag))
        .unwrap_err();
    assert_eq!(error.to_string(), "interrupted after epoch 0, step 1");
    assert!(stopped.model().weights() != initial.model().weights());
}

#[test]
fn a_training_that_is_over_is_not_interrupted() {
    let (x, labels) = data();
    let flag = AtomicBool::new(false);
    let signal = Signal {
        flag: &flag,
        step: 3 * STEPS_PER_EPOCH,
    };
    let mut trainer = trainer();
    let history = trainer.fit(&x, &labels, fit().callback(signal).interrupt(&flag));
    assert_eq!(history.unwrap().epochs.len(), 3);
}
