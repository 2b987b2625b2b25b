//! Healthy data and networks, to be broken one way at a time.

use dl_conv::{Conv2d, MaxPool2d};
use dl_data::StandardScaler;
use dl_nn::prelude::*;
use dl_watch::doctor::{Check, Diagnosis};
use dl_watch::ndarray::{Array1, Array2, Array4};

/// The Iris data set, standardised.
pub(crate) fn iris() -> (Array2<f64>, Array1<usize>) {
    let (x, labels) = raw_iris();
    let scaler = StandardScaler::fit(&x).expect("four columns");
    (scaler.transform(&x).expect("the same columns"), labels)
}

/// The Iris data set in centimetres.
pub(crate) fn raw_iris() -> (Array2<f64>, Array1<usize>) {
    dl_data::iris::<f64>().into_parts()
}

/// The MLP of the iris examples, with this activation in its two hidden layers.
pub(crate) fn mlp(activation: Activation, seed: u64) -> Model<f64> {
    let hidden = || Dense::new(10).activation(activation);
    let network = Sequential::input([4]).push(hidden()).push(hidden());
    network.push(Dense::new(3)).build(seed).expect("it fits")
}

/// A trainer with the optimiser of the iris examples.
pub(crate) fn trainer(model: Model<f64>) -> Trainer<f64> {
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01)).expect("it fits")
}

/// Bars in three directions, one per class, at varying positions: pixels from 0 to 1.
pub(crate) fn bars(n: usize, size: usize) -> (Array4<f32>, Vec<usize>) {
    let labels: Vec<usize> = (0..n).map(|i| i % 3).collect();
    let x = Array4::from_shape_fn((n, size, size, 1), |(i, y, x, _)| {
        let place = size / 3 + (i * 7) % (size / 3);
        let distance = match labels[i] {
            0 => y.abs_diff(place),
            1 => x.abs_diff(place),
            _ => (x + y).abs_diff(size - 1),
        };
        let noise = ((i * 131 + y * 17 + x * 29) % 11) as f32 / 110.0;
        noise + [0.9, 0.5].get(distance).copied().unwrap_or(0.0)
    });
    (x, labels)
}

/// A small convolutional network for them.
pub(crate) fn small_cnn(seed: u64) -> Model<f32> {
    Sequential::input([12, 12, 1])
        .push(Conv2d::new(8, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(16, 3).activation(Relu))
        .push(Flatten)
        .push(Dense::new(3))
        .build(seed)
        .expect("it fits")
}

/// The checks that found something, in order.
pub(crate) fn checks(diagnosis: &Diagnosis) -> Vec<Check> {
    diagnosis
        .findings
        .iter()
        .map(|finding| finding.check)
        .collect()
}

/// Every finding has a value that differs from its threshold, a message with numbers, and advice.
pub(crate) fn assert_well_formed(diagnosis: &Diagnosis) {
    for finding in &diagnosis.findings {
        assert!(
            finding.number.is_finite() && finding.threshold.is_finite(),
            "{finding}"
        );
        assert!(finding.number != finding.threshold, "{finding}");
        for text in [&finding.subject, &finding.message, &finding.advice] {
            assert!(!text.is_empty() && !text.contains("  "), "{finding}");
        }
        assert!(
            finding.message.chars().any(|c| c.is_ascii_digit()),
            "{finding}"
        );
    }
}
