//! The search for a learning rate: what it records, and that it leaves no trace.

use dl_core::source::{SourceBatch, SourceError, SourceTargets};
use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;
use dl_nn::train::{FindLearningRate, LearningRateCurve, SearchEnd};
use dl_nn::{Source, TargetRow, TrainError};

const SAMPLES: usize = 90;

fn data() -> (Array2<f64>, Vec<usize>) {
    let x = Array2::from_shape_fn((SAMPLES, 3), |(i, j)| ((3 * i + 7 * j) as f64).sin());
    let labels = x.rows().into_iter();
    let labels = labels.map(|row| usize::from(row[0] > row[1])).collect();
    (x, labels)
}

/// With everything that draws or remembers something.
fn trainer() -> Trainer<f64> {
    let model = Sequential::input([3])
        .push(Dense::new(16).activation(Relu))
        .push(BatchNorm::new())
        .push(Dropout::new(0.1))
        .push(Dense::new(2))
        .build(1)
        .unwrap();
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3)).unwrap()
}

fn search(trainer: &mut Trainer<f64>, options: FindLearningRate) -> LearningRateCurve {
    let (x, labels) = data();
    trainer.find_learning_rate(&x, &labels, options).unwrap()
}

#[test]
fn everything_is_as_before() {
    let (x, labels) = data();
    let options = || Fit::epochs(3).batch_size(16).validation_split(0.2);
    let (mut searched, mut plain) = (trainer(), trainer());
    for _ in 0..2 {
        let before = (
            searched.state(),
            searched.history().clone(),
            searched.grads().to_vec(),
        );
        search(&mut searched, FindLearningRate::new());
        let after = (
            searched.state(),
            searched.history().clone(),
            searched.grads().to_vec(),
        );
        assert_eq!(before, after);
        searched.fit(&x, &labels, options()).unwrap();
        plain.fit(&x, &labels, options()).unwrap();
        assert_eq!(searched.state(), plain.state());
    }
    // a search that fails leaves no trace either
    let before = searched.state();
    let source = Read::new(Some(5));
    let error = searched.find_learning_rate_source(&source, FindLearningRate::new());
    assert_eq!(
        error.unwrap_err().to_string(),
        "cannot read the data: sample 5 is torn"
    );
    assert_eq!(searched.state(), before);
}

/// Rates, losses and smoothed losses are what a loop over `step` with a rule at each rate gives.
#[test]
fn the_curve_is_that_of_training_by_hand() {
    // a batch is the whole data, whose order changes nothing but rounding
    let (x, labels) = data();
    let network = Sequential::input([3]).push(Dense::new(2));
    let trainer = |rate| {
        let model = network.build(1).unwrap();
        Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(rate)).unwrap()
    };
    let options = FindLearningRate::new().steps(30).batch_size(SAMPLES);
    let options = options.lowest(1e-3).highest(1.0).smoothing(0.9);
    let curve = search(&mut trainer(0.5), options);
    assert_eq!((curve.points.len(), curve.end), (30, SearchEnd::Highest));

    let mut weights = network.build(1).unwrap().weights();
    let mut mean = 0.0;
    for (i, point) in curve.points.iter().enumerate() {
        let rate = 10_f64.powf(-3.0 + 3.0 * i as f64 / 29.0);
        assert!((point.learning_rate / rate - 1.0).abs() < 1e-12);
        let mut by_hand = trainer(rate);
        by_hand.model_mut().set_weights(&weights).unwrap();
        let loss = by_hand.step(&x, &labels).unwrap();
        weights = by_hand.model().weights();
        assert!(
            (point.loss - loss).abs() < 1e-12,
            "{point:?} against {loss}"
        );
        mean = 0.9 * mean + 0.1 * loss;
        let smoothed = mean / (1.0 - 0.9_f64.powi(i as i32 + 1));
        assert!(
            (point.smoothed - smoothed).abs() < 1e-12,
            "{point:?} against {smoothed}"
        );
    }
    assert_eq!(curve.points[0].loss, curve.points[0].smoothed);
}

#[test]
fn it_suggests_rates_at_which_training_works() {
    let (x, labels) = data();
    let curve = search(&mut trainer(), FindLearningRate::new());
    let rates = curve.suggestion().expect("the loss falls");
    assert!(rates.steepest < rates.minimum, "{rates:?}");
    let loss = |rate| {
        let model = trainer().into_model();
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(rate)).unwrap();
        trainer.fit(&x, &labels, Fit::epochs(10)).unwrap().losses()[9]
    };
    let good = loss(rates.tenth_of_minimum());
    assert!(
        good < 0.5 * loss(rates.tenth_of_minimum() / 1000.0),
        "{rates:?}"
    );
}

#[test]
fn it_stops_when_the_loss_rises() {
    let regression = |highest| {
        let model = Sequential::input([3]).push(Dense::new(1)).build(1).unwrap();
        let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(0.1)).unwrap();
        let (x, _) = data();
        let y = x.column(0).to_owned().insert_axis(dl_nn::ndarray::Axis(1));
        let options = FindLearningRate::new().highest(highest).smoothing(0.5);
        trainer.find_learning_rate(&x, &y, options).unwrap()
    };
    let curve = regression(100.0);
    assert_eq!(curve.end, SearchEnd::Rising);
    let smoothed: Vec<f64> = curve.points.iter().map(|point| point.smoothed).collect();
    let (last, before) = smoothed.split_last().unwrap();
    let lowest = before.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(*last > 4.0 * lowest, "{smoothed:?}");
    let mut best = f64::INFINITY;
    for &loss in before {
        best = best.min(loss);
        assert!(loss <= 4.0 * best, "{smoothed:?}");
    }
    // so far that a step overflows
    let curve = regression(1e300);
    assert!(curve.points.iter().all(|point| point.smoothed.is_finite()));
    assert_ne!(curve.end, SearchEnd::Highest);
}

#[test]
fn a_loss_that_is_never_finite() {
    #[derive(Debug, Clone, Copy)]
    struct Broken;
    impl Loss<f64> for Broken {
        fn name(&self) -> &'static str {
            "Broken"
        }
        fn accepts(&self, _: usize, _: TargetRow<'_, f64>) -> bool {
            true
        }
        fn takes(&self, _: usize) -> String {
            "anything".into()
        }
        fn sample(&self, _: &[f64], _: TargetRow<'_, f64>, _: &mut [f64]) -> f64 {
            f64::NAN
        }
    }
    let (x, labels) = data();
    let model = Sequential::input([3]).push(Dense::new(2)).build(1).unwrap();
    let mut trainer = Trainer::new(model, Broken, Sgd::new(0.1)).unwrap();
    let error = trainer.find_learning_rate(&x, &labels, FindLearningRate::new());
    assert_eq!(
        error.unwrap_err().to_string(),
        "the loss of step 1 is NaN, at learning rate 0.0000001; the step changed nothing"
    );
}

/// The same samples, read.
struct Read {
    classes: Vec<usize>,
    broken: Option<usize>,
}

impl Read {
    fn new(broken: Option<usize>) -> Self {
        let (_, classes) = data();
        Self { classes, broken }
    }
}

impl Source<f64> for Read {
    fn len(&self) -> usize {
        SAMPLES
    }

    fn sample_shape(&self) -> &[usize] {
        &[3]
    }

    fn targets(&self) -> SourceTargets<'_> {
        SourceTargets::Classes(&self.classes)
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, f64>,
    ) -> Result<(), SourceError> {
        let (x, _) = data();
        for (&i, row) in samples.iter().zip(batch.x.chunks_exact_mut(3)) {
            if Some(i) == self.broken {
                return Err(format!("sample {i} is torn").into());
            }
            row.copy_from_slice(x.row(i).as_slice().unwrap());
        }
        Ok(())
    }
}

#[test]
fn a_source_gives_the_curve_of_its_arrays() {
    let options = FindLearningRate::new().steps(12);
    let of_arrays = search(&mut trainer(), options);
    let of_source = trainer().find_learning_rate_source(&Read::new(None), options);
    assert_eq!(of_source.unwrap(), of_arrays);
}

#[test]
fn settings_are_checked() {
    let (x, labels) = data();
    let says = |options, message: &str| {
        let error = trainer().find_learning_rate(&x, &labels, options);
        assert_eq!(
            error.unwrap_err().to_string(),
            format!("FindLearningRate {message}")
        );
    };
    let new = FindLearningRate::new;
    says(
        new().lowest(0.0),
        "lowest is 0, but must be positive and finite",
    );
    says(
        new().highest(1e-8),
        "highest is 0.00000001, but must be above the lowest and finite",
    );
    says(
        new().highest(f64::INFINITY),
        "highest is inf, but must be above the lowest and finite",
    );
    says(new().steps(9), "steps is 9, but must be at least 10");
    says(
        new().batch_size(0),
        "batch_size is 0, but must be at least 1",
    );
    says(
        new().smoothing(1.0),
        "smoothing is 1, but must be in [0, 1)",
    );
    says(new().stop(1.0), "stop is 1, but must be above 1 and finite");

    let error = trainer().find_learning_rate(&x, labels[1..].to_vec(), new());
    assert_eq!(error.unwrap_err().to_string(), "90 samples, but 89 targets");
    let mut frozen = trainer();
    frozen.model_mut().freeze_all_but([]).unwrap();
    let error = frozen.find_learning_rate(&x, &labels, new()).unwrap_err();
    assert!(matches!(error, TrainError::Config(_)), "{error}");
}
