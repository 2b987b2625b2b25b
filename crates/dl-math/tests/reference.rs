//! Compares the functions with values of other libraries on the same input; `reference/values.py` generates them
//! and names the libraries.

use dl_math::activation as f;
use dl_math::information::{conditional_entropy, joint_entropy, mutual_information};
use dl_math::likelihood::{bernoulli_nll, categorical_nll};
use dl_math::ndarray::{Array1, Array2, ArrayD, Axis};
use dl_math::softmax::{log_softmax, log_sum_exp_axis, softmax};
use dl_math::special::{log_sigmoid, logit, normal_cdf};
use dl_math::{
    Bernoulli, DiagonalNormal, JointTable, LinearGaussian, Normal, cross_entropy, entropy,
    js_divergence, kl_divergence,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-12;

fn reference(part: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/values.json")).unwrap();
    all[part].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn vector(value: &Value) -> Array1<f64> {
    value
        .as_array()
        .expect("an array")
        .iter()
        .map(number)
        .collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<_> = value
        .as_array()
        .expect("an array")
        .iter()
        .map(vector)
        .collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

/// Relative, so that small values count.
#[track_caller]
fn assert_close(found: f64, expected: &Value) {
    let expected = number(expected);
    assert!(
        (found - expected).abs() <= TOLERANCE * expected.abs(),
        "{found} is not {expected}"
    );
}

#[track_caller]
fn assert_all_close(found: impl IntoIterator<Item = f64>, expected: &Value) {
    let expected = expected.as_array().expect("an array");
    let found: Vec<f64> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.into_iter().zip(expected) {
        assert_close(found, expected);
    }
}

#[track_caller]
fn assert_table_close(found: &Array2<f64>, expected: &Value) {
    let expected = matrix(expected);
    assert_eq!(found.shape(), expected.shape());
    let difference: ArrayD<f64> = (found - &expected).into_dyn();
    let bound = expected.mapv(|x| TOLERANCE * x.abs()).into_dyn();
    assert!(difference.iter().zip(&bound).all(|(d, &b)| d.abs() <= b));
}

#[test]
fn activations_and_derivatives() {
    type Function = fn(f64) -> f64;
    let all: [(&str, Function, Function); 8] = [
        ("sigmoid", f::sigmoid, f::sigmoid_derivative),
        ("tanh", f::tanh, f::tanh_derivative),
        ("relu", f::relu, f::relu_derivative),
        (
            "leaky_relu",
            |x| f::leaky_relu(x, 0.1),
            |x| f::leaky_relu_derivative(x, 0.1),
        ),
        ("elu", |x| f::elu(x, 0.5), |x| f::elu_derivative(x, 0.5)),
        ("gelu", f::gelu, f::gelu_derivative),
        ("silu", f::silu, f::silu_derivative),
        ("softplus", f::softplus, f::softplus_derivative),
    ];
    let (x, expected) = (vector(&reference("x")), reference("activations"));
    for (name, function, derivative) in all {
        assert_all_close(x.mapv(function), &expected[name]["y"]);
        assert_all_close(x.mapv(derivative), &expected[name]["derivative"]);
    }
}

#[test]
fn special_functions() {
    let (x, expected) = (vector(&reference("x")), reference("special"));
    assert_all_close(x.mapv(log_sigmoid), &expected["log_sigmoid"]);
    assert_all_close(x.mapv(normal_cdf), &expected["normal_cdf"]);
    assert_all_close([0.001, 0.3, 0.5, 0.98].map(logit), &expected["logit"]);
}

#[test]
fn softmax_along_both_axes() {
    let expected = reference("softmax");
    let logits = matrix(&expected["logits"]);
    assert_all_close(log_sum_exp_axis(&logits, Axis(1)), &expected["log_sum_exp"]);
    assert_table_close(&softmax(&logits, Axis(0)), &expected["softmax"]);
    // SciPy's logarithms of probabilities that round to 1 are 0; here they are accurate
    let ours = log_softmax(&logits, Axis(1));
    for (ours, scipys) in ours.iter().zip(&matrix(&expected["log_softmax"])) {
        assert!((ours - scipys).abs() <= TOLERANCE * scipys.abs() + f64::EPSILON);
    }
}

#[test]
fn information() {
    let expected = reference("information");
    let (p, q) = (vector(&expected["p"]), vector(&expected["q"]));
    assert_close(entropy(&p).unwrap(), &expected["entropy"]);
    assert_close(kl_divergence(&p, &q).unwrap(), &expected["kl"]);
    assert_close(cross_entropy(&p, &q).unwrap(), &expected["cross_entropy"]);
    assert_close(js_divergence(&p, &q).unwrap(), &expected["js"]);
    let joint = JointTable::new(matrix(&expected["joint"])).unwrap();
    assert_close(joint_entropy(&joint), &expected["joint_entropy"]);
    assert_close(
        conditional_entropy(&joint),
        &expected["conditional_entropy"],
    );
    assert_close(mutual_information(&joint), &expected["mutual_information"]);
}

#[test]
fn bernoulli_and_normal() {
    let expected = &reference("distributions")["bernoulli"];
    let coin = Bernoulli::new(0.3).unwrap();
    assert_all_close(
        [false, true].map(|x| coin.log_prob(x)),
        &expected["log_prob"],
    );
    assert_close(coin.mean(), &expected["mean"]);
    assert_close(coin.variance(), &expected["variance"]);
    assert_close(coin.entropy(), &expected["entropy"]);
    assert_close(
        coin.kl(&Bernoulli::new(0.6).unwrap()),
        &expected["kl_to_0.6"],
    );

    let expected = &reference("distributions")["normal"];
    let normal = Normal::new(1.5, 0.7).unwrap();
    assert_close(normal.log_prob(2.0), &expected["log_prob_at_2"]);
    assert_close(normal.prob(2.0), &expected["prob_at_2"]);
    assert_close(normal.cdf(2.0), &expected["cdf_at_2"]);
    assert_close(normal.variance(), &expected["variance"]);
    assert_close(normal.entropy(), &expected["entropy"]);
    assert_close(normal.kl(&Normal::standard()), &expected["kl_to_standard"]);
    let fit = Normal::fit(&vector(&expected["samples"])).unwrap();
    assert_all_close([fit.mean(), fit.std_dev()], &expected["fit"]);
}

#[test]
fn diagonal_normal() {
    let expected = &reference("distributions")["diagonal"];
    let [mean, std_dev, point] = ["mean", "std_dev", "point"].map(|name| vector(&expected[name]));
    let normal = DiagonalNormal::new(&mean, &std_dev).unwrap();
    assert_close(normal.log_prob(&point).unwrap(), &expected["log_prob"]);
    assert_close(normal.entropy(), &expected["entropy"]);
}

#[test]
fn linear_regression() {
    let expected = reference("linear");
    let (x, y) = (matrix(&expected["x"]), vector(&expected["y"]));
    let fit = LinearGaussian::fit(&x, &y).unwrap();
    assert_close(fit.bias(), &expected["bias"]);
    assert_all_close(fit.weights().to_vec(), &expected["weights"]);
    assert_close(fit.variance(), &expected["variance"]);
    assert_close(
        fit.negative_log_likelihood(&x, &y).unwrap(),
        &expected["nll"],
    );
}

#[test]
fn losses() {
    let (expected, logits) = (reference("losses"), matrix(&reference("softmax")["logits"]));
    let labels = vector(&expected["labels"]).mapv(|label| label as usize);
    assert_close(
        categorical_nll(&labels, &logits).unwrap(),
        &expected["categorical"],
    );
    let truth = vector(&expected["truth"]).mapv(|y| y == 1.0);
    let first = logits.column(0).to_owned();
    assert_close(
        bernoulli_nll(&truth, &first).unwrap(),
        &expected["bernoulli"],
    );
}
