//! The doctor before training: networks and data broken one way at a time.

mod cases;

use cases::{assert_well_formed, bars, checks, iris, mlp, raw_iris, small_cnn, trainer};
use dl_conv::models::mnist_cnn;
use dl_nn::DataError;
use dl_nn::ShapeError;
use dl_nn::init::Initializer;
use dl_nn::prelude::*;
use dl_watch::Doctor;
use dl_watch::doctor::{Check, Diagnosis, Finding, Severity, Thresholds};
use dl_watch::ndarray::{Array1, Array2, ArrayRef, Axis, Dimension, concatenate};

fn examine<'a, F: Scalar, D: Dimension>(
    trainer: &mut Trainer<F>,
    x: &ArrayRef<F, D>,
    targets: impl IntoTarget<'a, F>,
) -> Diagnosis {
    let diagnosis = Doctor::new().examine(trainer, x, targets).expect("it fits");
    assert_well_formed(&diagnosis);
    diagnosis
}

/// The only finding, which must be of this check.
fn only(diagnosis: &Diagnosis, check: Check) -> &Finding {
    assert_eq!(checks(diagnosis), [check], "{diagnosis}");
    &diagnosis.findings[0]
}

#[test]
fn the_iris_mlp_is_healthy() {
    let (x, labels) = iris();
    for (activation, seed) in [
        (Relu, 1),
        (Relu, 2),
        (Relu, 3),
        (Tanh, 1),
        (Gelu, 1),
        (Sigmoid, 1),
    ] {
        let diagnosis = examine(&mut trainer(mlp(activation, seed)), &x, &labels);
        assert!(
            diagnosis.is_healthy(),
            "{activation}, seed {seed}: {diagnosis}"
        );
    }
}

#[test]
fn convolutional_networks_are_healthy() {
    let adam = || Adam::new(1e-3);
    for seed in [1, 2, 3] {
        let (x, labels) = bars(96, 12);
        let mut trainer =
            Trainer::new(small_cnn(seed), SoftmaxCrossEntropy::new(), adam()).expect("it fits");
        let diagnosis = examine(&mut trainer, &x, &labels);
        assert!(diagnosis.is_healthy(), "seed {seed}: {diagnosis}");
    }
    let (x, _) = bars(40, 28);
    let labels: Vec<usize> = (0..40).map(|i| i % 10).collect();
    let model: Model<f32> = mnist_cnn().build(42).expect("it fits");
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), adam()).expect("it fits");
    let diagnosis = examine(&mut trainer, &x, &labels);
    assert!(diagnosis.is_healthy(), "{diagnosis}");
}

#[test]
fn regression_and_binary_classification_are_healthy() {
    let (x, labels) = iris();
    let y: Array2<f64> = x.column(2).to_owned().insert_axis(Axis(1));
    let x = x.select(Axis(1), &[0, 1, 3]);
    let network = || {
        Sequential::input([3])
            .push(Dense::new(16).activation(Tanh))
            .push(Dense::new(1))
    };
    let model = network().build(1).expect("it fits");
    let mut regression =
        Trainer::new(model, MeanSquaredError::new(), Adam::new(0.01)).expect("it fits");
    let diagnosis = examine(&mut regression, &x, &y);
    assert!(diagnosis.is_healthy(), "{diagnosis}");

    let model = network().build(1).expect("it fits");
    let mut binary =
        Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(0.01)).expect("it fits");
    let setosa = labels.mapv(|class| usize::from(class == 0));
    let diagnosis = examine(&mut binary, &x, &setosa);
    assert!(diagnosis.is_healthy(), "{diagnosis}");
}

#[test]
fn classes_counted_from_one() {
    let (x, labels) = iris();
    let from_one = &labels + 1;
    let diagnosis = examine(&mut trainer(mlp(Relu, 1)), &x, &from_one);
    assert_eq!(
        checks(&diagnosis),
        [Check::Targets, Check::MissingClass],
        "{diagnosis}"
    );
    let finding = &diagnosis.findings[0];
    assert_eq!((finding.number, finding.threshold), (50.0, 0.0));
    assert_eq!(finding.severity, Severity::Error);
    let expected = "50 of 150 are rejected by the loss, but none should be; the first: target of sample 100: got \
                    class 3, but SoftmaxCrossEntropy takes a class in 0..=2";
    assert!(finding.message.starts_with(expected), "{}", finding.message);
    assert_eq!(diagnosis.findings[1].subject, "class 0");
}

#[test]
fn targets_of_the_wrong_kind() {
    let (x, labels) = iris();
    let model = mlp(Relu, 1);
    let mut regression =
        Trainer::new(model, MeanSquaredError::new(), Adam::new(0.01)).expect("it fits");
    let diagnosis = examine(&mut regression, &x, &labels);
    let finding = only(&diagnosis, Check::Targets);
    assert_eq!(finding.number, 150.0);
    assert!(
        finding
            .message
            .contains("targets are class numbers, but MeanSquaredError takes"),
        "{finding}"
    );
    assert!(
        finding.advice.starts_with("compare the targets"),
        "{finding}"
    );
}

#[test]
fn a_missing_class() {
    let (x, labels) = iris();
    // sorted data, split without shuffling
    let (x, labels) = (
        x.slice_axis(Axis(0), (..100).into()),
        labels.slice_axis(Axis(0), (..100).into()),
    );
    let diagnosis = examine(&mut trainer(mlp(Relu, 1)), &x, labels);
    let finding = only(&diagnosis, Check::MissingClass);
    assert_eq!(
        (finding.subject.as_str(), finding.number, finding.threshold),
        ("class 2", 1.0, 0.0)
    );
    // the same with one-hot rows
    let one_hot = Array2::from_shape_fn((100, 3), |(i, k)| f64::from(u8::from(labels[i] == k)));
    let diagnosis = examine(&mut trainer(mlp(Relu, 1)), &x, &one_hot);
    assert_eq!(only(&diagnosis, Check::MissingClass).subject, "class 2");
}

#[test]
fn an_unbalanced_class() {
    let (x, labels) = iris();
    let rows: Vec<usize> = (0..102).chain([148, 149]).collect();
    let (x, labels) = (x.select(Axis(0), &rows), labels.select(Axis(0), &rows));
    let diagnosis = examine(&mut trainer(mlp(Relu, 1)), &x, &labels);
    let finding = only(&diagnosis, Check::ClassImbalance);
    assert_eq!((finding.number, finding.threshold), (12.5, 10.0));
    assert_eq!(finding.severity, Severity::Note);
}

#[test]
fn targets_far_from_unit_scale() {
    let (x, _) = iris();
    let model = || {
        Sequential::input([4])
            .push(Dense::new(16).activation(Tanh))
            .push(Dense::new(1))
    };
    let doctor = Doctor::new().overfit_one_batch(8, 0);
    let mut trainer = Trainer::new(
        model().build(1).expect("it fits"),
        MeanSquaredError::new(),
        Adam::new(0.01),
    )
    .expect("it fits");
    let prices: Array1<f64> = x.column(2).mapv(|v| 250_000.0 + 80_000.0 * v);
    let diagnosis = doctor.examine(&mut trainer, &x, &prices).expect("it fits");
    let finding = only(&diagnosis, Check::TargetScale);
    assert!(
        (finding.number - 250_000.0).abs() <= 1.0 && finding.threshold == 3.0,
        "{finding}"
    );
    let unit = (&prices - 250_000.0) / 80_000.0;
    assert!(
        doctor
            .examine(&mut trainer, &x, &unit)
            .expect("it fits")
            .is_healthy()
    );
}

#[test]
fn a_missing_value_among_the_inputs() {
    let (mut x, labels) = iris();
    x[[7, 2]] = f64::NAN;
    let diagnosis = examine(&mut trainer(mlp(Relu, 1)), &x, &labels);
    let finding = only(&diagnosis, Check::NonFiniteInput);
    assert_eq!(finding.number, 1.0);
    assert!(
        finding.message.contains("in sample 7, position 2"),
        "{finding}"
    );
}

#[test]
fn inputs_in_their_own_units() {
    let (x, labels) = raw_iris();
    let diagnosis = examine(&mut trainer(mlp(Gelu, 1)), &x, &labels);
    let finding = only(&diagnosis, Check::InputScale);
    assert_eq!(finding.subject, "input column 0");
    let mean = x.column(0).mean().expect("not empty");
    assert!((finding.number - mean).abs() <= 1e-12, "{finding}");
    assert!(
        finding.message.contains("2 more columns are out of range"),
        "{finding}"
    );

    let (mut x, labels) = iris();
    x.column_mut(1).mapv_inplace(|v| v * 1e-3);
    let diagnosis = examine(&mut trainer(mlp(Gelu, 1)), &x, &labels);
    let finding = only(&diagnosis, Check::InputScale);
    assert_eq!(
        (finding.subject.as_str(), finding.threshold),
        ("input column 1", 0.01)
    );
}

#[test]
fn pixels_up_to_255() {
    let (x, labels) = bars(96, 12);
    let x = x * 255.0;
    let mut trainer =
        Trainer::new(small_cnn(1), SoftmaxCrossEntropy::new(), Adam::new(1e-3)).expect("it fits");
    let diagnosis = examine(&mut trainer, &x, &labels);
    let found = checks(&diagnosis);
    // and its consequences
    assert_eq!(
        found,
        [Check::InputScale, Check::InitialLoss],
        "{diagnosis}"
    );
}

#[test]
fn a_constant_column() {
    let (x, labels) = iris();
    let ones = Array2::ones((150, 1));
    let x = concatenate(Axis(1), &[x.view(), ones.view()]).expect("as many rows");
    let model = Sequential::input([5])
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(3));
    let diagnosis = examine(&mut trainer(model.build(1).expect("it fits")), &x, &labels);
    assert_eq!(
        only(&diagnosis, Check::ConstantInput).subject,
        "input column 4"
    );
}

/// The diagnosis for Iris and layers whose kernels are initialised with this standard deviation.
fn drawn_with(activation: Activation, std: f64, last: f64) -> Diagnosis {
    let (x, labels) = iris();
    let layer = |units, std| Dense::new(units).kernel_initializer(Initializer::Normal { std });
    let model = Sequential::input([4])
        .push(layer(10, std).activation(activation))
        .push(layer(3, last))
        .build(1)
        .expect("it fits");
    let doctor = Doctor::new().overfit_one_batch(8, 0);
    let diagnosis = doctor
        .examine(&mut trainer(model), &x, &labels)
        .expect("it fits");
    assert_well_formed(&diagnosis);
    diagnosis
}

#[test]
fn an_initial_loss_far_above_ln_c() {
    assert!(drawn_with(Relu, 0.5, 0.3).is_healthy());
    let diagnosis = drawn_with(Relu, 0.5, 30.0);
    let finding = only(&diagnosis, Check::InitialLoss);
    assert!((finding.threshold - (3_f64.ln() + 2.0)).abs() <= 1e-12);
    assert!(finding.number > 5.0, "{finding}");
}

#[test]
fn a_pretrained_network() {
    let (x, labels) = iris();
    let mut trainer = trainer(mlp(Relu, 1));
    trainer.fit(&x, &labels, Fit::epochs(60)).expect("finite");
    let diagnosis = examine(&mut trainer, &x, &labels);
    let finding = only(&diagnosis, Check::InitialLoss);
    assert_eq!(finding.severity, Severity::Note);
    assert!(finding.number < finding.threshold, "{finding}");
}

#[test]
fn saturated_units() {
    assert!(drawn_with(Tanh, 0.5, 0.3).is_healthy());
    for activation in [Tanh, Sigmoid] {
        let diagnosis = drawn_with(activation, 50.0, 0.3);
        let finding = only(&diagnosis, Check::Saturation);
        assert_eq!(finding.subject, "dense_1");
        assert!(
            finding.number > 0.9 && finding.threshold == 0.75,
            "{finding}"
        );
    }
}

#[test]
fn dead_units() {
    let (x, labels) = iris();
    let mut model = mlp(Relu, 1);
    let (_, mut bias) = model.params_mut().nth(3).expect("dense_2.bias");
    bias.slice_axis_mut(Axis(0), (..6).into()).fill(-100.0);
    let diagnosis = examine(&mut trainer(model), &x, &labels);
    let finding = only(&diagnosis, Check::DeadRelu);
    assert_eq!(finding.subject, "dense_2");
    assert!(
        finding.number >= 0.6 && finding.threshold == 0.5,
        "{finding}"
    );
}

#[test]
fn dead_feature_maps() {
    let (x, labels) = bars(96, 12);
    let mut model = small_cnn(1);
    let (_, mut bias) = model.params_mut().nth(1).expect("conv2d_1.bias");
    bias.slice_axis_mut(Axis(0), (..5).into()).fill(-100.0);
    let mut trainer =
        Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3)).expect("it fits");
    let diagnosis = examine(&mut trainer, &x, &labels);
    assert_eq!(only(&diagnosis, Check::DeadRelu).subject, "conv2d_1");
}

/// The diagnosis for ten hidden layers with this activation and this standard deviation of the kernels.
fn deep(activation: Activation, std: f64) -> Diagnosis {
    let (x, labels) = iris();
    let layer = |units| Dense::new(units).kernel_initializer(Initializer::Normal { std });
    let hidden = (0..10).fold(Sequential::input([4]), |network, _| {
        network.push(layer(20).activation(activation))
    });
    let model = hidden.push(Dense::new(3)).build(1).expect("it fits");
    let doctor = Doctor::new().overfit_one_batch(8, 0);
    let diagnosis = doctor
        .examine(&mut trainer(model), &x, &labels)
        .expect("it fits");
    assert_well_formed(&diagnosis);
    diagnosis
}

#[test]
fn vanishing_gradients() {
    // Glorot, Bengio 2010: √(2/(20 + 20)) preserves their size
    let diagnosis = deep(Tanh, 0.224);
    assert!(diagnosis.is_healthy(), "{diagnosis}");
    let diagnosis = deep(Sigmoid, 0.3);
    let finding = only(&diagnosis, Check::VanishingGradient);
    assert_eq!(finding.subject, "dense_1");
    assert!(
        finding.number < 1e-3 && finding.threshold == 1e-3,
        "{finding}"
    );
}

#[test]
fn exploding_gradients() {
    let diagnosis = deep(Identity, 2.0);
    let found = checks(&diagnosis);
    assert_eq!(
        found,
        [Check::ExplodingGradient, Check::InitialLoss],
        "{diagnosis}"
    );
    let finding = &diagnosis.findings[0];
    assert!(
        finding.number > 1e3 && finding.threshold == 1e3,
        "{finding}"
    );
}

/// Writes zeros for ∂L/∂x: a layer that omits the chain rule.
#[derive(Debug, Clone)]
struct NoGradient;

impl Layer<f64> for NoGradient {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    fn forward(&self, x: Batch<f64>, mut y: BatchMut<f64>, _: &mut Cache<f64>, _: Mode) {
        y.slice_mut().copy_from_slice(x.slice());
    }

    fn backward(&self, pass: Backward<f64>) {
        if let Some(mut dx) = pass.dx {
            dx.slice_mut().fill(0.0);
        }
    }
}

#[test]
fn a_batch_that_cannot_be_overfitted() {
    let (x, labels) = iris();
    // a learning rate far too small
    let mut slow =
        Trainer::new(mlp(Relu, 1), SoftmaxCrossEntropy::new(), Sgd::new(1e-6)).expect("it fits");
    let diagnosis = examine(&mut slow, &x, &labels);
    let finding = only(&diagnosis, Check::OverfitOneBatch);
    assert!(finding.number > finding.threshold, "{finding}");
    assert!(
        finding
            .message
            .contains("with Sgd at a learning rate of 1.0e-6"),
        "{finding}"
    );

    // identical inputs with different labels
    let same = Array2::from_shape_fn((30, 4), |(i, j)| (i / 3 * 4 + j) as f64 / 20.0 - 1.0);
    let contradicting: Vec<usize> = (0..30).map(|i| i % 3).collect();
    let doctor = Doctor::new().overfit_one_batch(30, 1000);
    let diagnosis = doctor
        .examine(&mut trainer(mlp(Relu, 1)), &same, &contradicting)
        .expect("it fits");
    let finding = only(&diagnosis, Check::OverfitOneBatch);
    assert!(finding.number > 1.0, "the best possible is ln 3: {finding}");

    // and a layer that passes on no gradient
    let model = Sequential::input([4])
        .push(Dense::new(10).activation(Relu))
        .push_layer(NoGradient)
        .push(Dense::new(1))
        .push_layer(NoGradient)
        .build(1)
        .expect("it fits");
    let mut broken =
        Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(0.01)).expect("it fits");
    let even = labels.mapv(|class| class % 2);
    assert_eq!(
        checks(&examine(&mut broken, &x, &even)),
        [Check::OverfitOneBatch]
    );
}

#[test]
fn dropout_does_not_prevent_overfitting_a_batch() {
    let (x, labels) = iris();
    let model = Sequential::input([4])
        .push(Dense::new(32).activation(Relu))
        .push(Dropout::new(0.5))
        .push(BatchNorm::new())
        .push(Dense::new(3))
        .build(1)
        .expect("it fits");
    let diagnosis = examine(&mut trainer(model), &x, &labels);
    assert!(diagnosis.is_healthy(), "{diagnosis}");
}

#[test]
fn values_that_overflow() {
    let (x, labels) = iris();
    let mut model = mlp(Relu, 1);
    for (name, mut value) in model.params_mut() {
        if name.ends_with("kernel") {
            value.fill(1e160);
        }
    }
    let diagnosis = examine(&mut trainer(model), &x, &labels);
    let finding = only(&diagnosis, Check::NonFinite);
    assert_eq!(finding.subject, "the output of dense_2");
}

#[test]
fn the_trainer_is_left_as_it_was() {
    let (x, labels) = iris();
    let model = Sequential::input([4])
        .push(Dense::new(8).activation(Relu))
        .push(BatchNorm::new())
        .push(Dropout::new(0.2))
        .push(Dense::new(3))
        .build(1)
        .expect("it fits");
    let mut examined = trainer(model);
    examined.fit(&x, &labels, Fit::epochs(2)).expect("finite");
    let (weights, state) = (
        examined.model().weights(),
        examined.optimizer().state().clone(),
    );
    examine(&mut examined, &x, &labels);
    assert_eq!(examined.model().weights(), weights);
    assert_eq!(examined.optimizer().state(), &state);
}

#[test]
fn thresholds_are_the_users() {
    let (x, labels) = raw_iris();
    let mut thresholds = Thresholds::default();
    thresholds.max_scale = 6.0;
    let doctor = Doctor::new().thresholds(thresholds);
    let diagnosis = doctor
        .examine(&mut trainer(mlp(Gelu, 1)), &x, &labels)
        .expect("it fits");
    assert!(diagnosis.is_healthy(), "{diagnosis}");
}

#[test]
fn mismatched_shapes_are_errors() {
    let (x, labels) = iris();
    let narrow = x.select(Axis(1), &[0, 1]);
    let error = Doctor::new().examine(&mut trainer(mlp(Relu, 1)), &narrow, &labels);
    assert!(matches!(error, Err(DataError::SampleShape { .. })));
}

#[test]
fn a_diagnosis_survives_serialisation() {
    let (x, labels) = raw_iris();
    let diagnosis = examine(&mut trainer(mlp(Relu, 1)), &x, &(&labels + 1));
    let json = serde_json::to_string(&diagnosis).expect("plain data");
    assert_eq!(
        serde_json::from_str::<Diagnosis>(&json).expect("its own words"),
        diagnosis
    );
    let text = diagnosis.to_string();
    assert!(text.starts_with("error: targets: 50 of 150"), "{text}");
    assert!(
        text.contains("\nwarning: input column 0: mean 5.84, standard deviation 0.825"),
        "{text}"
    );
    assert!(text.contains("\n  try: standardise each column"), "{text}");
    assert_eq!(Diagnosis::default().to_string(), "nothing found");
}
