//! Digits that single precision or a squared condition number would lose, checked against scikit-learn in double
//! precision and against mpmath; `reference/exact.py` generates the values.

use dl_data::ndarray::{Array1, Array2, ArrayRef, Axis, Dimension, Slice, array};
use dl_data::{DatasetError, MinMaxScaler, Pca, StandardScaler};
use serde_json::Value;

fn reference(part: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/exact.json")).unwrap();
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

/// The same noise as in the script.
fn noise(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut state = seed;
    Array2::from_shape_simple_fn((rows, columns), || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 48) as f64 - 32_768.0) / 32_768.0
    })
}

/// ±1 about 1e6 and −1e6, and a column near 16: the same numbers in `f32` and `f64`.
fn offset() -> Array2<f64> {
    let x = noise(2000, 3, 1) * array![1.0, 1.0, 0.25] * 16.0;
    x.mapv(f64::round_ties_even) / 16.0 + array![1e6, -1e6, 16.0]
}

#[track_caller]
fn assert_close<D: Dimension>(
    found: &ArrayRef<f64, D>,
    expected: &ArrayRef<f64, D>,
    tolerance: f64,
) {
    assert_eq!(found.shape(), expected.shape());
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance;
    assert!(found.iter().zip(expected).all(close), "{found}\n{expected}");
}

#[track_caller]
fn assert_digits(found: &Array1<f64>, expected: &Array1<f64>, relative: f64) {
    assert_close(&(found / expected), &Array1::ones(expected.len()), relative);
}

/// Columns whose squares underflow, and columns of subnormal numbers: scaling by a power of two changes no digit.
/// scikit-learn treats all of them as constant.
#[test]
fn columns_of_tiny_values_do_differ() {
    let x = noise(50, 3, 9).mapv(|x| (x * 1024.0).round());
    let scaler = StandardScaler::fit(&x).unwrap();
    let pca = Pca::fit(&x, 3).unwrap();
    // 1024 · 2⁻¹⁰⁷⁰ is subnormal
    for exponent in [-480, -600, -1000, -1060, -1070] {
        let factor = 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2);
        let tiny = &x * factor;
        let fitted = StandardScaler::fit(&tiny).unwrap();
        let tolerance = if exponent < -1000 { 2e-2 } else { 1e-13 };
        let scale = fitted.scale() / scaler.scale() / factor;
        assert_close(&scale, &Array1::ones(3), tolerance);
        let scaled = fitted.transform(&tiny).unwrap();
        assert_close(&scaled, &scaler.transform(&x).unwrap(), 5.0 * tolerance);
        assert_close(
            &fitted.inverse_transform(&scaled).unwrap(),
            &tiny,
            1e-13 * 1024.0 * factor + 5e-324,
        );
        let fitted = Pca::fit(&tiny, 3).unwrap();
        assert_close(fitted.components(), pca.components(), 20.0 * tolerance);
        let ratio = |pca: &Pca<f64>| pca.explained_variance_ratio().clone();
        assert_close(&ratio(&fitted), &ratio(&pca), tolerance);
    }
    // constant columns still are
    for value in [0.0, 5e-324, 1e-310, 1e-200, -1e-160] {
        let x = Array2::from_elem((7, 1), value);
        let scaler = StandardScaler::fit(&x).unwrap();
        assert_eq!(scaler.scale(), array![1.0], "{value}");
        assert!(matches!(
            Pca::fit(&x, 1),
            Err(DatasetError::NoVariance { rows: 7 })
        ));
    }
    // f32: their squares are normal numbers of f64
    let tiny = x.mapv(|x| x as f32 * 1e-40);
    let scaled = StandardScaler::fit(&tiny).unwrap().transform(&tiny);
    let scaled = scaled.unwrap().mapv(f64::from);
    assert_close(&scaled, &scaler.transform(&x).unwrap(), 2e-3);
    let smallest = f32::from_bits(1);
    let x = Array2::from_shape_fn((100, 1), |(row, _)| if row == 0 { smallest } else { 0.0 });
    assert_eq!(StandardScaler::fit(&x).unwrap().scale(), array![1.0]);
}

fn first_rows(x: &Array2<f64>) -> Array2<f64> {
    x.slice_axis(Axis(0), Slice::from(..5)).to_owned()
}

#[test]
fn single_precision_far_from_zero_is_scaled_to_its_last_digits() {
    let expected = reference("offset");
    let x = offset().mapv(|x| x as f32);
    assert_eq!(x.mapv(f64::from), offset());
    let scaler = StandardScaler::fit(&x).unwrap();
    assert_close(scaler.mean(), &vector(&expected["mean"]), 1e-9);
    assert_digits(
        &scaler.scale().mapv(f64::from),
        &vector(&expected["scale"]),
        1e-7,
    );
    let z = scaler.transform(&x).unwrap();
    assert_close(
        &first_rows(&z.mapv(f64::from)),
        &matrix(&expected["standard"]),
        3e-7,
    );
    // steps of 1/16 there
    assert_eq!(scaler.inverse_transform(&z).unwrap(), x);

    let z = MinMaxScaler::fit(&x).unwrap().transform(&x).unwrap();
    assert_close(
        &first_rows(&z.mapv(f64::from)),
        &matrix(&expected["min_max"]),
        2e-7,
    );
}

#[test]
fn double_precision_agrees_with_scikit_learn() {
    let expected = reference("offset");
    let x = offset();
    let scaler = StandardScaler::fit(&x).unwrap();
    assert_close(scaler.mean(), &vector(&expected["mean"]), 1e-9);
    assert_digits(scaler.scale(), &vector(&expected["scale"]), 1e-13);
    assert_close(
        &first_rows(&scaler.transform(&x).unwrap()),
        &matrix(&expected["standard"]),
        1e-9,
    );
}

#[test]
fn components_of_single_precision_far_from_zero() {
    let expected = &reference("offset")["pca"];
    let x = offset().mapv(|x| x as f32);
    let pca = Pca::fit(&x, 3).unwrap();
    assert_close(
        &pca.components().mapv(f64::from),
        &matrix(&expected["components"]),
        1e-7,
    );
    let variance = pca.explained_variance().mapv(f64::from);
    assert_digits(&variance, &vector(&expected["explained_variance"]), 1e-7);
    let z = pca.transform(&x).unwrap();
    assert_close(
        &first_rows(&z.mapv(f64::from)),
        &matrix(&expected["transformed"]),
        3e-7,
    );
    assert_eq!(pca.inverse_transform(&z).unwrap(), x);
}

#[test]
fn components_of_columns_of_very_different_sizes() {
    let expected = reference("sizes");
    let sizes = array![1_048_576.0, 1.0, 1.0 / 1_048_576.0];
    let pca = Pca::fit(&(noise(40, 3, 2) * &sizes), 3).unwrap();
    // 24 digits apart
    assert_digits(
        pca.explained_variance(),
        &vector(&expected["explained_variance"]),
        1e-12,
    );
    assert_close(pca.components(), &matrix(&expected["components"]), 1e-14);
}

#[test]
fn components_of_columns_that_nearly_depend_on_each_other() {
    let expected = reference("collinear");
    let mut x = noise(40, 3, 3);
    for mut row in x.rows_mut() {
        row[2] = row[0] + row[1] + row[2] / f64::from(1 << 30);
    }
    for x in [x.clone(), x.mapv(|x| x * 1e-120), x.mapv(|x| x * 1e120)] {
        let size = x[[0, 0]] / noise(1, 1, 3)[[0, 0]];
        let pca = Pca::fit(&x, 3).unwrap();
        // the last is 7e-20 of the first: the covariance has lost all its digits
        let variance = pca.explained_variance() / (size * size);
        assert_digits(&variance, &vector(&expected["explained_variance"]), 1e-6);
        assert_close(pca.components(), &matrix(&expected["components"]), 1e-14);
    }
}

#[test]
fn columns_constant_up_to_rounding_have_no_variance() {
    // as for the scaler, by scikit-learn's bound: see tests/transform_sklearn.rs
    let x = array![[0.1, 1e9], [0.1, 1e9], [0.1, 1e9 + 1e-6]];
    assert_eq!(StandardScaler::fit(&x).unwrap().scale(), array![1.0, 1.0]);
    let error = Pca::fit(&x, 1).unwrap_err();
    assert_eq!(error, DatasetError::NoVariance { rows: 3 });
    let mean = array![[0.1], [0.1], [0.1], [0.1], [0.1], [0.1]];
    assert_eq!(
        Pca::fit(&mean, 1).unwrap_err(),
        DatasetError::NoVariance { rows: 6 }
    );
    // next to a column that varies, they contribute nothing
    let x = array![[0.1, 1e9, 1.0], [0.1, 1e9, 2.0], [0.1, 1e9 + 1e-6, 4.0]];
    let pca = Pca::fit(&x, 2).unwrap();
    assert_eq!(pca.components().row(0), array![0.0, 0.0, 1.0]);
    assert_eq!(pca.explained_variance_ratio(), array![1.0, 0.0]);
}

#[test]
fn a_spread_below_the_smallest_number_is_none() {
    let smallest = f32::from_bits(1);
    let mut x = Array2::<f32>::zeros((1000, 1));
    x[[0, 0]] = smallest;
    let scaler = StandardScaler::fit(&x).unwrap();
    assert_eq!(scaler.scale(), array![1.0]);
    assert!(scaler.transform(&x).unwrap().iter().all(|z| z.is_finite()));
}
