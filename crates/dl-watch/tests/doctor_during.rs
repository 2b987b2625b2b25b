//! The doctor during training: runs broken one way at a time.

mod cases;

use cases::{assert_well_formed, bars, checks, iris, mlp, small_cnn};
use dl_conv::models::mnist_cnn;
use dl_nn::losses::Loss;
use dl_nn::prelude::*;
use dl_nn::{TargetRow, TrainError};
use dl_watch::Doctor;
use dl_watch::doctor::{Check, Diagnosis, Severity, StepId};
use dl_watch::ndarray::{Array1, Array2, Axis};

/// The doctor's diagnosis of a fit on Iris.
fn watched(
    model: Model<f64>,
    optimizer: impl dl_nn::optim::Rule<f64> + 'static,
    epochs: usize,
) -> (Diagnosis, Result<History, TrainError>, Trainer<f64>) {
    let (x, labels) = iris();
    let loss = SoftmaxCrossEntropy::new();
    let doctor = Doctor::new().every(10);
    let mut watch = doctor.callback(&model, loss, &x, &labels).expect("it fits");
    let mut trainer = Trainer::new(model, loss, optimizer).expect("it fits");
    let result = trainer.fit(&x, &labels, Fit::epochs(epochs).callback(&mut watch));
    let diagnosis = watch.diagnosis().clone();
    assert_well_formed(&diagnosis);
    assert!(
        diagnosis
            .findings
            .iter()
            .all(|finding| finding.at.is_some())
    );
    (diagnosis, result, trainer)
}

#[test]
fn healthy_runs() {
    for (activation, seed) in [(Relu, 1), (Relu, 2), (Tanh, 1), (Gelu, 1), (Sigmoid, 1)] {
        let (diagnosis, result, _) = watched(mlp(activation, seed), Adam::new(0.01), 40);
        assert!(
            diagnosis.is_healthy(),
            "{activation}, seed {seed}: {diagnosis}"
        );
        let losses = result.expect("finite").losses();
        assert!(losses[39] < 0.5, "{losses:?}");
    }
    let (diagnosis, ..) = watched(mlp(Relu, 1), Sgd::new(0.1).momentum(0.9), 40);
    assert!(diagnosis.is_healthy(), "{diagnosis}");
}

#[test]
fn a_healthy_convolutional_run() {
    let (x, labels) = bars(192, 12);
    let (model, loss) = (small_cnn(1), SoftmaxCrossEntropy::new());
    let mut watch = Doctor::new()
        .callback(&model, loss, &x, &labels)
        .expect("it fits");
    let mut trainer = Trainer::new(model, loss, Adam::new(1e-3)).expect("it fits");
    let history = trainer
        .fit(&x, &labels, Fit::epochs(8).callback(&mut watch))
        .expect("finite");
    assert!(watch.diagnosis().is_healthy(), "{}", watch.diagnosis());
    assert!(history.losses()[7] < 0.5, "{:?}", history.losses());
}

#[test]
fn a_healthy_run_of_the_mnist_network() {
    let (x, labels) = bars(64, 28);
    let (model, loss) = (
        mnist_cnn::<f32>().build(1).expect("it fits"),
        SoftmaxCrossEntropy::new(),
    );
    let watch = Doctor::new().every(4).callback(&model, loss, &x, &labels);
    let mut watch = watch.expect("it fits");
    let mut trainer = Trainer::new(model, loss, Adam::new(1e-3)).expect("it fits");
    let options = Fit::epochs(3).batch_size(16).callback(&mut watch);
    let history = trainer.fit(&x, &labels, options).expect("finite");
    assert!(watch.diagnosis().is_healthy(), "{}", watch.diagnosis());
    assert!(history.losses()[2] < 1.0, "{:?}", history.losses());
}

#[test]
fn an_interval_of_no_steps_is_refused_before_training() {
    let (x, labels) = iris();
    let (model, loss) = (mlp(Relu, 1), SoftmaxCrossEntropy::new());
    let watch = Doctor::new().every(0).callback(&model, loss, &x, &labels);
    let mut trainer = Trainer::new(model, loss, Adam::new(0.01)).expect("it fits");
    let error = trainer
        .fit(
            &x,
            &labels,
            Fit::epochs(1).callback(watch.expect("it fits")),
        )
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "Doctor every is 0, but must be at least 1"
    );
}

#[test]
fn watching_changes_nothing() {
    let (x, labels) = iris();
    let model = || {
        let network = Sequential::input([4])
            .push(Dense::new(8).activation(Relu))
            .push(BatchNorm::new());
        network
            .push(Dropout::new(0.2))
            .push(Dense::new(3))
            .build(1)
            .expect("it fits")
    };
    let (_, _, watched) = watched(model(), Adam::new(0.01), 3);
    let mut alone = cases::trainer(model());
    alone.fit(&x, &labels, Fit::epochs(3)).expect("finite");
    assert_eq!(watched.model().weights(), alone.model().weights());
}

#[test]
fn a_callback_for_another_model_stops_training() {
    let (x, labels) = iris();
    let loss = SoftmaxCrossEntropy::new();
    let watch = Doctor::new().callback(&mlp(Relu, 1), loss, &x, &labels);
    let mut watch = watch.expect("it fits");
    let narrow = x.select(Axis(1), &[0, 1]);
    let model = Sequential::input([2]).push(Dense::new(3)).build(1);
    let mut trainer = cases::trainer(model.expect("it fits"));
    let options = Fit::epochs(2).callback(&mut watch);
    let history = trainer.fit(&narrow, &labels, options).expect("finite");
    let expected = "the doctor's probe batch: samples have shape [4], but the model takes [2]";
    assert_eq!(history.stopped.as_deref(), Some(expected));
}

#[test]
fn too_large_a_learning_rate() {
    let (diagnosis, ..) = watched(mlp(Tanh, 1), Adam::new(0.3), 1);
    let findings: Vec<_> = diagnosis.by_check(Check::LargeUpdate).collect();
    assert_eq!(findings.len(), 3, "{diagnosis}");
    let finding = findings[0];
    assert_eq!(finding.subject, "dense_1.kernel");
    assert_eq!(finding.at, Some(StepId { epoch: 0, step: 0 }));
    assert!(
        finding.number > 0.1 && finding.threshold == 0.1,
        "{finding}"
    );
}

#[test]
fn too_small_a_learning_rate() {
    let (diagnosis, ..) = watched(mlp(Relu, 1), Sgd::new(1e-8), 2);
    let small = [Check::SmallUpdate; 3];
    assert_eq!(checks(&diagnosis), small, "{diagnosis}");
    assert_eq!(diagnosis.findings[0].subject, "dense_1.kernel");
    // and after some epochs it shows in the loss
    let (diagnosis, ..) = watched(mlp(Relu, 1), Sgd::new(1e-8), 20);
    let found = checks(&diagnosis);
    assert_eq!(
        found,
        [&small[..], &[Check::LossNotFalling]].concat(),
        "{diagnosis}"
    );
    let finding = &diagnosis.findings[3];
    assert!(
        (finding.threshold - 0.95 * 3_f64.ln()).abs() <= 1e-12 && finding.number > 1.0,
        "{finding}"
    );
}

#[test]
fn labels_that_do_not_match_the_inputs() {
    let (x, _) = iris();
    let labels: Array1<usize> = (0..150).map(|i| i % 3).collect();
    let (model, loss) = (mlp(Relu, 1), SoftmaxCrossEntropy::new());
    let mut watch = Doctor::new()
        .callback(&model, loss, &x, &labels)
        .expect("it fits");
    let mut trainer = Trainer::new(model, loss, Adam::new(1e-3)).expect("it fits");
    trainer
        .fit(&x, &labels, Fit::epochs(20).callback(&mut watch))
        .expect("finite");
    assert_eq!(
        checks(watch.diagnosis()),
        [Check::LossNotFalling],
        "{}",
        watch.diagnosis()
    );
}

#[test]
fn units_that_die() {
    // one step pushes every unit below zero
    let (diagnosis, ..) = watched(mlp(Relu, 1), Sgd::new(50.0), 1);
    let finding = diagnosis
        .by_check(Check::DeadRelu)
        .next()
        .expect("dead units");
    assert!(
        finding.number > 0.5 && finding.threshold == 0.5,
        "{finding}"
    );
}

#[test]
fn a_loss_that_rises() {
    // the gradient has the wrong sign
    #[derive(Debug, Clone)]
    struct Uphill;
    impl Loss<f64> for Uphill {
        fn name(&self) -> &'static str {
            "Uphill"
        }
        fn sample(&self, z: &[f64], target: TargetRow<'_, f64>, delta: &mut [f64]) -> f64 {
            let loss = SoftmaxCrossEntropy::new().sample(z, target, delta);
            delta.iter_mut().for_each(|d| *d = -*d);
            loss
        }
        fn takes(&self, outputs: usize) -> String {
            Loss::<f64>::takes(&SoftmaxCrossEntropy::new(), outputs)
        }
        fn accepts(&self, outputs: usize, target: TargetRow<'_, f64>) -> bool {
            SoftmaxCrossEntropy::new().accepts(outputs, target)
        }
        fn inverse_link(&self) -> Activation {
            Softmax
        }
    }
    let (x, labels) = iris();
    let model = mlp(Tanh, 1);
    let mut watch = Doctor::new()
        .callback(&model, Uphill, &x, &labels)
        .expect("it fits");
    let mut trainer = Trainer::new(model, Uphill, Adam::new(0.01)).expect("it fits");
    trainer
        .fit(&x, &labels, Fit::epochs(4).callback(&mut watch))
        .expect("finite");
    assert_eq!(
        checks(watch.diagnosis()),
        [Check::LossRising],
        "{}",
        watch.diagnosis()
    );
}

#[test]
fn a_run_that_ends_with_a_nan() {
    // squared errors on unscaled targets, with a learning rate that doubles the error in each step
    let x = Array2::from_shape_fn((64, 3), |(i, j)| 10.0 * ((i * 3 + j) as f64 * 0.7).sin());
    let y: Array1<f64> = x.column(0).mapv(|v| 1e3 * v);
    let model = Sequential::input([3])
        .push(Dense::new(8).activation(Relu))
        .push(Dense::new(1))
        .build(1)
        .expect("it fits");
    let before = model.weights();
    // nothing is examined between the first and the last step of the epoch
    let doctor = Doctor::new().every(1000);
    let watch = doctor.callback(&model, MeanSquaredError::new(), &x, &y);
    let mut watch = watch.expect("it fits");
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(0.1)).expect("it fits");
    let options = Fit::epochs(1).batch_size(2).callback(&mut watch);
    let error = trainer.fit(&x, &y, options).expect_err("it diverges");
    let TrainError::NonFiniteLoss { epoch: 1, step, .. } = error else {
        panic!("{error}")
    };
    assert!((3..32).contains(&step), "{step}");
    let diagnosis = watch.diagnosis();
    assert_well_formed(diagnosis);
    let finding = diagnosis.by_check(Check::NonFinite).next().expect("a NaN");
    assert_eq!(finding.severity, Severity::Error);
    let failed = StepId {
        epoch: 0,
        step: step - 1,
    };
    assert_eq!(finding.at, Some(failed));
    let subject = &finding.subject;
    assert!(
        subject.contains("dense_") || subject == "the loss",
        "{finding}"
    );
    // the trainer has restored its last finite weights
    assert_eq!(trainer.model().weights(), before);
}

#[test]
fn frozen_kernels_need_no_update() {
    let (x, labels) = iris();
    let mut model = mlp(Relu, 1);
    model.freeze("dense_1").expect("a layer");
    let loss = SoftmaxCrossEntropy::new();
    let watch = Doctor::new().every(1).callback(&model, loss, &x, &labels);
    let mut watch = watch.expect("it fits");
    let mut trainer = Trainer::new(model, loss, Adam::new(0.01)).expect("it fits");
    trainer
        .fit(&x, &labels, Fit::epochs(1).callback(&mut watch))
        .expect("finite");
    let diagnosis = watch.diagnosis();
    assert!(diagnosis.is_healthy(), "{diagnosis}");
}
