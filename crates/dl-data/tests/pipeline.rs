//! Pipelines: that they see training rows alone, what they refuse, and that they are plain data.

use dl_data::ndarray::array;
use dl_data::{
    Categorical, Csv, Encode, Fill, FittedPipeline, Impute, Numeric, Pipeline, QuantileOutput,
    Scale, Series, Table, TargetScaler, Unseen,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn table(text: &str) -> Table {
    Csv::new()
        .dates(["when"])
        .read_table(text.as_bytes(), "t.csv")
        .unwrap()
}

fn numbers(text: &str) -> Table {
    Csv::new().read_table(text.as_bytes(), "t.csv").unwrap()
}

const TEXT: &str = "\
age,city,size,when
31,Oslo,S,2024-01-01
,Rome,M,2024-01-02
45,,L,2024-01-03
52,Rome,M,
";

fn people() -> Table {
    table(TEXT)
}

fn error(pipeline: Pipeline, train: &Table) -> String {
    pipeline.fit(train).unwrap_err().to_string()
}

fn column() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop::collection::vec(prop::option::weighted(0.8, -1e3f64..1e3), 12)
}

fn cells() -> impl Strategy<Value = Vec<Option<String>>> {
    prop::collection::vec(prop::option::weighted(0.8, "[a-d1-3]{1,2}"), 12)
}

fn scale() -> impl Strategy<Value = Scale> {
    prop_oneof![
        Just(Scale::None),
        Just(Scale::Standard),
        Just(Scale::min_max()),
        Just(Scale::robust()),
        Just(Scale::quantile()),
        Just(Scale::Quantile {
            quantiles: 5,
            output: QuantileOutput::Uniform
        }),
    ]
}

fn steps() -> impl Strategy<Value = Pipeline> {
    let impute = prop_oneof![
        Just(Impute::Mean),
        Just(Impute::Median),
        Just(Impute::MostFrequent),
        Just(Impute::Constant(3.0)),
    ];
    let fill = prop_oneof![
        Just(Fill::MostFrequent),
        Just(Fill::Constant("unknown".into()))
    ];
    let encode = prop_oneof![Just(Encode::OneHot), Just(Encode::Ordinal(None))];
    let pca = prop::option::of(1usize..3);
    let all = (impute, scale(), fill, encode, any::<bool>(), pca);
    all.prop_map(|(impute, scale, fill, encode, indicator, pca)| {
        let mut numbers = Numeric::new().impute(impute).scale(scale);
        let mut categories = Categorical::new().impute(fill).encode(encode);
        if indicator {
            (numbers, categories) = (numbers.indicator(), categories.indicator());
        }
        let pipeline = Pipeline::new().numbers(numbers).categories(categories);
        match pca {
            Some(components) => pipeline.pca(components),
            None => pipeline,
        }
    })
}

fn mixed(x: &[Option<f64>], dates: &[Option<f64>], names: &[Option<String>]) -> Table {
    let with_gaps = |values: &[Option<f64>]| values.iter().map(|x| x.unwrap_or(f64::NAN)).collect();
    Table::new([
        ("x", Series::Numbers(with_gaps(x))),
        ("date", Series::Dates(with_gaps(dates))),
        ("name", Series::categories(names.to_vec())),
    ])
    .unwrap()
}

proptest! {
    /// The first eight rows are fitted on; whatever the other four are, nothing fitted changes, nor does the matrix of
    /// the training rows.
    #[test]
    fn test_rows_change_nothing_that_is_fitted(
        pipeline in steps(),
        (x, dates, names) in (column(), column(), cells()),
        (other_x, other_dates, other_names) in (column(), column(), cells()),
    ) {
        let changed = |values: &[Option<f64>], others: &[Option<f64>]| [&values[..8], &others[8..]].concat();
        let train: Vec<usize> = (0..8).collect();
        let one = mixed(&x, &dates, &names);
        let other = mixed(
            &changed(&x, &other_x),
            &changed(&dates, &other_dates),
            &[&names[..8], &other_names[8..]].concat(),
        );
        let (one, other) = (one.select(&train).unwrap(), other.select(&train).unwrap());
        let fitted = match (pipeline.fit(&one), pipeline.fit(&other)) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(&one, &other);
                prop_assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
                one
            }
            (one, other) => {
                // nothing but gaps, or more components than columns
                prop_assert_eq!(one.unwrap_err(), other.unwrap_err());
                return Ok(());
            }
        };
        prop_assert_eq!(fitted.transform::<f64>(&one).unwrap(), fitted.transform::<f64>(&other).unwrap());
    }

    /// Without principal components, what is not missing comes back.
    #[test]
    fn the_inverse_gives_the_rows_back(
        scale in scale(),
        (x, dates, names) in (column(), column(), cells()),
    ) {
        let rows = mixed(&x, &dates, &names);
        let pipeline = Pipeline::new()
            .numbers(Numeric::new().impute(Impute::Constant(0.0)).indicator().scale(scale))
            .categories(Categorical::new().impute(Fill::Constant("?".into())).indicator());
        let fitted = pipeline.fit(&rows).unwrap();
        let back = fitted.inverse_transform(&fitted.transform::<f64>(&rows).unwrap()).unwrap();
        for name in ["x", "date"] {
            // normal quantiles cut the last 1e-7 of the ranks off
            let pairs = rows.numbers(name).unwrap().iter().zip(back.numbers(name).unwrap());
            for (&expected, &found) in pairs {
                prop_assert_eq!(expected.is_nan(), found.is_nan());
                prop_assert!(expected.is_nan() || (found - expected).abs() <= 1e-3, "{} {}", found, expected);
            }
        }
        let (expected, found) = (rows.categories("name").unwrap(), back.categories("name").unwrap());
        prop_assert!(expected.iter().eq(found.iter()));
    }

    #[test]
    fn a_fitted_pipeline_is_plain_data(pipeline in steps(), (x, dates, names) in (column(), column(), cells())) {
        let rows = mixed(&x, &dates, &names);
        let Ok(fitted) = pipeline.fit(&rows) else { return Ok(()) };
        let text = serde_json::to_string(&fitted).unwrap();
        let back: FittedPipeline = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(fitted, back);
        let text = serde_json::to_string(&pipeline).unwrap();
        prop_assert_eq!(pipeline, serde_json::from_str(&text).unwrap());
    }
}

#[test]
fn columns_are_found_by_name() {
    let train = people();
    let fitted = Pipeline::new().fit(&train).unwrap();
    let expected = fitted.transform::<f32>(&train).unwrap();
    let names = [
        "age",
        "city_Oslo",
        "city_Rome",
        "size_L",
        "size_M",
        "size_S",
        "when",
    ];
    assert_eq!(fitted.feature_names(), names);
    let text = "more,when,size,city,age\n1,2024-01-01,S,Oslo,31\n2,2024-01-02,M,Rome,\n";
    let rows = fitted.transform::<f32>(&table(text)).unwrap();
    assert_eq!(rows.row(0), expected.row(0));
    assert_eq!(rows.row(1), expected.row(1));
    // of the rows from 1 on
    let row = fitted.transform_rows::<f32>(&table(text), 1..2).unwrap();
    assert_eq!(row.row(0), expected.row(1));
    let text = "age,citi,size,when\n1,Oslo,S,2024-01-01\n";
    let error = fitted.transform::<f32>(&table(text)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no column `city`; the columns are age, citi, size, when (did you mean `citi`?)"
    );
}

#[test]
fn a_few_rows_are_read_as_the_pipeline_expects_them() {
    let train = Csv::new()
        .categories(["zip"])
        .read_table(&b"zip,n\n0123,1\n4567,2\n"[..], "t")
        .unwrap();
    let fitted = Pipeline::new().fit(&train).unwrap();
    let rows = b"ignored,n,zip\nx,1,0123\n";
    let table = Csv::new().read_table(&rows[..], "t").unwrap();
    assert_eq!(
        fitted.transform::<f64>(&table).unwrap_err().to_string(),
        "column `zip` contains numbers, but categories are expected; Csv::categories reads its numbers as names, \
         Csv::for_pipeline every column as its pipeline expects it"
    );
    let table = Csv::new().for_pipeline(&fitted).read_table(&rows[..], "t");
    let rows = fitted.transform::<f64>(&table.unwrap()).unwrap();
    assert_eq!(rows, array![[1.0, 0.0, -1.0]]);
    // a column of gaps has no kind
    let table = Csv::new().read_table(&b"n,zip\n1,\n"[..], "t").unwrap();
    let gap = fitted.transform::<f64>(&table).unwrap();
    assert_eq!(gap, array![[1.0, 0.0, -1.0]]);
}

#[test]
fn what_is_unseen() {
    let train = people();
    let unseen = table("age,city,size,when\n31,Lima,S,2024-01-01\n");
    let fitted = Pipeline::new()
        .drop("when")
        .drop("size")
        .fit(&train)
        .unwrap();
    let row = fitted.transform::<f64>(&unseen).unwrap();
    assert_eq!(row.row(0).to_vec()[1..], [0.0, 0.0]);
    let back = fitted.inverse_transform(&row).unwrap();
    assert_eq!(back.categories("city").unwrap().iter().next(), Some(None));

    let ordinal = Categorical::ordinal(["S", "M", "L"]);
    let fitted = Pipeline::new()
        .column("size", ordinal.clone())
        .fit(&train)
        .unwrap();
    let sizes = fitted.transform::<f64>(&train).unwrap().column(3).to_vec();
    assert_eq!(sizes, [0.0, 1.0, 2.0, 1.0]);
    let xl = table("age,city,size,when\n31,Oslo,XL,2024-01-01\n");
    assert_eq!(fitted.transform::<f64>(&xl).unwrap()[[0, 3]], -1.0);

    let strict = ordinal.unseen(Unseen::Error);
    let fitted = Pipeline::new().column("size", strict).fit(&train).unwrap();
    let error = fitted.transform::<f64>(&xl).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"row 0 of column `size` is "XL", but the categories known from training are S, M, L"#
    );
}

#[test]
fn errors_of_fitting() {
    let train = people();
    let text = |p| error(p, &train);
    let numeric = Numeric::new;
    assert_eq!(
        text(Pipeline::new().drop("agee")),
        "no column `agee`; the columns are age, city, size, when (did you mean `age`?)"
    );
    assert_eq!(
        text(Pipeline::new().column("x", numeric())),
        "no column `x`; the columns are age, city, size, when"
    );
    assert_eq!(
        text(Pipeline::new().column("city", numeric())),
        "column `city` contains categories, but numbers are expected"
    );
    assert_eq!(
        text(Pipeline::new().numbers(numeric().impute(Impute::Error))),
        "row 1 of column `age` is missing, and its pipeline imputes nothing"
    );
    assert_eq!(
        text(Pipeline::new().categories(Categorical::new().impute(Fill::Error))),
        "row 2 of column `city` is missing, and its pipeline imputes nothing"
    );
    assert_eq!(
        text(Pipeline::new().numbers(numeric().impute(Impute::Constant(f64::NAN)))),
        "column `age`: Impute::Constant: the constant is NaN, but must be finite"
    );
    let scale = |scale| Pipeline::new().column("age", numeric().scale(scale));
    assert_eq!(
        text(scale(Scale::Robust {
            lower: 0.8,
            upper: 0.2
        })),
        "column `age`: Scale: the quantiles are 0.8 and 0.2, but must be fractions in [0, 1], the first one below the \
         second"
    );
    assert_eq!(
        text(scale(Scale::Quantile {
            quantiles: 1,
            output: QuantileOutput::Normal
        })),
        "column `age`: Scale: 1 quantiles, but at least 2 are needed"
    );
    assert_eq!(
        text(scale(Scale::MinMax {
            low: 1.0,
            high: 1.0
        })),
        "column `age`: MinMaxScaler: the range 1 to 1 must be finite and increasing"
    );
    assert_eq!(
        text(Pipeline::new().column("size", Categorical::ordinal(["S", "M", "S"]))),
        r#"column `size`: Encode::Ordinal: the order has "S" twice"#
    );
    assert_eq!(
        text(Pipeline::new().column(
            "size",
            Categorical::ordinal(["S", "M"]).unseen(Unseen::Error)
        )),
        r#"row 2 of column `size` is "L", but the categories known from training are S, M"#
    );
    assert_eq!(
        text(Pipeline::new().pca(9)),
        "Pca: 9 components of 4 × 7 data; the number of components must be 1 to 4"
    );
    let gaps = numbers("a,b\n1,\n2,\n");
    assert_eq!(
        error(Pipeline::new(), &gaps),
        "every cell of column `b` is missing, so nothing can fill its gaps; drop the column, or impute a constant"
    );
    let all = Pipeline::new().drop("a").drop("b");
    assert_eq!(error(all, &gaps), "every column of the table is dropped");
}

#[test]
fn errors_of_transforming() {
    let train = numbers("a\n1\n2\n");
    let none = Numeric::new().impute(Impute::Error).scale(Scale::None);
    let fitted = Pipeline::new().numbers(none).fit(&train).unwrap();
    let says = |text: &str| {
        fitted
            .transform::<f32>(&numbers(text))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        says("a,b\n1,2\n,3\n"),
        "row 1 of column `a` is missing, and its pipeline imputes nothing"
    );
    assert_eq!(
        says("a\n1\n2\n1e300\n"),
        format!(
            "row 2 of `a` is {} after its steps, which is not a finite f32",
            1e300
        )
    );
    let error = fitted.inverse_transform(&array![[1.0, 2.0]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pipeline (inverse): 2 columns, expected 1"
    );
}

/// Changes a pipeline as serde writes it.
type Change = fn(&mut Value);

/// Where the scale of its first column is.
const SCALE: &str = "/columns/0/steps/number/scale";

#[test]
fn a_file_is_not_trusted() {
    let fitted = Pipeline::new().fit(&people()).unwrap();
    let valid = serde_json::to_value(&fitted).unwrap();
    let says = |change: Change| {
        let mut changed = valid.clone();
        change(&mut changed);
        let read = serde_json::from_value::<FittedPipeline>(changed);
        read.unwrap_err().to_string()
    };
    let cases: [(Change, &str); 8] = [
        (|v| v["columns"] = json!([]), "there are no columns"),
        (
            |v| v["columns"][1]["name"] = json!("age"),
            r#"two columns are named "age""#,
        ),
        (
            |v| {
                *v.pointer_mut(SCALE).unwrap() =
                    json!({"Linear": {"center": 0.0, "scale": 0.0, "offset": 0.0}});
            },
            "scale positive",
        ),
        (
            |v| {
                *v.pointer_mut(SCALE).unwrap() =
                    json!({"Quantile": {"quantiles": [1.0], "output": "Normal"}});
            },
            "at least 2",
        ),
        (
            |v| {
                *v.pointer_mut(SCALE).unwrap() =
                    json!({"Quantile": {"quantiles": [2.0, 1.0], "output": "Normal"}});
            },
            "none below the one before",
        ),
        (
            |v| v["columns"][1]["steps"]["category"]["names"] = json!(["a", "a"]),
            r#"two categories are "a""#,
        ),
        (
            |v| v["columns"][1]["steps"]["category"]["names"] = json!([]),
            "there are no categories",
        ),
        (|v| v["more"] = json!(1), "unknown field `more`"),
    ];
    for (change, expected) in cases {
        let message = says(change);
        assert!(message.contains(expected), "{message}");
    }
    let pca = Pipeline::new().pca(2).fit(&people()).unwrap();
    let mut other = valid;
    other["pca"] = serde_json::to_value(&pca).unwrap()["pca"].clone();
    other["columns"].as_array_mut().unwrap().pop();
    let message = serde_json::from_value::<FittedPipeline>(other)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("principal components are of 7 columns, but the steps before them have 6"),
        "{message}"
    );
}

#[test]
fn targets_are_scaled_and_scaled_back() {
    let y = array![100.0, 200.0, 400.0, 1000.0];
    for scale in [
        Scale::None,
        Scale::Standard,
        Scale::min_max(),
        Scale::robust(),
        Scale::quantile(),
    ] {
        let scaler = TargetScaler::fit(scale, &y).unwrap();
        let z = scaler.transform::<f64>(&y).unwrap();
        let back = scaler.inverse_transform(&z);
        assert!(
            back.iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-9),
            "{scale:?}: {back}"
        );
        let text = serde_json::to_string(&scaler).unwrap();
        assert_eq!(serde_json::from_str::<TargetScaler>(&text).unwrap(), scaler);
    }
    let error = TargetScaler::fit(Scale::Standard, &array![1.0, f64::NAN]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "TargetScaler: the value in row 1, column 0 is NaN; values must be finite"
    );
    let text = r#"{"Linear":{"center":0.0,"scale":-1.0,"offset":0.0}}"#;
    let error = serde_json::from_str::<TargetScaler>(text)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("TargetScaler: center, scale and offset must be finite"),
        "{error}"
    );
}
