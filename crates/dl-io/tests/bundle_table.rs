//! Bundles that take the rows of tables: what they predict, before and after a file, and what they refuse.

use dl_data::ndarray::{Array1, Array2, array};
use dl_data::{
    Categorical, Csv, Fill, FittedPipeline, Numeric, Pipeline, Scale, Series, Table, TargetScaler,
};
use dl_io::{Bundle, PredictError};
use dl_nn::prelude::*;

const HOMES: &str = "\
rooms,area,city,sold,price
3,80,Oslo,2024-01-31,250
2,,Rome,2024-02-01,180
4,120,Oslo,2023-06-05,400
3,75,,2022-01-01,240
2,50,Bonn,,150
";

fn homes() -> (Table, Array1<f64>) {
    let csv = Csv::new().dates(["sold"]);
    let table = csv.read_table(HOMES.as_bytes(), "homes.csv").unwrap();
    let data = table.target("price").unwrap();
    (data.features().clone(), data.target().clone())
}

fn pipeline(rows: &Table) -> FittedPipeline {
    let area = Numeric::new().indicator().scale(Scale::quantile());
    let city = Categorical::new().impute(Fill::Constant("elsewhere".into()));
    let pipeline = Pipeline::new().column("area", area).column("city", city);
    pipeline.fit(rows).unwrap()
}

fn model<F: Scalar>(inputs: usize, outputs: usize) -> Model<F> {
    let network = Sequential::input([inputs])
        .push(Dense::new(4).activation(Tanh))
        .push(Dense::new(outputs));
    network.build(1).unwrap()
}

fn reloaded<F: Scalar>(bundle: &Bundle<F>) -> Bundle<F> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    bundle.save(&path).unwrap();
    Bundle::load(&path).unwrap()
}

fn regression<F: Scalar>() -> (Bundle<F>, Table, Array2<F>) {
    let (rows, prices) = homes();
    let pipeline = pipeline(&rows);
    let target = TargetScaler::fit(Scale::Standard, &prices).unwrap();
    let model = model::<F>(pipeline.width(), 1);
    let outputs = model.predict_matrix(&pipeline.transform::<F>(&rows).unwrap());
    let expected = target.inverse_transform(&outputs.unwrap());
    let bundle = Bundle::new(model)
        .with_pipeline(pipeline)
        .with_target(target);
    (bundle, rows, expected)
}

fn predictions_are_in_the_units_of_the_target<F: Scalar>() {
    let (bundle, rows, expected) = regression::<F>();
    assert_eq!(bundle.predict_table(&rows).unwrap(), expected);
    let loaded = reloaded(&bundle);
    assert_eq!(loaded.pipeline(), bundle.pipeline());
    assert_eq!(loaded.predict_table(&rows).unwrap(), expected);

    // by name: another order, further columns, and raw rows of a kind that does not show
    let text = "remark,city,area,sold,rooms\nx,,75,2022-01-01,3\n";
    let csv = loaded.csv().unwrap();
    let row = csv.read_table(text.as_bytes(), "new.csv").unwrap();
    let found = loaded.predict_table(&row).unwrap();
    assert_eq!(found.row(0), expected.row(3));
}

#[test]
fn of_both_scalars() {
    predictions_are_in_the_units_of_the_target::<f32>();
    predictions_are_in_the_units_of_the_target::<f64>();
}

#[test]
fn more_rows_than_are_predicted_at_once() {
    let (bundle, rows, expected) = regression::<f32>();
    let many: Vec<usize> = (0..1000).map(|row| row * row % 5).collect();
    let found = bundle.predict_table(&rows.select(&many).unwrap()).unwrap();
    for (&row, found) in many.iter().zip(found.rows()) {
        assert_eq!(found, expected.row(row));
    }
    // an error counts rows from the beginning
    let areas = (0..1000).map(|row| if row == 700 { 1e300 } else { 50.0 });
    let pipeline = Pipeline::new()
        .numbers(Numeric::new().scale(Scale::None))
        .fit(&Table::new([("area", Series::Numbers(vec![50.0]))]).unwrap());
    let bundle = Bundle::new(model::<f32>(1, 1)).with_pipeline(pipeline.unwrap());
    let table = Table::new([("area", Series::Numbers(areas.collect()))]).unwrap();
    let error = bundle.predict_table(&table).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "row 700 of `area` is {} after its steps, which is not a finite f32",
            1e300
        )
    );
}

#[test]
fn classes_have_names() {
    let (rows, _) = homes();
    let pipeline = pipeline(&rows);
    let x = pipeline.transform::<f32>(&rows).unwrap();
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::new(model(x.ncols(), 3), loss, Adam::new(0.05)).unwrap();
    trainer.fit(&x, [0, 1, 0, 2, 1], Fit::epochs(200)).unwrap();
    let bundle = Bundle::from_trainer(&trainer)
        .with_pipeline(pipeline)
        .with_class_names(["dear", "cheap", "fair"]);
    let bundle = reloaded(&bundle);
    assert_eq!(
        bundle.predict_table_classes(&rows).unwrap(),
        [0, 1, 0, 2, 1]
    );
    let names = bundle.predict_table_names(&rows).unwrap();
    assert_eq!(names, ["dear", "cheap", "dear", "fair", "cheap"]);
    let sums = bundle
        .predict_table(&rows)
        .unwrap()
        .sum_axis(ndarray::Axis(1));
    assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-6));
}

#[test]
fn what_is_refused() {
    let (bundle, rows, _) = regression::<f32>();
    let error = bundle.predict(&array![[1.0_f32]]).unwrap_err();
    assert!(matches!(error, PredictError::NeedsTable), "{error}");
    assert!(bundle.predict_table_names(&rows).is_err());
    let error = bundle.predict_table(&rows.clone().without("city").unwrap());
    assert_eq!(
        error.unwrap_err().to_string(),
        "no column `city`; the columns are rooms, area, sold"
    );
    let without = Bundle::new(model::<f32>(2, 1));
    let error = without.predict_table(&rows).unwrap_err();
    assert!(matches!(error, PredictError::NoPipeline), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    let wide = Bundle::new(model::<f32>(3, 1)).with_pipeline(pipeline(&rows));
    let error = wide.save(&path).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot save: the model expects samples of shape [3], but preprocessing outputs [8]"
    );
    let other = Bundle::new(model::<f32>(3, 1)).with_pipeline(pipeline(&rows));
    let error = other.with_input_shape([3]).save(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot save: the pipeline outputs rows of 8 values, but the input shape is [3]"
    );
}
