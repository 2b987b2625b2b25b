//! Every error of building and training, reached as a user would, and what it says.

use std::fmt::Display;

use dl_nn::ShapeError;
use dl_nn::init::Initializer;
use dl_nn::layers::DenseLayer;
use dl_nn::ndarray::{Array0, Array1, Array2, Array3, ArrayD, IxDyn, array};
use dl_nn::optim::{OptimizerState, Rule};
use dl_nn::prelude::*;
use dl_nn::schedule::ReduceOnPlateau;
use dl_nn::{BuildError, DataError, TrainError};

#[track_caller]
fn assert_says<T, E: Display>(result: Result<T, E>, expected: &str) {
    match result {
        Ok(_) => panic!("no error; expected: {expected}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

fn build(input: &[usize], layer: impl LayerSpec<f64> + 'static) -> Result<Model<f64>, BuildError> {
    Sequential::input(input).push(layer).build(0)
}

/// Two features to some outputs.
fn model(outputs: usize) -> Model<f64> {
    build(&[2], Dense::new(outputs)).unwrap()
}

fn classifier() -> Trainer<f64> {
    Trainer::new(model(3), SoftmaxCrossEntropy::new(), Adam::new(0.1)).unwrap()
}

fn regression(outputs: usize, loss: impl Loss<f64> + 'static) -> Trainer<f64> {
    Trainer::new(model(outputs), loss, Adam::new(0.1)).unwrap()
}

fn samples(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 2), |(i, j)| (i * 2 + j) as f64 / 10.0)
}

// Building

#[test]
fn layers_that_do_not_fit() {
    let vector = "takes a vector [in] (push a Flatten layer before a Dense one)";
    assert_says(
        build(&[4, 4], Dense::new(3)),
        &format!("layer `dense_1`: got a sample of shape [4, 4], but {vector}"),
    );
    let named = Sequential::<f64>::input([4])
        .push(Reshape::new([2, 2]))
        .push_named("head", Dense::new(3));
    assert_says(
        named.build(0),
        &format!("layer `head`: got a sample of shape [2, 2], but {vector}"),
    );
    assert_says(
        build(&[4], Reshape::new([3, 2])),
        "layer `reshape_1`: got a sample of shape [4], but takes 6 elements, for [3, 2]",
    );
    assert_says(
        build(&[4], Reshape::new([usize::MAX, 2])),
        "layer `reshape_1`: got a sample of shape [4], but takes too many elements to count, \
         for [18446744073709551615, 2]",
    );
    for (error, kind) in [
        (build(&[], BatchNorm::new()), "batch_norm"),
        (build(&[], LayerNorm::new()), "layer_norm"),
    ] {
        assert_says(
            error,
            &format!("layer `{kind}_1`: got a sample of shape [], but takes at least one axis"),
        );
    }
}

/// A built layer says it too, as a user's model that is put together by hand might ask it.
#[test]
fn layers_built_for_another_width() {
    fn wrong(spec: impl LayerSpec<f64>) -> Result<Vec<usize>, ShapeError> {
        let mut generator = dl_core::random::generator(0);
        let layer = spec.build(&[4], &mut generator).unwrap();
        layer.output_shape(&[5])
    }
    let got = "got a sample of shape [5], but takes";
    assert_says(wrong(Dense::new(3)), &format!("{got} a vector [4]"));
    let channels = format!("{got} a last axis of 4 channels");
    assert_says(wrong(BatchNorm::new()), &channels);
    let features = format!("{got} a last axis of 4 features");
    assert_says(wrong(LayerNorm::new()), &features);
}

#[test]
fn settings_out_of_range() {
    let layer = |result: Result<_, _>, expected: &str| {
        assert_says::<Model<f64>, BuildError>(result, expected);
    };
    layer(
        build(&[2], Dense::new(0)),
        "layer `dense_1`: Dense units is 0, but must be at least 1",
    );
    layer(
        build(&[2], Dropout::new(1.0)),
        "layer `dropout_1`: Dropout rate is 1, but must be in [0, 1)",
    );
    layer(
        build(&[2], Dropout::new(f64::NAN)),
        "layer `dropout_1`: Dropout rate is NaN, but must be in [0, 1)",
    );
    layer(
        build(&[2], Dropout::new(-0.1)),
        "layer `dropout_1`: Dropout rate is -0.1, but must be in [0, 1)",
    );
    layer(
        build(&[2], BatchNorm::new().momentum(0.0)),
        "layer `batch_norm_1`: BatchNorm momentum is 0, but must be in (0, 1]",
    );
    layer(
        build(&[2], BatchNorm::new().epsilon(0.0)),
        "layer `batch_norm_1`: BatchNorm epsilon is 0, but must be positive and finite",
    );
    layer(
        build(&[2], LayerNorm::new().epsilon(f64::INFINITY)),
        "layer `layer_norm_1`: LayerNorm epsilon is inf, but must be positive and finite",
    );
    layer(
        build(&[2], Activate(LeakyRelu { slope: 1.0 })),
        "layer `activation_1`: LeakyRelu slope is 1, but must be in [0, 1)",
    );
    layer(
        build(&[2], Dense::new(2).activation(Elu { alpha: 0.0 })),
        "layer `dense_1`: Elu alpha is 0, but must be positive and finite",
    );
    let std = Initializer::Normal { std: -1.0 };
    layer(
        build(&[2], Dense::new(2).kernel_initializer(std)),
        "layer `dense_1`: Normal std is -1, but must be finite and at least 0",
    );
    layer(
        build(
            &[2],
            Dense::new(2).bias_initializer(Initializer::Constant(f64::NAN)),
        ),
        "layer `dense_1`: Constant value is NaN, but must be finite",
    );
}

#[test]
fn models_that_are_none() {
    assert_says(
        Sequential::<f64>::input([2]).build(0),
        "the model has no layer; push at least one",
    );
    assert_says(
        build(&[28, 0, 1], Flatten),
        "input shape [28, 0, 1] has an axis of length 0; every axis must be at least 1",
    );
    assert_says(
        build(&[usize::MAX, 2], Flatten),
        "input shape [18446744073709551615, 2] has too many elements to count",
    );
    let twice = Sequential::<f64>::input([2])
        .push_named("hidden", Dense::new(2))
        .push_named("hidden", Dense::new(2));
    assert_says(
        twice.build(0),
        "layer name `hidden` is used twice; names must be unique",
    );
    let taken = Sequential::<f64>::input([2])
        .push_named("dense_2", Dense::new(2))
        .push(Dense::new(2));
    assert_says(
        taken.build(0),
        "layer name `dense_2` is used twice; names must be unique",
    );
}

#[test]
fn a_loss_on_logits_refuses_probabilities() {
    let probabilities = |activation| build(&[2], Dense::new(3).activation(activation)).unwrap();
    let trainer = Trainer::new(
        probabilities(Softmax),
        SoftmaxCrossEntropy::new(),
        Sgd::new(0.1),
    );
    assert_says(
        trainer,
        "loss SoftmaxCrossEntropy takes logits, but the last layer `dense_1` applies softmax; \
         remove that activation (the loss contains it in a stable form)",
    );
    let trainer = Trainer::new(
        probabilities(Sigmoid),
        BinaryCrossEntropy::new(),
        Sgd::new(0.1),
    );
    assert_says(
        trainer,
        "loss BinaryCrossEntropy takes logits, but the last layer `dense_1` applies sigmoid; \
         remove that activation (the loss contains it in a stable form)",
    );
    let apart = Sequential::<f64>::input([2])
        .push(Dense::new(3))
        .push(Activate(Softmax));
    let trainer = Trainer::new(apart.build(0).unwrap(), KlDivergence::new(), Sgd::new(0.1));
    assert_says(
        trainer,
        "loss KlDivergence takes logits, but the last layer `activation_1` applies softmax; \
         remove that activation (the loss contains it in a stable form)",
    );
    // a loss of values takes any output
    assert!(
        Trainer::new(
            probabilities(Softmax),
            MeanSquaredError::new(),
            Sgd::new(0.1)
        )
        .is_ok()
    );
}

#[test]
fn optimisers_and_losses_out_of_range() {
    let trainer = |optimizer| Trainer::new(model(2), MeanSquaredError::new(), optimizer);
    assert_says(
        trainer(Sgd::new(-1.0)),
        "Sgd learning_rate is -1, but must be positive and finite",
    );
    assert_says(
        Trainer::new(model(2), MeanSquaredError::new(), Adam::new(f64::NAN)),
        "Adam learning_rate is NaN, but must be positive and finite",
    );
    assert_says(
        Trainer::new(model(2), Huber::new(0.0), Sgd::new(0.1)),
        "Huber delta is 0, but must be positive and finite",
    );
    let smoothed = SoftmaxCrossEntropy::new().label_smoothing(1.0);
    assert_says(
        Trainer::new(model(2), smoothed, Sgd::new(0.1)),
        "SoftmaxCrossEntropy label_smoothing is 1, but must be in [0, 1)",
    );
    let (x, labels) = (samples(4), vec![0, 1, 1, 0]);
    let fit = Fit::epochs(1).callback(ReduceOnPlateau::new(2.0));
    let message = "ReduceOnPlateau gamma is 2, but must be in (0, 1)";
    assert_says(classifier().fit(&x, &labels, fit), message);
    let cosine = LearningRate::per_epoch(dl_nn::schedule::Cosine::new(0));
    let message = "Cosine steps is 0, but must be at least 1";
    assert_says(
        classifier().fit(&x, &labels, Fit::epochs(1).callback(cosine)),
        message,
    );
    assert_says(
        Trainer::new(model(2), MeanSquaredError::new(), Adam::new(0.1).l2(-1.0)),
        "Adam l2 is -1, but must be finite and at least 0",
    );
}

// Data

/// The same error from every way in.
#[track_caller]
fn assert_refused(x: &ArrayD<f64>, labels: &[usize], expected: &str) {
    let mut trainer = classifier();
    assert_says(trainer.step(x, labels), expected);
    assert_says(trainer.evaluate(x, labels), expected);
    assert_says(trainer.fit(x, labels, Fit::epochs(1)), expected);
    let good = samples(3);
    let fit = Fit::epochs(1).validation(x, labels);
    let expected = format!("validation data: {expected}");
    assert_says(trainer.fit(&good, &[0, 1, 2][..], fit), &expected);
}

#[test]
fn samples_that_do_not_fit() {
    let wide = ArrayD::zeros(IxDyn(&[4, 5]));
    let message = "samples have shape [5], but the model takes [2]";
    assert_refused(&wide, &[0, 1, 2, 0], message);
    assert_says(classifier().predict(&wide), message);
    assert_says(classifier().predict_classes(&wide), message);
    assert_says(
        classifier().predict(&Array3::zeros((4, 2, 1))),
        "samples have shape [2, 1], but the model takes [2]",
    );
    // one sample is a batch of one
    assert_says(
        classifier().predict(&Array1::zeros(2)),
        "the array [2] has the shape of one sample; the model takes samples along axis 0, one of them as \
         [1, …]: `x.insert_axis(Axis(0))`",
    );
    assert_says(
        classifier().predict(&Array0::zeros(())),
        "samples have shape [], but the model takes [2]",
    );
    let none = ArrayD::zeros(IxDyn(&[0, 2]));
    let message = "the data is empty: 0 samples";
    assert_refused(&none, &[], message);
    assert_says(classifier().predict(&none), message);
    for (value, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let mut x = samples(4);
        x[[2, 1]] = value;
        let message = format!("input value {name} in sample 2, position 1; inputs must be finite");
        assert_refused(&x.clone().into_dyn(), &[0, 1, 2, 0], &message);
        assert_says(classifier().predict(&x), &message);
    }
    // in whatever order the array lies in memory
    let mut x = samples(4)
        .reversed_axes()
        .as_standard_layout()
        .reversed_axes()
        .to_owned();
    x[[1, 0]] = f64::NEG_INFINITY;
    assert_says(
        classifier().predict(&x),
        "input value -inf in sample 1, position 0; inputs must be finite",
    );
}

#[test]
fn targets_that_do_not_fit() {
    let x = samples(4);
    let xd = x.clone().into_dyn();
    assert_refused(&xd, &[0, 1], "4 samples, but 2 targets");
    assert_refused(
        &xd,
        &[0, 1, 3, 7],
        "target of sample 2: got class 3, but SoftmaxCrossEntropy takes a class in 0..=2, or 3 \
         probabilities that sum to 1",
    );
    assert_refused(
        &xd,
        &[0, usize::MAX, 1, 1],
        "target of sample 1: got class 18446744073709551615, but SoftmaxCrossEntropy takes a \
         class in 0..=2, or 3 probabilities that sum to 1",
    );
    let soft = array![[0.5, 0.5, 0.0], [1., 0., 0.], [0., 1., 0.], [0.5, 0.6, 0.0]];
    assert_says(
        classifier().evaluate(&x, &soft),
        "target of sample 3: got [0.5, 0.6, 0.0], but SoftmaxCrossEntropy takes a class in \
         0..=2, or 3 probabilities that sum to 1",
    );
    assert_says(
        classifier().evaluate(&x, Array2::<f64>::zeros((4, 5))),
        "targets are 5 values a sample, but SoftmaxCrossEntropy takes a class in 0..=2, or 3 \
         probabilities that sum to 1 (model outputs: 3)",
    );
    let labels = vec![0, 1, 1, 0];
    assert_says(
        regression(1, SoftmaxCrossEntropy::new()).evaluate(&x, &labels),
        "targets are class numbers, but SoftmaxCrossEntropy takes at least 2 outputs, one a \
         class (for one output, BinaryCrossEntropy) (model outputs: 1)",
    );
    assert_says(
        regression(1, BinaryCrossEntropy::new()).evaluate(&x, [0, 1, 2, 1]),
        "target of sample 2: got class 2, but BinaryCrossEntropy takes class 0 or 1, or a \
         probability in [0, 1]",
    );
    assert_says(
        regression(3, BinaryCrossEntropy::new()).evaluate(&x, &labels),
        "targets are class numbers, but BinaryCrossEntropy takes 3 probabilities in [0, 1] a \
         sample (model outputs: 3)",
    );
    assert_says(
        regression(1, MeanSquaredError::new()).evaluate(&x, &labels),
        "targets are class numbers, but MeanSquaredError takes 1 finite value a sample (model \
         outputs: 1)",
    );
    assert_says(
        regression(2, MeanSquaredError::new()).evaluate(&x, Array1::<f64>::zeros(4)),
        "targets are 1 value a sample, but MeanSquaredError takes 2 finite values a sample \
         (model outputs: 2)",
    );
    let not_finite = array![0.0, 1.0, f64::NAN, 0.0];
    assert_says(
        regression(1, Huber::new(1.0)).evaluate(&x, &not_finite),
        "target of sample 2: got [NaN], but Huber takes 1 finite value a sample",
    );
    assert_says(
        regression(2, GaussianNll::new()).evaluate(&x, &array![f64::NAN, 1.0, 2.0, 0.0]),
        "target of sample 0: got [NaN], but GaussianNll takes 1 finite value a sample",
    );
    assert_says(
        regression(3, GaussianNll::new()).evaluate(&x, Array1::<f64>::zeros(4)),
        "targets are 1 value a sample, but GaussianNll takes an even number of outputs, a mean \
         and a log variance for each value (model outputs: 3)",
    );
    // wide targets are shown in part
    let mut wide = Array2::zeros((4, 100));
    wide[[1, 99]] = f64::INFINITY;
    assert_says(
        regression(100, MeanAbsoluteError::new()).evaluate(&x, &wide),
        "target of sample 1: got [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] and 92 more, but \
         MeanAbsoluteError takes 100 finite values a sample",
    );
    // a number is one target, not a panic
    assert_says(
        regression(1, MeanSquaredError::new()).evaluate(&x, ArrayD::<f64>::zeros(IxDyn(&[]))),
        "4 samples, but 1 targets",
    );
}

#[test]
fn one_class_is_nothing_to_classify() {
    let x = samples(4);
    let labels = vec![2; 4];
    assert_says(
        classifier().fit(&x, &labels, Fit::epochs(1)),
        "all 4 training samples are of class 2; a classifier needs two classes",
    );
    // a step of one's own may see any batch, an evaluation any data
    classifier().step(&x, &labels).unwrap();
    classifier().evaluate(&x, &labels).unwrap();
}

// Options of `fit`

#[track_caller]
fn assert_fit_refused(options: Fit<'_, f64>, expected: &str) {
    let mut trainer = classifier();
    let before = trainer.model().weights();
    let labels = vec![0, 1, 1, 0];
    assert_says(trainer.fit(&samples(4), &labels, options), expected);
    assert_eq!(trainer.model().weights(), before);
}

#[test]
fn options_out_of_range() {
    assert_fit_refused(Fit::epochs(0), "Fit epochs is 0, but must be at least 1");
    let batches = Fit::epochs(1).batch_size(0);
    assert_fit_refused(batches, "Fit batch_size is 0, but must be at least 1");
    for fraction in [0.0, 1.0, -0.1, f64::NAN] {
        assert_fit_refused(
            Fit::epochs(1).validation_split(fraction),
            &format!("validation split: the holdout fraction is {fraction}, but must be in (0, 1)"),
        );
    }
    assert_fit_refused(
        Fit::epochs(1).validation_split(0.01),
        "validation split: holding out 0.01 of 4 rows leaves 4 for training and 0 held out; both \
         need at least 1",
    );
}

#[test]
fn weights_out_of_range() {
    assert_fit_refused(
        Fit::epochs(1).class_weights([1.0, 2.0]),
        "Fit class_weights is of length 2 for 3 classes, but must be one weight for each class",
    );
    assert_fit_refused(
        Fit::epochs(1).class_weights([1.0, -2.0, 1.0]),
        "Fit class_weights is -2, but must be finite and not negative",
    );
    assert_fit_refused(
        Fit::epochs(1).class_weights([0.0, 0.0, 1.0]),
        "Fit weights is 0, but must be above 0 for at least one training sample",
    );
    assert_fit_refused(
        Fit::epochs(1).sample_weights([1.0; 3]),
        "4 samples, but 3 sample weights",
    );
    assert_fit_refused(
        Fit::epochs(1).sample_weights([1.0, f64::NAN, 1.0, 1.0]),
        "Fit sample_weights is NaN, but must be finite and not negative",
    );
    assert_fit_refused(
        Fit::epochs(1).sample_weights([0.0; 4]),
        "Fit weights is 0, but must be above 0 for at least one training sample",
    );
    let y = Array2::<f64>::zeros((4, 1));
    let fit = Fit::epochs(1).class_weights([1.0]);
    assert_says(
        regression(1, MeanSquaredError::new()).fit(&samples(4), &y, fit),
        "Fit class_weights is given, but must be absent if targets are values",
    );
}

// Running

/// A line whose second sample the loss cannot bear.
#[derive(Debug)]
struct Explodes(f64);

impl Loss<f64> for Explodes {
    fn name(&self) -> &'static str {
        "Explodes"
    }

    fn sample(&self, _: &[f64], target: dl_nn::TargetRow<'_, f64>, delta: &mut [f64]) -> f64 {
        delta.fill(1.0);
        match target {
            dl_nn::TargetRow::Class(3) => self.0,
            _ => 1.0,
        }
    }

    fn takes(&self, _: usize) -> String {
        "a class".into()
    }

    fn accepts(&self, _: usize, _: dl_nn::TargetRow<'_, f64>) -> bool {
        true
    }
}

#[test]
fn losses_that_are_not_finite() {
    let x = samples(4);
    let labels = vec![0, 1, 2, 3];
    for (value, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let mut trainer = Trainer::new(model(1), Explodes(value), Sgd::new(0.5)).unwrap();
        let before = trainer.model().weights();
        let fit = Fit::epochs(3).batch_size(1).shuffle(false);
        let message = |epoch, step| {
            format!(
                "the loss became {name} in epoch {epoch}, step {step}, at learning rate 0.5; the \
                 model holds the last good weights"
            )
        };
        assert_says(trainer.fit(&x, &labels, fit), &message(1, 4));
        assert_eq!(trainer.model().weights(), before);
        assert!(trainer.history().epochs.is_empty());
        let message =
            format!("the loss of step 4 is {name}, at learning rate 0.5; the step changed nothing");
        assert_says(trainer.step(&x, &labels), &message);
        assert_eq!(trainer.model().weights(), before);
    }
}

#[test]
fn an_optimiser_of_another_model() {
    let state = OptimizerState {
        rule: Rule::<f64>::name(&Adam::new(0.1)).to_owned(),
        slots: vec!["m".into(), "v".into()],
        step: 1,
        parameters: Vec::new(),
    };
    let mut trainer = classifier();
    let (_, _, optimizer) = trainer.parts_mut();
    optimizer.load_state(state).unwrap();
    let before = trainer.model().weights();
    let (x, labels) = (samples(4), vec![0, 1, 1, 0]);
    let message = "2 parameters were given, but the optimiser's state has 0; if layers have been frozen or unfrozen \
                   since, reset the optimiser";
    assert_says(trainer.step(&x, &labels), message);
    let mut ended = Ended(false);
    let fit = Fit::epochs(1).callback(&mut ended);
    assert_says(trainer.fit(&x, &labels, fit), message);
    assert!(ended.0, "callbacks are told however training ends");
    assert_eq!(trainer.model().weights(), before);
}

struct Ended(bool);

impl Callback<f64> for Ended {
    fn train_end(&mut self, _: &History, _: &mut FitContext<'_, f64>) {
        self.0 = true;
    }
}

/// Errors are values to match on, with their sources inside.
#[test]
fn errors_can_be_matched() {
    let error = build(&[2], Dropout::new(1.0)).unwrap_err();
    assert!(matches!(&error, BuildError::Layer { layer, .. } if layer == "dropout_1"));
    assert!(std::error::Error::source(&error).is_some());
    let labels = vec![2; 4];
    let error = classifier()
        .fit(&samples(4), &labels, Fit::epochs(1))
        .unwrap_err();
    let expected = DataError::SingleClass {
        class: 2,
        samples: 4,
    };
    assert_eq!(error, TrainError::Data(expected));
}

/// Before anything is trained.
#[test]
fn settings_of_callbacks_are_checked_by_fit() {
    let fit = |stopping: EarlyStopping<f64>| {
        let options = Fit::epochs(1).callback(stopping);
        classifier().fit(&samples(4), [0, 1, 2, 0], options)
    };
    assert_says(
        fit(EarlyStopping::new(3).min_delta(-0.5)),
        "EarlyStopping min_delta is -0.5, but must be finite and at least 0",
    );
    assert_says(
        fit(EarlyStopping::new(0)),
        "EarlyStopping patience is 0, but must be at least 1",
    );
}

#[test]
fn a_predictor_for_no_samples_is_refused() {
    let model: Model<f64> = Sequential::input([2]).push(Flatten).build(0).unwrap();
    assert_says(
        dl_nn::Predictor::new(model, 0),
        "Predictor capacity is 0, but must be at least 1",
    );
}

#[test]
fn weights_of_another_model_are_refused_and_nothing_changes() {
    let model = |hidden: usize, layers: usize| {
        let mut spec = Sequential::<f64>::input([2]);
        for _ in 0..layers {
            spec = spec.push(Dense::new(hidden));
        }
        spec.push(BatchNorm::new()).build(1).unwrap()
    };
    let mut target = model(3, 1);
    let before = target.weights();
    for (other, message) in [
        (
            model(1, 1),
            "the weights have dense_1.kernel [2, 1] where the model has dense_1.kernel [2, 3]",
        ),
        (
            model(3, 2),
            "the weights have dense_2.kernel [3, 3] where the model has batch_norm_1.gamma [3]",
        ),
    ] {
        let error = target.set_weights(&other.weights()).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(target.weights(), before);
    }
}

#[test]
fn weights_are_written_and_read_with_their_names() {
    let spec = Sequential::<f32>::input([2])
        .push(Dense::new(3))
        .push(BatchNorm::new());
    let (model, mut other) = (spec.build(1).unwrap(), spec.build(2).unwrap());
    let names: Vec<String> = model
        .weights()
        .iter()
        .map(|(name, _)| name.into())
        .collect();
    let state = ["running_mean", "running_variance"].map(|name| format!("batch_norm_1.{name}"));
    assert_eq!(names[..2], ["dense_1.kernel", "dense_1.bias"]);
    assert_eq!(names[4..], state);
    let text = serde_json::to_string(&model.weights()).unwrap();
    other
        .set_weights(&serde_json::from_str(&text).unwrap())
        .unwrap();
    assert_eq!(other.weights(), model.weights());
}

#[test]
fn a_slip_of_the_keyboard_is_an_error_not_an_abort() {
    let error = Sequential::<f32>::input([1 << 20])
        .push(Dense::new(1 << 20))
        .build(0)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer `dense_1`: Dense units is 1048576, \
         but must be small enough for a kernel of fewer than 2^32 weights"
    );
}

#[test]
fn validation_data_that_does_not_fit_is_named() {
    let model = Sequential::input([2]).push(Dense::new(1)).build(0).unwrap();
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(0.1)).unwrap();
    let (x, y) = (Array2::<f64>::ones((4, 2)), vec![1.0; 4]);
    let wrong = Array2::<f64>::ones((4, 3));
    let fit = Fit::epochs(1).validation(&wrong, &y);
    assert_eq!(
        trainer.fit(&x, &y, fit).unwrap_err().to_string(),
        "validation data: samples have shape [3], but the model takes [2]"
    );
}

#[test]
fn a_softmax_is_seen_behind_layers_that_only_pass_it_on() {
    let ends: [fn(Sequential<f32>) -> Sequential<f32>; 3] = [
        |spec| spec.push(Flatten),
        |spec| spec.push(Reshape::new([3])),
        |spec| spec.push(Dropout::new(0.1)),
    ];
    for end in ends {
        let spec = Sequential::input([2]).push(Dense::new(3).activation(Softmax));
        let model = end(spec).build(0).unwrap();
        let error = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.1)).unwrap_err();
        assert!(
            matches!(error, BuildError::LogitsExpected { .. }),
            "{error}"
        );
    }
}

/// Stops in the middle of the first epoch.
struct StopAtOnce;

impl Callback<f64> for StopAtOnce {
    fn step_end(&mut self, _: &StepEnd, _: &mut FitContext<'_, f64>) -> Flow {
        Flow::Stop("enough".into())
    }
}

#[test]
fn exploded_weights_are_an_error_however_training_stops() {
    let trainer = || {
        let model = Sequential::input([1]).push(Dense::new(1)).build(3).unwrap();
        Trainer::new(model, MeanSquaredError::new(), Sgd::new(1e300)).unwrap()
    };
    let (x, y) = (array![[1e10], [2e10]], array![1e10, -1e10]);
    let mut stopped = trainer();
    let before = stopped.model().weights();
    let fit = Fit::epochs(1).batch_size(1).callback(StopAtOnce);
    let error = stopped.fit(&x, &y, fit).unwrap_err();
    assert!(
        matches!(error, TrainError::NonFiniteWeights { .. }),
        "{error}"
    );
    assert_eq!(stopped.model().weights(), before);

    let mut by_hand = trainer();
    by_hand.step(&x, &y).unwrap();
    let message = by_hand.step(&x, &y).unwrap_err().to_string();
    assert!(
        message.starts_with("the loss of step 2 is inf"),
        "{message}"
    );
    assert!(message.ends_with("the step changed nothing"), "{message}");
}

#[test]
fn weight_must_be_left_for_the_training_samples() {
    let model = Sequential::input([1]).push(Dense::new(1)).build(0).unwrap();
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(0.1)).unwrap();
    let (x, y) = (Array2::<f64>::ones((4, 1)), vec![1.0; 4]);
    let mut refused = 0;
    for row in 0..4 {
        let mut weights = vec![0.0; 4];
        weights[row] = 1.0;
        let fit = Fit::epochs(1).validation_split(0.5).sample_weights(weights);
        match trainer.fit(&x, &y, fit) {
            Ok(history) => assert!(history.losses()[0].is_finite()),
            Err(error) => {
                refused += 1;
                assert_eq!(
                    error.to_string(),
                    "Fit weights is 0, but must be above 0 for at least one training sample"
                );
            }
        }
    }
    assert_eq!(refused, 2);
}

/// A layer put together by hand.
#[test]
fn a_bias_of_another_length_than_the_units() {
    let layer = DenseLayer {
        kernel: array![[1.0, 2.0], [3.0, 4.0]],
        bias: Some(array![0.5]),
        activation: Relu,
    };
    assert_says(
        Sequential::<f64>::input([2]).push_layer(layer).build(0),
        "layer `dense_1`: got a sample of shape [2], but takes none, since its bias has 1 elements for 2 units",
    );
}
