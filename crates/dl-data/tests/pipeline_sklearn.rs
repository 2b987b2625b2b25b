//! Pipelines compared with scikit-learn's `ColumnTransformer`; `reference/pipeline.py` generates the values.

use dl_data::ndarray::{Array2, ArrayRef2};
use dl_data::{
    Categorical, Csv, Encode, Fill, FittedPipeline, Impute, Numeric, Pipeline, QuantileOutput,
    Scale, Table,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

/// Rows that it is fitted on.
const TRAIN: usize = 60;

const NUMBERS: [&str; 5] = ["age", "income", "rooms", "weight", "same"];

fn reference(case: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/pipeline.json")).unwrap();
    all[case].clone()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn rows() -> (Table, Table) {
    let csv = include_bytes!("reference/pipeline.csv");
    let table = Csv::new().read_table(&csv[..], "pipeline.csv").unwrap();
    let rows: Vec<usize> = (0..table.len()).collect();
    let (train, test) = rows.split_at(TRAIN);
    (table.select(train).unwrap(), table.select(test).unwrap())
}

/// The number with what it is compared to, relative to what is large.
#[track_caller]
fn assert_close(found: f64, expected: f64, place: &str) {
    let tolerance = TOLERANCE * expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= tolerance,
        "{place}: {found}, expected {expected}"
    );
}

fn assert_matrix(found: &ArrayRef2<f64>, expected: &ArrayRef2<f64>, names: &[String]) {
    assert_eq!(found.dim(), expected.dim(), "{names:?}");
    for ((row, column), &found) in found.indexed_iter() {
        let place = format!("row {row}, {}", names[column]);
        assert_close(found, expected[[row, column]], &place);
    }
}

fn check(case: &str, pipeline: Pipeline) -> FittedPipeline {
    let (train, test) = rows();
    let fitted = pipeline.fit(&train).unwrap();
    let expected = reference(case);
    let names = fitted.feature_names();
    let z = fitted.transform::<f64>(&test).unwrap();
    assert_matrix(&z, &matrix(&expected["test"]), &names);
    let train = fitted.transform::<f64>(&train).unwrap();
    assert_matrix(&train, &matrix(&expected["train"]), &names);
    if let Some(back) = expected["inverse"].as_array() {
        let found = fitted.inverse_transform(&z).unwrap();
        for (name, values) in NUMBERS.iter().zip(back) {
            let found = found.numbers(name).unwrap();
            let values: Vec<f64> = serde_json::from_value(values.clone()).unwrap();
            assert_eq!(found.len(), values.len());
            for (row, (&found, value)) in found.iter().zip(values).enumerate() {
                // where the indicator says so, it is a gap again
                if !found.is_nan() {
                    assert_close(found, value, &format!("{name} back, row {row}"));
                }
            }
        }
    }
    fitted
}

fn all(impute: Impute, scale: Scale) -> Pipeline {
    Pipeline::new().numbers(Numeric::new().impute(impute).scale(scale))
}

#[test]
fn the_default() {
    check("default", Pipeline::new());
}

#[test]
fn mean_and_a_category_of_its_own() {
    let numbers = Numeric::new().impute(Impute::Mean).indicator();
    let scale = Scale::MinMax {
        low: -1.0,
        high: 2.0,
    };
    let categories = Categorical::new().impute(Fill::Constant("unknown".into()));
    let pipeline = Pipeline::new()
        .numbers(numbers.scale(scale))
        .categories(categories);
    let fitted = check("mean, min-max, indicator, unknown", pipeline);
    let names = fitted.feature_names();
    let expected: Vec<String> = serde_json::from_value(reference("names")).unwrap();
    let cities = names.iter().filter(|name| name.starts_with("city_"));
    assert_eq!(cities.cloned().collect::<Vec<_>>(), expected);
    assert!(
        names.contains(&"missingindicator_age".to_owned()),
        "{names:?}"
    );
    // the training rows have all of them
    assert!(
        !names.contains(&"missingindicator_rooms".to_owned()),
        "{names:?}"
    );
}

#[test]
fn robust_scales_and_ordinal_categories() {
    let ordinal = Categorical::new().encode(Encode::Ordinal(None));
    let pipeline = all(Impute::Constant(7.5), Scale::robust()).categories(ordinal);
    check("constant, robust, ordinal", pipeline);
    let scale = Scale::Robust {
        lower: 0.1,
        upper: 0.8,
    };
    let pipeline = all(Impute::MostFrequent, scale);
    check("most frequent, robust in 10 to 80 %", pipeline);
}

#[test]
fn quantiles() {
    let scale = |quantiles, output| Scale::Quantile { quantiles, output };
    check("normal quantiles", all(Impute::Median, Scale::quantile()));
    let normal = scale(17, QuantileOutput::Normal);
    check("17 normal quantiles", all(Impute::Mean, normal));
    let uniform = scale(10, QuantileOutput::Uniform);
    check("10 uniform quantiles", all(Impute::Median, uniform));
}

#[test]
fn principal_components() {
    let fitted = check("4 principal components", Pipeline::new().pca(4));
    assert_eq!(fitted.feature_names(), ["pca0", "pca1", "pca2", "pca3"]);
}
