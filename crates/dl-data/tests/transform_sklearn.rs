//! The transformers compared with scikit-learn on Iris; `reference/transform.py` generates the values.

use dl_data::ndarray::{Array1, Array2, ArrayRef, Axis, Dimension, Slice};
use dl_data::{MinMaxScaler, Pca, StandardScaler, iris};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn reference(part: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/transform.json")).unwrap();
    all[part].clone()
}

fn vector(value: &Value) -> Array1<f64> {
    serde_json::from_value::<Vec<f64>>(value.clone())
        .unwrap()
        .into()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

/// Every 50th row, as the script shows.
fn shown(x: &Array2<f64>) -> Array2<f64> {
    x.slice_axis(Axis(0), Slice::from(..).step_by(50))
        .to_owned()
}

#[track_caller]
fn assert_close<D: Dimension>(found: &ArrayRef<f64, D>, expected: &ArrayRef<f64, D>) {
    assert_eq!(found.shape(), expected.shape());
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE;
    assert!(found.iter().zip(expected).all(close), "{found}\n{expected}");
}

fn check_pca(pca: &Pca<f64>, x: &Array2<f64>, expected: &Value) {
    assert_close(pca.mean(), &vector(&expected["mean"]));
    assert_close(pca.components(), &matrix(&expected["components"]));
    assert_close(
        pca.explained_variance(),
        &vector(&expected["explained_variance"]),
    );
    let ratio = &expected["explained_variance_ratio"];
    assert_close(pca.explained_variance_ratio(), &vector(ratio));
    let z = pca.transform(x).unwrap();
    assert_close(&shown(&z), &matrix(&expected["transformed"]));
    let back = pca.inverse_transform(&z).unwrap();
    assert_close(&shown(&back), &matrix(&expected["inverse"]));
}

#[test]
fn iris_is_scikit_learns() {
    assert_eq!(iris::<f64>().features(), matrix(&reference("iris")));
}

#[test]
fn standard_scaler() {
    let iris = iris();
    let scaler = StandardScaler::fit(iris.features()).unwrap();
    let expected = reference("standard");
    assert_close(scaler.mean(), &vector(&expected["mean"]));
    assert_close(scaler.scale(), &vector(&expected["scale"]));
    let z = scaler.transform(iris.features()).unwrap();
    assert_close(&shown(&z), &matrix(&expected["transformed"]));
}

#[test]
fn columns_constant_up_to_rounding_have_scale_1() {
    let expected = reference("nearly_constant");
    let scaler = StandardScaler::fit(&matrix(&expected["x"])).unwrap();
    assert_eq!(scaler.scale(), vector(&expected["scale"]));
}

#[test]
fn min_max_scaler() {
    let iris = iris();
    let scaler = MinMaxScaler::fit_range(iris.features(), -1.0, 1.0).unwrap();
    let expected = reference("min_max");
    assert_close(scaler.min(), &vector(&expected["min"]));
    assert_close(scaler.range(), &vector(&expected["range"]));
    let z = scaler.transform(iris.features()).unwrap();
    assert_close(&shown(&z), &matrix(&expected["transformed"]));
}

#[test]
fn principal_components() {
    let iris = iris();
    for (i, expected) in reference("pca").as_array().unwrap().iter().enumerate() {
        let pca = Pca::fit(iris.features(), i + 1).unwrap();
        check_pca(&pca, iris.features(), expected);
    }
}

#[test]
fn principal_components_of_standardised_rows() {
    let iris = iris();
    let scaler = StandardScaler::fit(iris.features()).unwrap();
    let x = scaler.transform(iris.features()).unwrap();
    check_pca(
        &Pca::fit(&x, 2).unwrap(),
        &x,
        &reference("pca_standardised"),
    );
}

#[test]
fn principal_components_of_fewer_rows_than_columns() {
    let x = iris().features().select(Axis(0), &[0, 60, 120]);
    check_pca(&Pca::fit(&x, 2).unwrap(), &x, &reference("pca_wide"));
}
