//! Right to the last digits: long sums, sure answers, targets that nearly sum to 1; and what options do
//! where they meet, against PyTorch and scikit-learn (`reference/numerics.py`).

use dl_nn::gradient_check::{GradientError, check_loss};
use dl_nn::layers::{BatchNorm, LayerNorm, StandardNormalKl};
use dl_nn::losses::mean_loss;
use dl_nn::metrics::{Average, ConfusionMatrix, top_k_accuracy};
use dl_nn::ndarray::{Array1, Array2, ArrayD, ArrayView2, Axis, IxDyn};
use dl_nn::prelude::*;
use dl_nn::{Cache, Mode, Scalar, TargetRow, single_layer};
use serde_json::Value;

fn target<'a>(targets: impl IntoTarget<'a, f64>) -> Target<'a, f64> {
    targets.into_target().unwrap()
}

fn reference(part: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/numerics.json")).unwrap();
    all[part].clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn labels(value: &Value) -> Array1<usize> {
    serde_json::from_value::<Vec<usize>>(value.clone())
        .unwrap()
        .into()
}

fn table(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    let columns = rows[0].len();
    Array2::from_shape_vec((rows.len(), columns), rows.concat()).unwrap()
}

fn mean(
    loss: &dyn Loss<f64>,
    outputs: ArrayView2<f64>,
    targets: &Target<f64>,
    weights: Option<&[f64]>,
) -> (f64, Vec<f64>) {
    let mut delta = vec![f64::NAN; outputs.len()];
    let (flat, rows) = (outputs.as_slice().unwrap(), 0..outputs.nrows());
    let value = mean_loss(loss, flat, targets, rows, weights, &mut delta);
    (value, delta)
}

fn sample<F: Scalar>(loss: &dyn Loss<F>, z: &[F], target: TargetRow<F>) -> (f64, Vec<f64>) {
    let mut delta = vec![F::nan(); z.len()];
    let value = loss.sample(z, target, &mut delta);
    (value.as_f64(), delta.iter().map(|d| d.as_f64()).collect())
}

#[track_caller]
fn assert_near(found: f64, expected: f64, relative: f64) {
    let difference = (found - expected).abs();
    assert!(
        difference <= relative * expected.abs(),
        "{found} against {expected}"
    );
}

/// Name, loss, targets, weights.
type Case<'a> = (
    &'a str,
    &'a dyn Loss<f64>,
    Target<'a, f64>,
    Option<&'a [f64]>,
);

#[test]
fn options_are_pytorchs_where_they_meet() {
    let losses = reference("losses");
    let outputs = table(&losses["outputs"]);
    let (units, nearly) = (table(&losses["units"]), table(&losses["nearly"]));
    let classes = labels(&losses["labels"]);
    let weight = numbers(&losses["weight"]);
    let weights: Vec<f64> = classes.iter().map(|&class| weight[class]).collect();
    let binary = BinaryCrossEntropy::new();
    let each = binary.clone().pos_weight(numbers(&losses["pos_weight"]));
    let smoothed = SoftmaxCrossEntropy::new().label_smoothing(0.1);
    let plain = SoftmaxCrossEntropy::new();
    let cases: [Case<'_>; 6] = [
        ("pos_weight", &each, target(&units), None),
        (
            "pos_weight of one",
            &binary.pos_weight([2.5]),
            target(&units),
            None,
        ),
        ("nearly", &plain, target(&nearly), None),
        ("nearly, smoothed", &smoothed, target(&nearly), None),
        ("KL of nearly", &KlDivergence::new(), target(&nearly), None),
        ("weighted", &plain, target(&classes), Some(&weights)),
    ];
    for (name, loss, targets, weights) in cases {
        let (value, gradient) = mean(loss, outputs.view(), &targets, weights);
        let expected = &losses["table"][name];
        assert!(
            (value - expected["loss"].as_f64().unwrap()).abs() <= 1e-14,
            "{name}: {value}"
        );
        for (a, b) in gradient.iter().zip(table(&expected["gradient"])) {
            assert!((a - b).abs() <= 1e-14, "{name}: {a} against {b}");
        }
    }
}

/// A sample's weight is on the whole of its loss, the part spread over other classes, too; in PyTorch
/// that part has those classes' weights.
#[test]
fn class_weights_with_label_smoothing_weigh_the_sample() {
    let losses = reference("losses");
    let (outputs, classes) = (table(&losses["outputs"]), labels(&losses["labels"]));
    let weight = numbers(&losses["weight"]);
    let weights: Vec<f64> = classes.iter().map(|&class| weight[class]).collect();
    let loss = SoftmaxCrossEntropy::new().label_smoothing(0.1);
    let by_hand: f64 = outputs
        .rows()
        .into_iter()
        .zip(&classes)
        .map(|(z, &class)| weight[class] * sample(&loss, &z.to_vec(), TargetRow::Class(class)).0)
        .sum();
    let (value, _) = mean(&loss, outputs.view(), &target(&classes), Some(&weights));
    assert_near(value, by_hand / weights.iter().sum::<f64>(), 1e-14);
    let pytorchs = losses["table"]["weighted, smoothed"]["loss"]
        .as_f64()
        .unwrap();
    assert!((value - pytorchs).abs() > 1e-2);
}

/// Closed forms: the loss of a right positive with logit z is ln(1 + e⁻ᶻ), its derivative −1/(1 + eᶻ).
#[test]
fn sure_and_right_answers_keep_their_digits() {
    for z in [0.5, 5.0, 16.0, 20.0, 40.0, 80.0_f32] {
        let double = f64::from(z);
        let (cost, slope) = ((-double).exp().ln_1p(), -(double.exp() + 1.0).recip());
        let binary = BinaryCrossEntropy::new();
        let (value, delta) = sample(&binary, &[z], TargetRow::Class(1));
        assert_near(value, cost, 4e-7);
        assert_near(delta[0], slope, 4e-7);
        let (value, delta) = sample(&binary, &[-z], TargetRow::Class(0));
        assert_near(value, cost, 4e-7);
        assert_near(delta[0], -slope, 4e-7);
        // wrong, and a soft target
        let (value, _) = sample(&binary, &[z], TargetRow::Class(0));
        assert_near(value, double.exp().ln_1p(), 2e-7);
        let t = 0.999_f32;
        let (value, _) = sample(&binary, &[z], TargetRow::Values(&[t]));
        let t = f64::from(t);
        assert_near(value, t * cost + (1.0 - t) * (double + cost), 4e-7);
        for loss in [
            &SoftmaxCrossEntropy::new() as &dyn Loss<f32>,
            &KlDivergence::new(),
        ] {
            let (value, delta) = sample(loss, &[0.0, z], TargetRow::Class(1));
            assert_near(value, cost, 4e-7);
            assert_near(delta[0], -slope, 4e-7);
            assert_near(delta[1], slope, 4e-7);
        }
    }
    assert_near(
        sample(&BinaryCrossEntropy::new(), &[16_f32], TargetRow::Class(1)).0,
        1.125_351_7e-7,
        1e-6,
    );
    for (z, class) in [(f32::INFINITY, 1), (f32::NEG_INFINITY, 0)] {
        let found = sample(&BinaryCrossEntropy::new(), &[z], TargetRow::Class(class));
        assert_eq!((found.0, found.1[0].abs()), (0.0, 0.0));
    }
}

#[test]
fn gradients_belong_to_the_values() {
    let loss = BinaryCrossEntropy::new().pos_weight([3.0, 0.25, 1.0]);
    let z = [0.3, -1.2, 2.0];
    check_loss(&loss, &z, TargetRow::Values(&[0.9, 0.5, 0.2])).unwrap();
    // sums to 1 + 9e-5: without the sum in the gradient they would differ by that
    let t = [0.2, 0.300_09, 0.5];
    let smoothed = SoftmaxCrossEntropy::new().label_smoothing(0.1);
    for loss in [
        &SoftmaxCrossEntropy::new() as &dyn Loss<f64>,
        &smoothed,
        &KlDivergence::new(),
    ] {
        check_loss(loss, &z, TargetRow::Values(&t)).unwrap();
    }
    let refused = check_loss(&SoftmaxCrossEntropy::new(), &z, TargetRow::Class(3));
    assert!(
        matches!(refused, Err(GradientError::Target(_))),
        "{refused:?}"
    );
}

#[test]
fn pos_weights_out_of_range() {
    let model = || {
        Sequential::<f64>::input([2])
            .push(Dense::new(3))
            .build(0)
            .unwrap()
    };
    let loss = BinaryCrossEntropy::new().pos_weight([1.0, -2.0, 1.0]);
    assert_eq!(
        Trainer::new(model(), loss, Adam::new(0.1))
            .unwrap_err()
            .to_string(),
        "BinaryCrossEntropy pos_weight is -2, but must be finite and not negative"
    );
    let loss = BinaryCrossEntropy::new().pos_weight([1.0, 2.0]);
    let mut trainer = Trainer::new(model(), loss, Adam::new(0.1)).unwrap();
    let error = trainer.fit(
        &Array2::ones((4, 2)),
        Array2::<f64>::ones((4, 3)),
        Fit::epochs(1),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "targets are 3 values a sample, but BinaryCrossEntropy takes 2 outputs, one for each of its \
         pos_weight (model outputs: 3)"
    );
}

/// A normal distribution that fits a value exactly, with a variance of any size.
#[test]
fn tiny_variances_are_no_nan() {
    let (value, delta) = sample(
        &GaussianNll::new(),
        &[2.0_f32, -100.0],
        TargetRow::Values(&[2.0]),
    );
    assert_near(
        value,
        0.5 * ((2.0 * std::f64::consts::PI).ln() - 100.0),
        1e-6,
    );
    assert_eq!(delta, [0.0, 0.5]);
}

/// KL of N(0, e^s) from N(0, 1) is ½(e^s − 1 − s), near s = 0 s²/4.
#[test]
fn the_divergence_of_nearly_standard_variances() {
    let layer = Sequential::<f32>::input([2])
        .push(StandardNormalKl)
        .build(0)
        .unwrap();
    for s in [1e-6, 1e-3, -1e-3, 0.3, 2.0_f32] {
        let y = layer
            .predict(&Array2::from_shape_vec((1, 2), vec![0.0, s]).unwrap())
            .unwrap();
        let s = f64::from(s);
        let exact = match s.abs() < 1e-2 {
            true => s * s / 4.0 * (1.0 + s / 3.0 + s * s / 12.0),
            false => 0.5 * (s.exp_m1() - s),
        };
        assert_near(y[[0, 0]].into(), exact, 4e-7);
    }
}

/// Numbers in [−1, 1), the same for every run.
fn noise(shape: &[usize]) -> ArrayD<f32> {
    let mut generator = dl_core::random::generator(5);
    ArrayD::from_shape_simple_fn(IxDyn(shape), || 2.0 * f32::uniform(&mut generator) - 1.0)
}

/// Mean of the numbers, summed in f64.
fn exact_mean(x: impl IntoIterator<Item = f32>) -> f64 {
    let x: Vec<f64> = x.into_iter().map(f64::from).collect();
    x.iter().sum::<f64>() / x.len() as f64
}

#[test]
fn normalised_rows_and_columns_have_no_mean_left() {
    let normalised = |layer: &Model<f32>, x: &ArrayD<f32>| {
        let mode = Mode::Train { seed: 0 };
        let layer = &*layer.layers()[0].layer;
        single_layer::forward(layer, x, &mut Cache::default(), mode).unwrap()
    };
    // an ulp of 100 is 7.6e-6
    let x = noise(&[200_000, 2]) + 100.0;
    let model = Sequential::input([2])
        .push(BatchNorm::new())
        .build(0)
        .unwrap();
    let y = normalised(&model, &x);
    for column in y.axis_iter(Axis(1)) {
        assert!(exact_mean(column.iter().copied()).abs() <= 1e-5);
        assert_near(exact_mean(column.iter().map(|y| y * y)), 1.0, 1e-4);
    }
    let x = noise(&[3, 4096]) + 100.0;
    let model = Sequential::input([4096])
        .push(LayerNorm::new())
        .build(0)
        .unwrap();
    for row in normalised(&model, &x).axis_iter(Axis(0)) {
        assert!(exact_mean(row.iter().copied()).abs() <= 1e-5);
        assert_near(exact_mean(row.iter().map(|y| y * y)), 1.0, 1e-4);
    }
}

/// The gradients of a dense layer over 50 000 rows in one pass, of numbers that do not cancel, against
/// f64; and of one with few units over many small blocks of samples.
#[test]
fn gradients_over_many_rows_keep_their_digits() {
    let rows = 50_000;
    for units in [3, 20] {
        let model = Sequential::<f32>::input([2])
            .push(Dense::new(units))
            .build(0)
            .unwrap();
        let layer = &*model.layers()[0].layer;
        let (x, dy) = (noise(&[rows, 2]) + 1.5, noise(&[rows, units]) + 1.5);
        let mut cache = Cache::default();
        let y = single_layer::forward(layer, &x, &mut cache, Mode::Eval).unwrap();
        let (_, grads) = single_layer::backward(layer, &x, &y, &dy, &mut cache);
        let (x, dy) = (x.mapv(f64::from), dy.mapv(f64::from));
        for unit in 0..units {
            let delta = dy.index_axis(Axis(1), unit);
            assert_near(grads[1][unit].into(), delta.sum(), 2e-7);
            for input in 0..2 {
                let exact = (&x.index_axis(Axis(1), input) * &delta).sum();
                assert_near(grads[0][[input, unit]].into(), exact, 1e-6);
            }
        }
    }
}

/// As in scikit-learn where it is given all labels; its default leaves out those that do not occur.
#[test]
fn macro_averages_are_over_all_classes() {
    let measures = reference("measures");
    let truth = labels(&measures["truth"]);
    for (predicted, expected) in [
        ("predicted", "macro"),
        ("with_spurious", "macro_with_spurious"),
    ] {
        let predicted = labels(&measures[predicted]);
        let matrix = ConfusionMatrix::new(&truth, &predicted, 5).unwrap();
        let found = matrix.average(Average::Macro);
        for (found, expected) in [found.precision, found.recall, found.f1]
            .iter()
            .zip(numbers(&measures[expected]))
        {
            assert_near(*found, expected, 1e-15);
        }
    }
    let by_default = numbers(&measures["macro_by_default"]);
    assert!(
        numbers(&measures["macro"])
            .iter()
            .zip(&by_default)
            .all(|(all, present)| all < present)
    );
}

/// Of equal scores the lower class is first here, the higher in scikit-learn.
#[test]
fn ties_are_broken_as_in_argmax() {
    let measures = reference("measures");
    let (truth, scores) = (labels(&measures["tied"]), table(&measures["scores"]));
    let ours = [1, 2].map(|k| top_k_accuracy(&truth, &scores, k).unwrap().value);
    let theirs = ["top_1", "top_2"].map(|name| measures[name].as_f64().unwrap());
    assert_eq!(ours, [2.0 / 3.0, 1.0]);
    assert_eq!(theirs, [0.0, 2.0 / 3.0]);
}
