//! A stored transformer must not have unknown fields or invalid values.

use dl_data::ndarray::{Array2, array};
use dl_data::{MinMaxScaler, Pca, StandardScaler};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn scaler() -> Value {
    let x = array![[1.0, 2.0], [3.0, 5.0]];
    serde_json::to_value(StandardScaler::fit(&x).unwrap()).unwrap()
}

fn min_max() -> Value {
    let x = array![[1.0, 2.0], [3.0, 5.0]];
    serde_json::to_value(MinMaxScaler::fit(&x).unwrap()).unwrap()
}

fn pca() -> Value {
    let x = array![[1.0, 2.0], [3.0, 5.0], [4.0, 1.0]];
    serde_json::to_value(Pca::fit(&x, 1).unwrap()).unwrap()
}

#[track_caller]
fn rejected<T: DeserializeOwned + std::fmt::Debug>(stored: Value, expected: &str) {
    let error = serde_json::from_value::<T>(stored).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

fn with(mut stored: Value, field: &str, value: Value) -> Value {
    stored[field] = value;
    stored
}

fn numbers(values: &[f64]) -> Value {
    json!({"v": 1, "dim": [values.len()], "data": values})
}

#[test]
fn unknown_fields() {
    let unknown = "unknown field `std_`";
    rejected::<StandardScaler<f64>>(with(scaler(), "std_", json!(1)), unknown);
    rejected::<MinMaxScaler<f64>>(with(min_max(), "std_", json!(1)), unknown);
    rejected::<Pca<f32>>(with(pca(), "std_", json!(1)), unknown);
    // also inside an array
    let mut stored = scaler();
    stored["mean"]["strides"] = json!([1]);
    rejected::<StandardScaler<f64>>(stored, "strides");
}

#[test]
fn missing_fields() {
    for (field, stored) in [("scale", scaler()), ("mean", scaler())] {
        let mut stored = stored;
        stored.as_object_mut().unwrap().remove(field);
        rejected::<StandardScaler<f64>>(stored, &format!("missing field `{field}`"));
    }
}

#[test]
fn values_that_cannot_be() {
    let scale = |value: Value| {
        with(
            scaler(),
            "scale",
            json!({"v": 1, "dim": [2], "data": [1.0, value]}),
        )
    };
    rejected::<StandardScaler<f64>>(
        scale(json!(0.0)),
        "scale 1 is 0, but must be finite and positive",
    );
    rejected::<StandardScaler<f64>>(
        scale(json!(-1.0)),
        "scale 1 is -1, but must be finite and positive",
    );
    rejected::<StandardScaler<f32>>(
        scale(json!(1e39)),
        "scale 1 is inf, but must be finite and positive",
    );
    // as JSON writes NaN
    rejected::<StandardScaler<f64>>(scale(Value::Null), "null");
    rejected::<MinMaxScaler<f64>>(
        with(min_max(), "range", numbers(&[1.0, 0.0])),
        "range 1 is 0, but must be finite and positive",
    );
    rejected::<MinMaxScaler<f64>>(
        with(min_max(), "low", json!(2.0)),
        "the range 2 to 1 must be finite and increasing",
    );
    rejected::<Pca<f64>>(
        with(pca(), "explained_variance", numbers(&[-1.0])),
        "explained variance 0 is -1, but must be finite and not negative",
    );
    rejected::<Pca<f64>>(
        with(pca(), "explained_variance_ratio", numbers(&[1.5])),
        "explained variance ratio 0 is 1.5, but must be in [0, 1]",
    );
}

#[test]
fn shapes_that_do_not_fit() {
    rejected::<StandardScaler<f64>>(
        with(scaler(), "scale", numbers(&[1.0])),
        "1 values of scale, expected 2",
    );
    rejected::<StandardScaler<f64>>(with(scaler(), "mean", numbers(&[])), "StandardScaler");
    rejected::<MinMaxScaler<f64>>(
        with(min_max(), "range", numbers(&[1.0])),
        "1 values of range, expected 2",
    );
    rejected::<Pca<f64>>(
        with(pca(), "mean", numbers(&[1.0])),
        "1 values of mean, expected 2",
    );
    rejected::<Pca<f64>>(
        with(pca(), "explained_variance", numbers(&[1.0, 1.0])),
        "2 values of explained variance",
    );
    let none = serde_json::to_value(Array2::<f64>::zeros((0, 2))).unwrap();
    rejected::<Pca<f64>>(with(pca(), "components", none), "the data is empty");
    for dim in [json!([3]), json!([u64::MAX]), json!([2, 1])] {
        let mut stored = scaler();
        stored["mean"]["dim"] = dim;
        serde_json::from_value::<StandardScaler<f64>>(stored).unwrap_err();
    }
}
