//! Tables that stay in their file.

use std::path::PathBuf;

use dl_core::source::{SourceBatch, SourceTargets};
use dl_core::{Mode, Source};
use dl_data::{Csv, CsvSource, FittedPipeline, Pipeline, Scale, Table, TargetScaler};

/// Quotes with line ends, blank lines, every line end, and no line end after the last row.
const TEXT: &str =
    "age,city,price\n31,\"Oslo\nby the \"\"sea\"\"\",1\r\n\n  \n,Rome,2\r45,,3\n52,Rome,4";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.0.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn fitted(table: Table, label: &str) -> FittedPipeline {
    let rows = table.without(label).unwrap();
    Pipeline::new().fit(&rows).unwrap()
}

#[test]
fn rows_are_those_of_the_whole_table() {
    let folder = Folder::new();
    let path = folder.file(TEXT);
    let file = Csv::new().open(&path).unwrap();
    let all = Csv::new().load_table(&path).unwrap();
    assert_eq!((file.len(), all.len()), (4, 4));
    for rows in [vec![0, 1, 2, 3], vec![3, 0], vec![1, 1]] {
        let (found, expected) = (file.read(&rows).unwrap(), all.select(&rows).unwrap());
        let prices = |table: &Table| table.numbers("price").unwrap().to_vec();
        assert_eq!(prices(&found), prices(&expected));
        let cities = |table: &Table| {
            let cities = table.column("city").unwrap().clone();
            match cities {
                dl_data::Series::Categories(cities) => {
                    cities.iter().map(|city| city.map(str::to_owned)).collect()
                }
                _ => vec![None; table.len()],
            }
        };
        assert_eq!(cities(&found), cities(&expected));
    }
    assert_eq!(
        file.read(&[4]).unwrap_err().to_string(),
        format!(
            "{}: row 4 is out of range: the data has 4 rows",
            path.display()
        )
    );
}

#[test]
fn a_regression_is_read_in_batches() {
    let folder = Folder::new();
    let path = folder.file(TEXT);
    let all = Csv::new().load_table(&path).unwrap();
    let prices = all.clone().target("price").unwrap();
    let pipeline = fitted(all.clone(), "price");
    let scaler = TargetScaler::fit(Scale::Standard, prices.target()).unwrap();
    let x = pipeline.transform::<f32>(prices.features()).unwrap();
    let y = scaler.transform::<f32>(prices.target()).unwrap();

    let file = Csv::new().open(&path).unwrap();
    let source = CsvSource::regression(file, pipeline, "price", scaler).unwrap();
    let source: &dyn Source<f32> = &source;
    assert_eq!((source.len(), source.sample_shape()), (4, &[x.ncols()][..]));
    assert_eq!(source.targets(), SourceTargets::Values { width: 1 });
    let samples = [2, 0, 3];
    let mut found = vec![0.0; 3 * x.ncols()];
    let mut values = [0.0; 3];
    let batch = SourceBatch {
        x: &mut found,
        values: &mut values,
    };
    source.read(&samples, Mode::Eval, batch).unwrap();
    for (i, &sample) in samples.iter().enumerate() {
        assert_eq!(
            found[i * x.ncols()..(i + 1) * x.ncols()],
            x.row(sample).to_vec()
        );
        assert_eq!(values[i], y[sample]);
    }
    // targets that are not wanted
    let batch = SourceBatch {
        x: &mut found,
        values: &mut [],
    };
    source.read(&samples, Mode::Eval, batch).unwrap();
}

#[test]
fn labels_are_read_once() {
    let folder = Folder::new();
    let rows = (0..10_000).map(|i| format!("{i},{}\n", ["no", "yes"][i * i % 3 % 2]));
    let path = folder.file(&("x,y\n".to_owned() + &rows.collect::<String>()));
    let file = Csv::new().open(&path).unwrap();
    let pipeline = fitted(file.read(&[0, 5, 9]).unwrap(), "y");
    let source = CsvSource::classification(file, pipeline.clone(), "y", ["no", "yes"]).unwrap();
    let SourceTargets::Classes(labels) = Source::<f64>::targets(&source) else {
        panic!("classes");
    };
    assert!(
        labels
            .iter()
            .enumerate()
            .all(|(i, &label)| label == i * i % 3 % 2)
    );
    assert_eq!(labels.len(), 10_000);
    let file = Csv::new().open(&path).unwrap();
    let error = CsvSource::classification(file, pipeline, "y", ["no", "maybe"]).unwrap_err();
    let message = error.to_string();
    assert!(
        message
            .contains(r#"row 1 of column `y` is "yes", which is not one of the classes no, maybe"#),
        "{message}"
    );
}

#[test]
fn errors_have_their_row_in_the_file() {
    let folder = Folder::new();
    let path = folder.file("x,y\n1,1\n2,\n,3\n4,4\n");
    let file = || Csv::new().open(&path).unwrap();
    let none = dl_data::Numeric::new().impute(dl_data::Impute::Error);
    let rows = file().read(&[0, 3]).unwrap().target("y").unwrap();
    let pipeline = Pipeline::new().numbers(none).fit(rows.features()).unwrap();
    let scaler = TargetScaler::fit(Scale::Standard, rows.target()).unwrap();
    let source = CsvSource::regression(file(), pipeline, "y", scaler).unwrap();
    let says = |samples: &[usize]| {
        let (mut x, mut values) = (vec![0.0_f32; samples.len()], vec![0.0; samples.len()]);
        let batch = SourceBatch {
            x: &mut x,
            values: &mut values,
        };
        source
            .read(samples, Mode::Eval, batch)
            .unwrap_err()
            .to_string()
    };
    assert!(says(&[3, 1]).starts_with("row 1 of column `y` is missing"));
    assert!(says(&[0, 3, 2]).starts_with("row 2 of column `x` is missing"));
}

#[test]
fn errors_have_their_line_in_the_file() {
    let folder = Folder::new();
    let path = folder.file("a,b\n1,2\n\n3,\"4\n\"\n5,x\n6,7\n");
    let file = Csv::new().numbers(["a", "b"]).open(&path).unwrap();
    assert_eq!(file.len(), 4);
    let error = file.read(&[3, 0, 2]).unwrap_err().to_string();
    let expected = format!(
        "{}, line 6, column 2 (b): \"x\" is not a number",
        path.display()
    );
    assert_eq!(error, expected);
    assert!(file.read(&[3, 0, 1]).is_ok());

    let says = |csv: Csv| csv.open(&path).unwrap_err().to_string();
    assert_eq!(
        says(Csv::new().drop_missing()),
        "reading rows by position and dropping rows contradict each other"
    );
    assert!(says(Csv::new().comment('#')).contains("comments"));
    assert!(says(Csv::new().header(false)).contains("a table without a header"));
    let path = folder.file("a,b\n");
    let error = Csv::new().open(&path).unwrap_err().to_string();
    assert_eq!(error, format!("{}: no data rows", path.display()));
    let path = folder.file(&format!("a,b\n1,\"{}", "x".repeat(17 << 20)));
    let error = Csv::new().open(path).unwrap_err().to_string();
    assert!(
        error.contains("a quote in it may never be closed"),
        "{error}"
    );
}
