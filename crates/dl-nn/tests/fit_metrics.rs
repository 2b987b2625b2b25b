//! Metrics of one's own in history, stopping and plateaus, and averaged weights.

use std::error::Error;

use dl_nn::metrics::{MetricError, accuracy, r2_score};
use dl_nn::ndarray::{Array2, ArrayView2, array};
use dl_nn::prelude::*;
use dl_nn::schedule::ReduceOnPlateau;
use dl_nn::train::{
    Callback, CheckpointPoint, Checkpointer, Epoch, FitContext, Flow, Metric, Monitor, Snapshot,
    WeightAverage,
};
use dl_nn::{Target, TrainError, Weights};

const SAMPLES: usize = 30;

fn data() -> (Array2<f32>, Vec<usize>, Array2<f32>) {
    let x = Array2::from_shape_fn((SAMPLES, 3), |(i, j)| ((3 * i + 7 * j) as f32).sin());
    let labels = (0..SAMPLES).map(|i| usize::from(x[[i, 0]] > x[[i, 1]]));
    let y = Array2::from_shape_fn((SAMPLES, 1), |(i, _)| x[[i, 0]] * x[[i, 2]]);
    (x.clone(), labels.collect(), y)
}

fn classifier() -> Trainer<f32> {
    let model = Sequential::input([3])
        .push(Dense::new(8).activation(Relu))
        .push(BatchNorm::new())
        .push(Dense::new(2))
        .build(3)
        .unwrap();
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.02)).unwrap()
}

/// The share of right classes, as `fit` itself counts them.
fn share(predictions: ArrayView2<'_, f32>, targets: &Target<'_, f32>) -> Result<f64, MetricError> {
    // probabilities
    for row in predictions.outer_iter() {
        assert!((row.sum() - 1.0).abs() < 1e-5);
    }
    let predicted = dl_nn::metrics::argmax(&predictions)?;
    Ok(accuracy(&targets.classes().unwrap(), &predicted)?.value)
}

#[test]
fn a_metric_is_taken_on_the_validation_samples() {
    let (x, labels, _) = data();
    let fit = Fit::epochs(4)
        .validation_split(0.3)
        .metric(Metric::higher_is_better("share", share));
    let history = classifier().fit(&x, &labels, fit).unwrap();
    assert_eq!(history.metric("share"), history.validation_accuracies());
    assert_eq!(history.metric("other"), [0.0; 0]);
}

#[test]
fn without_validation_samples_it_is_taken_on_those_trained_on() {
    let (x, _, y) = data();
    let r2 = |p: ArrayView2<'_, f32>, t: &Target<'_, f32>| {
        r2_score(&t.values().unwrap().column(0), &p.column(0))
    };
    let model = Sequential::input([3]).push(Dense::new(1)).build(3).unwrap();
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Adam::new(0.02)).unwrap();
    let fit = Fit::epochs(3).metric(Metric::higher_is_better("R²", r2));
    let history = trainer.fit(&x, &y, fit).unwrap();
    let predictions = trainer.predict_matrix(&x).unwrap();
    let expected = r2_score(&y.column(0), &predictions.column(0)).unwrap();
    assert_eq!(history.metric("R²")[2], expected);
    assert_eq!(history.validation_losses(), [0.0; 0]);
}

/// A metric that takes these values epoch by epoch.
fn scripted<'a>(name: &str, higher: bool, values: &'a [f64]) -> Metric<'a, f32> {
    let epoch = std::cell::Cell::new(0);
    let next = move |_: ArrayView2<'_, f32>, _: &Target<'_, f32>| {
        epoch.set(epoch.get() + 1);
        Ok(values[epoch.get() - 1])
    };
    match higher {
        true => Metric::higher_is_better(name, next),
        false => Metric::lower_is_better(name, next),
    }
}

#[test]
fn stopping_and_plateaus_follow_a_metric_in_its_direction() {
    let (x, labels, _) = data();
    let values = [0.5, 0.7, f64::NAN, 0.6, 0.65, 0.9];
    for (higher, best) in [(true, 1), (false, 0)] {
        let mut stopping = EarlyStopping::new(2).monitor(Monitor::metric("score"));
        let mut plateau = ReduceOnPlateau::new(0.5)
            .patience(0)
            .monitor(Monitor::metric("score"));
        let fit = Fit::epochs(6)
            .metric(scripted("score", higher, &values))
            .callback(&mut stopping)
            .callback(&mut plateau);
        let history = classifier().fit(&x, &labels, fit).unwrap();
        assert_eq!(stopping.best_epoch(), Some(best));
        assert_eq!(history.epochs.len(), best + 3);
        assert_eq!(plateau.factor(), 0.25);
    }
}

#[test]
fn what_is_wrong_with_a_metric_is_said() {
    let (x, labels, _) = data();
    let message = |fit: Fit<'_, f32>| {
        let error = classifier().fit(&x, &labels, fit).unwrap_err();
        error.to_string()
    };
    let stopping = EarlyStopping::new(2).monitor(Monitor::metric("AUX"));
    let auc = || scripted("AUC", true, &[0.5]);
    assert_eq!(
        message(Fit::epochs(1).metric(auc()).callback(stopping)),
        "Monitor metric is AUX (did you mean `AUC`?), but must be the name of a metric of this fit"
    );
    assert_eq!(
        message(Fit::epochs(1).metric(auc()).metric(auc())),
        "Metric name is AUC, but must be different for each metric"
    );
    assert_eq!(
        message(Fit::epochs(1).metric(scripted("a,b", true, &[]))),
        "Metric name is \"a,b\", but must be a name without commas, quotes and line breaks"
    );
    let fails = Metric::higher_is_better("AUC", |_: ArrayView2<'_, f32>, _: &Target<'_, f32>| {
        r2_score(&array![1.0_f32], &array![1.0_f32, 2.0])
    });
    let mut trainer = classifier();
    let error = trainer
        .fit(&x, &labels, Fit::epochs(2).metric(fails))
        .unwrap_err();
    assert!(matches!(error, TrainError::Metric { epoch: 1, .. }));
    assert!(
        error
            .to_string()
            .starts_with("metric `AUC` after epoch 1: ")
    );
    assert_eq!(trainer.state().steps, 1);
}

/// Notes the weights after each step and at the end of each epoch.
#[derive(Default)]
struct Note {
    steps: Vec<Weights<f32>>,
    epochs: Vec<Weights<f32>>,
}

impl Callback<f32> for Note {
    fn step_end(&mut self, _: &dl_nn::train::StepEnd, run: &mut FitContext<'_, f32>) -> Flow {
        self.steps.push(run.model.weights());
        Flow::Continue
    }

    fn epoch_end(&mut self, _: &Epoch, run: &mut FitContext<'_, f32>) -> Flow {
        self.epochs.push(run.model.weights());
        Flow::Continue
    }
}

fn assert_close(a: &Weights<f32>, b: &Weights<f32>) {
    for ((name, a), (_, b)) in a.iter().zip(b.iter()) {
        for (a, b) in a.iter().zip(b.iter()) {
            assert!((a - b).abs() <= 1e-6 * (1.0 + b.abs()), "{name}: {a}, {b}");
        }
    }
}

#[test]
fn averaged_weights_are_seen_and_kept_and_others_are_trained() {
    let (x, labels, _) = data();
    let mut plain = Note::default();
    let initial = classifier().model().weights();
    let fit = || Fit::epochs(3).batch_size(7).validation_split(0.3);
    let without = classifier().fit(&x, &labels, fit().callback(&mut plain));
    let (mut noted, mut trainer) = (Note::default(), classifier());
    let averaged = fit().callback(WeightAverage::new(0.8)).callback(&mut noted);
    let history = trainer.fit(&x, &labels, averaged).unwrap();
    // training is that without an average
    assert_eq!(noted.steps, plain.steps);
    assert_eq!(history.losses(), without.unwrap().losses());
    // the average, from its definition
    let mut average = initial;
    let (mut t, mut expected) = (0.0, Vec::new());
    for (i, weights) in noted.steps.iter().enumerate() {
        let kept = f64::min(0.8, (1.0 + t) / (10.0 + t)) as f32;
        for ((_, a), (_, w)) in average.iter_mut().zip(weights.iter()) {
            a.zip_mut_with(&w, |a, w| *a = kept * *a + (1.0 - kept) * w);
        }
        t += 1.0;
        if (i + 1) % 3 == 0 {
            expected.push(average.clone());
        }
    }
    assert_eq!(noted.epochs.len(), expected.len());
    for (noted, expected) in noted.epochs.iter().zip(&expected) {
        assert_close(noted, expected);
    }
    // it is what was validated, and what is left
    assert_eq!(trainer.model().weights(), noted.epochs[2]);
}

/// Keeps every snapshot, as text.
#[derive(Default)]
struct Keep(Vec<String>);

impl Checkpointer<f32> for Keep {
    fn wants(&mut self, _: CheckpointPoint) -> bool {
        true
    }

    fn save(&mut self, snapshot: Snapshot<f32>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0.push(serde_json::to_string(&snapshot)?);
        Ok(())
    }
}

#[test]
fn averages_and_monitored_metrics_resume_to_the_same_bits() {
    let (x, labels, _) = data();
    fn fit<'a>() -> Fit<'a, f32> {
        Fit::epochs(5)
            .batch_size(9)
            .validation_split(0.3)
            .metric(Metric::higher_is_better("share", share))
            .callback(WeightAverage::new(0.9))
            .callback(EarlyStopping::new(2).monitor(Monitor::metric("share")))
            .callback(ReduceOnPlateau::new(0.5).monitor(Monitor::metric("share")))
    }
    let untimed = |mut history: History| {
        let epochs = history.epochs.iter_mut();
        epochs.for_each(|epoch| epoch.seconds = 0.0);
        history
    };
    let (mut keep, mut whole) = (Keep::default(), classifier());
    let history = whole.fit(&x, &labels, fit().checkpoint(&mut keep)).unwrap();
    assert!(keep.0.len() >= 9);
    for text in &keep.0 {
        let snapshot: Snapshot<f32> = serde_json::from_str(text).unwrap();
        let mut resumed = classifier();
        let after = resumed.fit(&x, &labels, fit().resume(snapshot)).unwrap();
        assert_eq!(untimed(after), untimed(history.clone()));
        assert_eq!(resumed.model().weights(), whole.model().weights());
    }
}

#[test]
fn a_decay_out_of_range_is_an_error() {
    let (x, labels, _) = data();
    let fit = Fit::epochs(1).callback(WeightAverage::new(1.0));
    let error = classifier().fit(&x, &labels, fit).unwrap_err();
    assert_eq!(
        error.to_string(),
        "WeightAverage decay is 1, but must be in (0, 1)"
    );
}
