//! Training resumed from a snapshot is bit-identical to training that never stopped.

use dl_nn::prelude::*;
use dl_nn::schedule::{Cosine, ReduceOnPlateau};
use dl_nn::train::{
    CheckpointPoint, Checkpointer, Epoch, Evaluation, ResumeError, RunningEvaluation, Snapshot,
};
use dl_nn::{TrainError, ndarray::Array2};
use proptest::prelude::*;
use std::error::Error;

/// Keeps every snapshot it is asked about, as text, as a file would.
#[derive(Default)]
struct Keep {
    snapshots: Vec<(CheckpointPoint, String)>,
    epochs_only: bool,
}

impl Checkpointer<f32> for Keep {
    fn wants(&mut self, moment: CheckpointPoint) -> bool {
        self.snapshots.push((moment, String::new()));
        if self.epochs_only && moment.step > 0 {
            self.snapshots.pop();
        }
        !self.epochs_only || moment.step == 0
    }

    fn save(&mut self, snapshot: Snapshot<f32>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let text = &mut self.snapshots.last_mut().expect("it was wanted").1;
        *text = serde_json::to_string(&snapshot)?;
        Ok(())
    }
}

const SAMPLES: usize = 23;

fn data() -> (Array2<f32>, Vec<usize>) {
    let x = Array2::from_shape_fn((SAMPLES, 3), |(i, j)| ((3 * i + 7 * j) as f32).sin());
    let labels = (0..SAMPLES)
        .map(|i| usize::from(x[[i, 0]] > x[[i, 1]]))
        .collect();
    (x, labels)
}

/// With everything that remembers or draws something: dropout, running statistics, moments.
fn trainer(seed: u64) -> Trainer<f32> {
    let model = Sequential::input([3])
        .push(Dense::new(8).activation(Relu))
        .push(BatchNorm::new())
        .push(Dropout::new(0.3))
        .push(Dense::new(2))
        .build(seed)
        .unwrap();
    let optimizer = Adam::new(0.02).l2(1e-3).clip_norm(1.0);
    let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), optimizer).unwrap();
    trainer.seed(seed)
}

/// What remembers something from epoch to epoch.
fn options<'a>(stopping: &'a mut EarlyStopping<f32>) -> Fit<'a, f32> {
    Fit::epochs(6)
        .batch_size(5)
        .validation_split(0.25)
        .callback(LearningRate::per_step(Cosine::new(30)))
        .callback(ReduceOnPlateau::new(0.5).patience(0))
        .callback(stopping)
}

fn untimed(mut history: History) -> History {
    history
        .epochs
        .iter_mut()
        .for_each(|epoch| epoch.seconds = 0.0);
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn resuming_anywhere_gives_the_same_bits(seed in 0_u64..1000, patience in 1_usize..4) {
        let (x, labels) = data();
        let mut whole = trainer(seed);
        let (mut keep, mut stopping) = (Keep::default(), EarlyStopping::new(patience));
        let history = whole
            .fit(&x, &labels, options(&mut stopping).checkpoint(&mut keep))
            .unwrap();
        prop_assert!(keep.snapshots.len() >= 2 * 4);
        for (moment, text) in &keep.snapshots {
            let snapshot: Snapshot<f32> = serde_json::from_str(text).unwrap();
            // another seed: all that matters comes from the snapshot
            let mut resumed = trainer(seed + 1);
            let mut again = EarlyStopping::new(patience);
            let fit = options(&mut again).resume(snapshot);
            let after = resumed.fit(&x, &labels, fit).unwrap();
            prop_assert_eq!(untimed(after), untimed(history.clone()), "{:?}", moment);
            prop_assert_eq!(resumed.state(), whole.state(), "{:?}", moment);
            prop_assert_eq!(again.best_epoch(), stopping.best_epoch());
        }
    }
}

#[test]
fn more_epochs_go_on_where_the_last_ended() {
    let (x, labels) = data();
    fn fit<'a>(epochs: usize) -> Fit<'a, f32> {
        Fit::epochs(epochs).batch_size(4)
    }
    let mut keep = Keep {
        epochs_only: true,
        ..Keep::default()
    };
    trainer(3)
        .fit(&x, &labels, fit(3).checkpoint(&mut keep))
        .unwrap();
    let (moment, text) = keep.snapshots.last().unwrap();
    assert_eq!(
        *moment,
        CheckpointPoint {
            epoch: 3,
            step: 0,
            last: true
        }
    );
    let snapshot: Snapshot<f32> = serde_json::from_str(text).unwrap();
    let mut resumed = trainer(3);
    let history = resumed.fit(&x, &labels, fit(5).resume(snapshot)).unwrap();
    let mut whole = trainer(3);
    assert_eq!(
        untimed(history),
        untimed(whole.fit(&x, &labels, fit(5)).unwrap())
    );
    assert_eq!(resumed.state(), whole.state());
}

/// The last snapshot of a short training.
fn snapshot() -> Snapshot<f32> {
    let (x, labels) = data();
    let mut keep = Keep::default();
    let mut stopping = EarlyStopping::new(9);
    let fit = options(&mut stopping).checkpoint(&mut keep);
    trainer(1).fit(&x, &labels, fit).unwrap();
    serde_json::from_str(&keep.snapshots[6].1).unwrap()
}

fn refused(trainer: &mut Trainer<f32>, fit: Fit<'_, f32>) -> ResumeError {
    let (x, labels) = data();
    let before = trainer.state();
    let error = trainer.fit(&x, &labels, fit).unwrap_err();
    assert_eq!(trainer.state(), before, "nothing may change");
    match error {
        TrainError::Resume(error) => error,
        error => panic!("{error}"),
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut stopping = EarlyStopping::new(9);
    let other_batch = options(&mut stopping).batch_size(6).resume(snapshot());
    let error = refused(&mut trainer(1), other_batch);
    assert_eq!(
        error.to_string(),
        "batch size: the snapshot has 5, but this `fit` has 6"
    );

    let small = Sequential::input([3]).push(Dense::new(2)).build(0).unwrap();
    let mut other = Trainer::new(small, SoftmaxCrossEntropy::new(), Adam::new(0.1)).unwrap();
    let mut stopping = EarlyStopping::new(9);
    let error = refused(&mut other, options(&mut stopping).resume(snapshot()));
    assert!(matches!(error, ResumeError::Weights(_)), "{error}");

    let model = trainer(1).into_model();
    let mut other = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    let mut stopping = EarlyStopping::new(9);
    let error = refused(&mut other, options(&mut stopping).resume(snapshot()));
    assert!(matches!(error, ResumeError::Optimizer(_)), "{error}");

    let fit = Fit::epochs(6).batch_size(5).validation_split(0.25);
    let error = refused(&mut trainer(1), fit.resume(snapshot()));
    assert_eq!(
        error.to_string(),
        "stateful callbacks differ: the snapshot has [\"reduce_on_plateau\", \
         \"early_stopping\"], but this `fit` has []"
    );
}

/// An epoch under way counts: the network is past the end of those before it.
#[test]
fn fewer_epochs_than_have_begun_are_refused() {
    let within = snapshot();
    let (epoch, step) = (within.fit.epoch, within.fit.step);
    assert!(epoch > 0 && step > 0, "epoch {epoch}, step {step}");
    let fit = Fit::epochs(epoch).batch_size(5).validation_split(0.25);
    let error = refused(&mut trainer(1), fit.resume(within)).to_string();
    assert_eq!(
        error,
        format!(
            "epochs begun: the snapshot has {}, but this `fit` has {epoch}",
            epoch + 1
        )
    );
}

/// What a file may say whose checksum is right.
#[test]
fn a_snapshot_that_nobody_took_is_refused() {
    let forged = |forge: &dyn Fn(&mut Snapshot<f32>)| {
        let mut snapshot = snapshot();
        forge(&mut snapshot);
        let mut stopping = EarlyStopping::new(9);
        refused(&mut trainer(1), options(&mut stopping).resume(snapshot))
    };
    let other = || {
        let network = Sequential::input([2]).push(Dense::new(2));
        network.build(0).unwrap().weights()
    };
    let kept = |error| assert!(matches!(error, ResumeError::Weights(_)), "{error}");
    kept(forged(&|s| s.trainer.weights = other()));
    kept(forged(&|s| s.fit.last_good = Some(other())));
    kept(forged(&|s| s.fit.callbacks[1].weights = Some(other())));
    let said = |error: ResumeError| error.to_string();
    assert_eq!(
        said(forged(&|s| s.fit.step = 1_000_000)),
        "steps done in the epoch: the snapshot has 1000000, but this `fit` has 3"
    );
    assert!(said(forged(&|s| s.fit.epoch = 1 << 60)).starts_with("epochs in the history"));
    let renumbered = said(forged(&|s| s.fit.history.epochs[0].epoch = usize::MAX));
    assert!(
        renumbered.starts_with("number of an epoch in the history"),
        "{renumbered}"
    );
    let in_first =
        |change: &dyn Fn(&mut Epoch)| said(forged(&|s| change(&mut s.fit.history.epochs[0])));
    let validation = |accuracy, samples| {
        in_first(&|epoch| {
            epoch.validation = Some(Evaluation {
                loss: 1.0,
                accuracy,
                samples,
            });
        })
    };
    for (found, what) in [
        (
            in_first(&|epoch| epoch.train.accuracy = Some(1.5)),
            "accuracy of epoch 0 of the snapshot is 1.5, but must be in [0, 1]",
        ),
        (
            in_first(&|epoch| epoch.train.accuracy = Some(f64::NAN)),
            "accuracy of epoch 0 of the snapshot is NaN, but must be in [0, 1]",
        ),
        (
            validation(Some(-0.5), 3),
            "accuracy of epoch 0 of the snapshot is -0.5, but must be in [0, 1]",
        ),
        (
            validation(None, 0),
            "number of validation samples of epoch 0 of the snapshot is 0, but must be at least 1",
        ),
        (
            in_first(&|epoch| epoch.seconds = f64::INFINITY),
            "time in seconds of epoch 0 of the snapshot is inf, but must be finite and at least 0",
        ),
        (
            said(forged(&|s| s.fit.seconds = -1.0)),
            "time in seconds of epoch 1 of the snapshot is -1, but must be finite and at least 0",
        ),
    ] {
        assert_eq!(found, what);
    }
    let fewer = said(forged(&|s| s.fit.history.epochs[0].train.samples -= 1));
    assert!(fewer.starts_with("training samples of an epoch"), "{fewer}");
    assert!(
        said(forged(&|s| s.fit.running = RunningEvaluation::default())).starts_with("samples seen")
    );
    assert!(
        said(forged(&|s| s.fit.callbacks[0].value = "x".into())).starts_with("stateful callbacks")
    );
    let text = serde_json::to_value(snapshot().fit.running)
        .unwrap()
        .to_string();
    let text = text.replace(r#""correct":"#, r#""correct":99"#);
    let tally: dl_nn::train::RunningEvaluation = serde_json::from_str(&text).unwrap();
    assert!(said(forged(&|s| s.fit.running = tally)).starts_with("samples seen"));
}

#[test]
fn a_step_number_at_its_end_goes_on() {
    let mut snapshot = snapshot();
    snapshot.trainer.steps = u64::MAX;
    let (x, labels) = data();
    let mut stopping = EarlyStopping::new(9);
    let mut trainer = trainer(1);
    let fit = options(&mut stopping).resume(snapshot);
    trainer.fit(&x, &labels, fit).unwrap();
}

/// A checkpointer that cannot keep anything.
struct Full;

impl Checkpointer<f32> for Full {
    fn wants(&mut self, moment: CheckpointPoint) -> bool {
        moment.step == 2
    }

    fn save(&mut self, _: Snapshot<f32>) -> Result<(), Box<dyn Error + Send + Sync>> {
        Err("no space left".into())
    }
}

#[test]
fn where_no_checkpoint_can_be_kept_training_stops_with_what_it_has() {
    let (x, labels) = data();
    let mut trainer = trainer(1);
    let fit = Fit::epochs(2).batch_size(5).checkpoint(Full);
    let error = trainer.fit(&x, &labels, fit).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no checkpoint could be kept after epoch 0, step 2: no space left"
    );
    assert_eq!(
        (trainer.state().steps, trainer.state().optimizer.step),
        (2, 2)
    );
}
