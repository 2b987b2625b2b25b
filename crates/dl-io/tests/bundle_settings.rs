//! A bundle's settings survive a round trip, and outputs are mapped to classes.

use std::error::Error;

use dl_data::{MinMaxScaler, Pca, StandardScaler};
use dl_io::{Bundle, Divide, Inverse, Transform, TransformRegistry};
use dl_nn::Registry;
use dl_nn::metrics::Temperature;
use dl_nn::ndarray::{Array2, ArrayD, Axis, array};
use dl_nn::prelude::*;
use serde_json::json;

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
    let targets = StandardScaler::fit(&array![[3.0, 5.0], [1.0, 6.0]]).unwrap();
    let bundle = Bundle::new(model(2))
        .with_preprocessing(Divide(2.0))
        .with_preprocessing(scaler.clone())
        .with_preprocessing(pca.clone())
        .with_postprocessing(Inverse(targets.clone()))
        .with_class_names(["cat", "dog"])
        .with_feature_names(["length", "width", "height"])
        .with_training(json!({ "epochs": 3 }))
        .with_data_sha256("abc");
    let described = |transforms: &[Box<dyn Transform<f32>>]| {
        let all = transforms.iter();
        let all = all.map(|transform| (transform.kind(), transform.settings().unwrap()));
        all.collect::<Vec<_>>()
    };
    for bundle in [&bundle, &reloaded(&bundle)] {
        assert_eq!(bundle.class_names(), ["cat", "dog"]);
        assert_eq!(bundle.feature_names(), ["length", "width", "height"]);
        // that of the first fitted step
        assert_eq!(bundle.input_shape(), [3]);
        let steps = [
            ("Divide", json!(2.0)),
            ("StandardScaler", json!(scaler)),
            ("Pca", json!(pca)),
        ];
        assert_eq!(described(bundle.preprocessing()), steps);
        let inverse = [("InverseStandardScaler", json!(targets))];
        assert_eq!(described(bundle.postprocessing()), inverse);
        assert_eq!(bundle.output(), Identity);
        assert_eq!(bundle.training()["epochs"], 3);
        assert_eq!(bundle.data_sha256(), Some("abc"));
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(bundle.library(), format!("dl-io {version}"));
        assert_eq!(bundle.model().weights(), model(2).weights());
    }
    assert_eq!(bundle.into_model().weights(), model(2).weights());
}

/// The network outputs standardised targets, and the bundle those of the data.
#[test]
fn targets_are_scaled_back() {
    let targets = array![[100.0_f32, -1.0], [300.0, 3.0], [500.0, -5.0]];
    let x = array![[1.0_f32, 2.0], [0.0, -1.0]];
    let outputs = model(2).predict(&x).unwrap();
    let outputs = outputs.into_dimensionality().unwrap();
    let standard = StandardScaler::fit(&targets).unwrap();
    let range = MinMaxScaler::fit(&targets).unwrap();
    let expected = standard.inverse_transform(&outputs).unwrap().into_dyn();
    let bundle = Bundle::new(model(2)).with_postprocessing(Inverse(standard));
    assert_eq!(reloaded(&bundle).predict(&x).unwrap(), expected);
    let expected = range.inverse_transform(&outputs).unwrap().into_dyn();
    let bundle = Bundle::new(model(2)).with_postprocessing(Inverse(range));
    assert_eq!(reloaded(&bundle).predict(&x).unwrap(), expected);

    let folder = tempfile::tempdir().unwrap();
    let single = StandardScaler::fit(&array![[1.0_f32], [2.0]]).unwrap();
    let wrong = Bundle::new(model(2)).with_postprocessing(Inverse(single));
    let error = wrong.save(folder.path().join("m.dl")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot save: postprocessing 1 (InverseStandardScaler): samples of shape [2] have 2 values, \
         but it expects 1"
    );
}

/// A classifier keeps the temperature that calibrates it.
#[test]
fn probabilities_are_calibrated() {
    let x = array![[1.0_f32, 2.0], [0.0, -1.0], [30.0, -40.0]];
    let logits = model(2).predict_matrix(&x).unwrap();
    let temperature = Temperature::new(2.5).unwrap();
    let trainer = Trainer::new(model(2), SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    let bundle = Bundle::from_trainer(&trainer).with_postprocessing(temperature);
    for bundle in [&bundle, &reloaded(&bundle)] {
        let found = bundle.predict_matrix(&x).unwrap();
        for (p, expected) in found.iter().zip(&temperature.probabilities(&logits)) {
            assert!((p - expected).abs() <= 1e-6, "{p} is not {expected}");
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let one_output: Model<f32> = Sequential::input([2]).push(Dense::new(1)).build(1).unwrap();
    let one_output = Bundle::new(one_output).with_postprocessing(temperature);
    let error = one_output.save(folder.path().join("m.dl")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot save: postprocessing 1 (Temperature): it calibrates the probabilities [classes] of at least 2 \
         classes, but gets [1]"
    );
}

/// A transform of one's own: keeps one column.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    index: usize,
}

impl Transform<f32> for Column {
    fn kind(&self) -> &'static str {
        "Column"
    }

    fn settings(&self) -> Option<serde_json::Value> {
        serde_json::to_value(self).ok()
    }

    fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        match shape {
            [columns] if self.index < *columns => Ok(vec![1]),
            _ => Err(format!("there is no column {}", self.index)),
        }
    }

    fn transform(&self, x: ArrayD<f32>) -> Result<ArrayD<f32>, Box<dyn Error + Send + Sync>> {
        match x.sum() {
            0.0 => Err("the sum is 0".into()),
            _ => Ok(x.select(Axis(1), &[self.index])),
        }
    }
}

#[test]
fn user_defined_transforms_are_registered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    let bundle = Bundle::new(model(2)).with_postprocessing(Column { index: 1 });
    bundle.save(&path).unwrap();
    let error = Bundle::<f32>::load(&path).unwrap_err().to_string();
    let unknown = "postprocessing 1: its kind is `Column`, but the kinds known here are Divide, \
                   InverseMinMaxScaler, InverseStandardScaler, InverseTargetScaler, MinMaxScaler, Pca, \
                   StandardScaler, Temperature";
    assert!(error.ends_with(unknown), "{error}");
    let transforms = TransformRegistry::new().with::<Column>("Column");
    let again = Bundle::load_with(&path, &Registry::new(), &transforms).unwrap();
    let x = array![[1.0_f32, 2.0]];
    let expected = model(2).predict(&x).unwrap().select(Axis(1), &[1]);
    assert_eq!(again.predict(&x).unwrap(), expected);
    let error = again.predict(&array![[0.0_f32, 0.0]]).unwrap_err();
    assert_eq!(error.to_string(), "postprocessing 1 (Column): the sum is 0");

    let error = Bundle::new(model(2)).with_postprocessing(Column { index: 2 });
    let error = error.save(&path).unwrap_err().to_string();
    assert!(error.ends_with("postprocessing 1 (Column): there is no column 2"));
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
    let bundle = Bundle::new(model(2)).with_preprocessing(Divide(2.0));
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
