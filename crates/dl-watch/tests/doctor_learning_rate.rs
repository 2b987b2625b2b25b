//! The doctor on learning rates: its wording, and that it agrees with training.

use dl_data::StandardScaler;
use dl_nn::prelude::*;
use dl_nn::schedule::OneCycle;
use dl_nn::train::{FindLearningRate, LearningRateCurve, LearningRatePoint, SearchEnd};
use dl_watch::doctor::{Check, Thresholds};
use dl_watch::ndarray::{Array1, Array2};
use dl_watch::{Doctor, learning_rate_figure};

/// A curve through these smoothed losses at 1e-5, 1e-4 …
fn curve(smoothed: &[f64]) -> LearningRateCurve {
    let rates = [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0];
    let points = rates.into_iter().zip(smoothed);
    let points = points.map(|(learning_rate, &smoothed)| LearningRatePoint {
        learning_rate,
        loss: smoothed,
        smoothed,
    });
    LearningRateCurve {
        points: points.collect(),
        end: SearchEnd::Highest,
    }
}

/// The steepest fall is at 1e-3, the minimum at 0.1.
fn usual() -> LearningRateCurve {
    curve(&[2.0, 1.9, 1.5, 1.0, 0.9, 4.0])
}

#[test]
fn one_cycle_rises_to_a_tenth_of_the_minimum() {
    let advice = Doctor::new().one_cycle(&usual()).expect("it falls");
    assert_eq!(advice.maximum, 0.1 / 10.0);
    assert_eq!(
        advice.to_string(),
        "one cycle may rise to a learning rate of 0.01 (the base rate with `OneCycle`): the loss falls fastest at 0.001 \
         and stops falling at 0.1"
    );
    assert_eq!(Doctor::new().one_cycle(&curve(&[1.0, 2.0, 3.0])), None);
}

#[test]
fn rates_that_are_far_off() {
    let says = |rate| {
        let diagnosis = Doctor::new().examine_learning_rate(&usual(), rate);
        assert_eq!(diagnosis.by_check(Check::LearningRate).count(), 1, "{rate}");
        diagnosis.to_string()
    };
    assert_eq!(
        says(2.5),
        "warning: learning rate: 2.5 is 25 times 0.1, above which the loss of a short run rises\n  \
         try: a learning rate of 0.01, or `OneCycle` with 0.01 as the base rate"
    );
    assert_eq!(
        says(1e-6),
        "warning: learning rate: 1.0e-6 is 1000 times smaller than 0.001, at which the loss of a short run falls \
         fastest\n  try: a learning rate of 0.01, or `OneCycle` with 0.01 as the base rate"
    );
    for rate in [1.01e-4, 1e-3, 0.01, 0.099] {
        let diagnosis = Doctor::new().examine_learning_rate(&usual(), rate);
        assert!(diagnosis.is_healthy(), "{rate}: {diagnosis}");
    }
    let mut thresholds = Thresholds::default();
    thresholds.low_learning_rate = 1e-4;
    let tolerant = Doctor::new().thresholds(thresholds);
    assert!(tolerant.examine_learning_rate(&usual(), 1e-6).is_healthy());
}

#[test]
fn a_loss_that_falls_at_no_rate() {
    let diagnosis = Doctor::new().examine_learning_rate(&curve(&[1.0, 1.1, 1.2, 4.5]), 1e-3);
    assert_eq!(
        diagnosis.to_string(),
        "warning: learning rate: the loss of a run of 4 steps falls at no learning rate from 1.0e-5 to 0.01\n  \
         try: first overfit a single batch (`Doctor::examine`); then search again with lower rates or more steps"
    );
}

/// The standardised flowers.
fn iris() -> (Array2<f64>, Array1<usize>) {
    let (x, labels) = dl_data::iris::<f64>().into_parts();
    let scaler = StandardScaler::fit(&x).expect("four columns");
    (scaler.transform(&x).expect("the same columns"), labels)
}

/// The advice for Iris: its one cycle learns, rates that the doctor calls far off do not.
#[test]
fn training_agrees() {
    let (x, labels) = iris();
    let trainer = |rate| {
        let network = Sequential::input([4]).push(Dense::new(10).activation(Relu));
        let model = network.push(Dense::new(3)).build(1).expect("it fits");
        Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(rate)).expect("it fits")
    };
    let options = FindLearningRate::new().batch_size(16);
    let curve = trainer(1e-3).find_learning_rate(&x, &labels, options);
    let curve = curve.expect("finite");
    let doctor = Doctor::new();
    let advice = doctor.one_cycle(&curve).expect("it falls");
    let cycle = || LearningRate::per_step(OneCycle::new(10 * 10));
    let loss = |rate| {
        let fit = Fit::epochs(10).batch_size(16).callback(cycle());
        let history = trainer(rate).fit(&x, &labels, fit).expect("finite");
        history.losses()[9]
    };
    let good = loss(advice.maximum);
    assert!(good < 0.3, "{good} at {advice}");
    for rate in [1e-6, 10.0] {
        let diagnosis = doctor.examine_learning_rate(&curve, rate);
        assert_eq!(diagnosis.by_check(Check::LearningRate).count(), 1, "{rate}");
        assert!(
            loss(rate) > 2.0 * good,
            "{rate}: {} against {good}",
            loss(rate)
        );
    }
    assert!(
        doctor
            .examine_learning_rate(&curve, advice.maximum)
            .is_healthy()
    );
}

#[test]
fn figures_of_any_curve_can_be_drawn() {
    let mut wild = usual();
    wild.points[5].loss = 1e300;
    for curve in [usual(), wild, curve(&[1.0, 1.0]), curve(&[1.0, 2.0, 3.0])] {
        learning_rate_figure("Loss", &curve)
            .to_svg()
            .expect("it can be drawn");
    }
}
