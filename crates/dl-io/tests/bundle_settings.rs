//! A bundle's settings survive a round trip, and outputs are mapped to classes.

use dl_data::{MinMaxScaler, Pca, StandardScaler};
use dl_io::{Bundle, Preprocessing};
use dl_nn::ndarray::{Array2, ArrayD, array};
use dl_nn::prelude::*;

fn model(inputs: usize) -> Model<f32> {
    let network = Sequential::input([inputs]).push(Dense::new(2));
    network.build(1).unwrap()
}

fn reloaded(bundle: &Bundle<f32>) -> Bundle<f32> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    bundle.save(&path).unwrap();
    Bundle::load(&path).unwrap()
}

#[test]
fn all_settings_survive_a_round_trip() {
    let rows = array![[1.0_f32, 2.0, 3.0], [4.0, 0.0, 5.0], [-1.0, 1.0, 1.0]];
    let scaler = StandardScaler::fit(&rows).unwrap();
    let pca = Pca::fit(&rows, 2).unwrap();
    let steps = [Preprocessing::Divide(2.0), scaler.into(), pca.into()];
    let mut bundle = Bundle::new(model(2))
        .with_class_names(["cat", "dog"])
        .with_feature_names(["length", "width", "height"])
        .with_training(serde_json::json!({ "epochs": 3 }))
        .with_data_sha256("abc");
    for step in steps.clone() {
        bundle = bundle.with_preprocessing(step);
    }
    for bundle in [&bundle, &reloaded(&bundle)] {
        assert_eq!(bundle.class_names(), ["cat", "dog"]);
        assert_eq!(bundle.feature_names(), ["length", "width", "height"]);
        // that of the first fitted step
        assert_eq!(bundle.input_shape(), [3]);
        assert_eq!(bundle.preprocessing(), steps);
        assert_eq!(bundle.output(), Identity);
        assert_eq!(bundle.training()["epochs"], 3);
        assert_eq!(bundle.data_sha256(), Some("abc"));
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(bundle.library(), format!("dl-io {version}"));
        assert_eq!(bundle.model().weights(), model(2).weights());
    }
    assert_eq!(bundle.into_model().weights(), model(2).weights());
    let names = steps.map(|step| step.name());
    assert_eq!(names, ["Divide", "StandardScaler", "Pca"]);
    let range = Preprocessing::from(MinMaxScaler::fit(&rows).unwrap());
    assert_eq!(range.name(), "MinMaxScaler");
}

#[test]
fn unset_fields_are_empty() {
    let bundle = reloaded(&Bundle::new(model(2)));
    assert!(bundle.class_names().is_empty() && bundle.feature_names().is_empty());
    assert!(bundle.preprocessing().is_empty() && bundle.training().is_null());
    assert_eq!(
        (bundle.input_shape(), bundle.data_sha256()),
        (&[2][..], None)
    );
    // an explicit shape is kept
    let rows = array![[1.0_f32, 2.0, 3.0, 5.0], [4.0, 0.0, 5.0, 2.0]];
    let scaler = StandardScaler::fit(&rows).unwrap();
    let bundle = Bundle::new(model(4))
        .with_input_shape([2, 2])
        .with_preprocessing(scaler);
    assert_eq!(reloaded(&bundle).input_shape(), [2, 2]);
}

/// The first of the largest outputs; for a single output, whether it is above ½.
#[test]
fn the_class_of_a_prediction() {
    let classes = |answers: Array2<f32>| {
        let answers: ArrayD<f32> = answers.into_dyn();
        Bundle::most_probable(&answers)
    };
    assert_eq!(
        classes(array![[0.2, 0.5, 0.3], [0.4, 0.2, 0.4], [-3.0, -2.0, -1.0]]),
        [1, 0, 2]
    );
    assert_eq!(classes(array![[0.5], [0.6], [0.4]]), [0, 1, 0]);
}

/// More samples than in one block: predictions are independent of the block, and errors have the right index.
#[test]
fn samples_beyond_the_first_few_hundred() {
    let bundle = Bundle::new(model(2)).with_preprocessing(Preprocessing::Divide(2.0));
    let n = 600;
    let mut x = Array2::from_shape_fn((n, 2), |(i, j)| ((2 * i + j) as f32).sin());
    let all = bundle.predict(&x).unwrap();
    assert_eq!(all.shape(), [n, 2]);
    let by_model = model(2).predict(&x.mapv(|x| x / 2.0)).unwrap();
    assert_eq!(all, by_model);
    x[[555, 1]] = f32::INFINITY;
    let error = bundle.predict(&x).unwrap_err().to_string();
    assert!(error.contains("sample 555"), "{error}");
    // finite, but it overflows when multiplied by weights and added
    x.row_mut(555).fill(f32::MAX);
    let mut large = model(2);
    for (_, mut value) in large.params_mut() {
        value.fill(4.0);
    }
    let error = Bundle::new(large).predict(&x).unwrap_err().to_string();
    assert!(
        error.starts_with("the prediction for sample 555 is inf"),
        "{error}"
    );
}
