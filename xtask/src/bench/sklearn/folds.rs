//! A table and its folds, read from the files of `xtask/peers/sklearn_tables.py`.

use std::error::Error;
use std::fs;
use std::path::Path;

use dl_data::ndarray::{Array1, Array2, Axis};
use dl_data::{Csv, Scalar, StandardScaler};
use dl_nn::Target;
use serde::Deserialize;

/// Five ways to divide a table into rows to train on and rows to test on.
#[derive(Debug)]
pub(super) struct Folds<F> {
    pub(super) folds: Vec<Fold<F>>,
    pub(super) task: Task,
}

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// One of so many classes.
    Classes(usize),
    Value,
}

/// Standardised by the rows to train on.
#[derive(Debug)]
pub(super) struct Fold<F> {
    pub(super) train: Rows<F>,
    pub(super) test: Rows<F>,
}

/// Rows `[n, features]` and what is to be predicted of each.
#[derive(Debug)]
pub(super) struct Rows<F> {
    pub(super) x: Array2<F>,
    pub(super) target: Labels<F>,
}

/// A class for each row, or a value.
#[derive(Debug, PartialEq)]
pub(super) enum Labels<F> {
    Classes(Array1<usize>),
    Values(Array1<F>),
}

impl<F: Scalar> Labels<F> {
    pub(super) fn view(&self) -> Target<'_, F> {
        match self {
            Self::Classes(classes) => Target::Classes(classes.view().into()),
            Self::Values(values) => Target::from_values(values.view()),
        }
    }
}

/// The file `folds.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    /// Whether values are predicted, not classes.
    values: bool,
    folds: Vec<FoldDescription>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoldDescription {
    /// A table in the same folder.
    file: String,
    /// Whether the features of that table are still in their own units.
    standardize: bool,
    train: Vec<usize>,
    test: Vec<usize>,
}

impl<F: Scalar> Folds<F> {
    /// Reads `folds.json` and the tables it names.
    pub(super) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let json = fs::read(folder.join("folds.json"))?;
        let description: Description = serde_json::from_slice(&json)?;
        let (mut task, mut folds) = (Task::Value, Vec::new());
        for fold in &description.folds {
            let path = folder.join(&fold.file);
            let [train, test] = if description.values {
                values(&path, fold)?
            } else {
                let (classes, rows) = classes(&path, fold)?;
                task = Task::Classes(classes);
                rows
            };
            folds.push(Fold::new(train, test, fold.standardize)?);
        }
        Ok(Self { folds, task })
    }
}

impl<F: Scalar> Fold<F> {
    fn new(
        mut train: Rows<F>,
        mut test: Rows<F>,
        standardize: bool,
    ) -> Result<Self, Box<dyn Error>> {
        if standardize {
            let scaler = StandardScaler::fit(&train.x)?;
            (train.x, test.x) = (scaler.transform(&train.x)?, scaler.transform(&test.x)?);
        }
        Ok(Self { train, test })
    }
}

/// The rows to train on and those to test on.
type Parts<F> = [Rows<F>; 2];

/// The number of classes, and the rows to train on and to test on.
fn classes<F: Scalar>(
    path: &Path,
    fold: &FoldDescription,
) -> Result<(usize, Parts<F>), Box<dyn Error>> {
    let table = Csv::new().load::<F>(path)?;
    let rows = |rows: &[usize]| -> Result<Rows<F>, Box<dyn Error>> {
        let (x, labels) = table.select(rows)?.into_parts();
        let target = Labels::Classes(labels);
        Ok(Rows { x, target })
    };
    let classes = table.class_names().len();
    Ok((classes, [rows(&fold.train)?, rows(&fold.test)?]))
}

/// The same of a table with a value to predict, which is standardised, too: R² is the same in any unit.
fn values<F: Scalar>(path: &Path, fold: &FoldDescription) -> Result<Parts<F>, Box<dyn Error>> {
    let table = Csv::new().load_regression::<F>(path)?;
    let rows = |rows: &[usize]| -> Result<(Array2<F>, Array2<F>), Box<dyn Error>> {
        let (x, target) = table.select(rows)?.into_parts();
        Ok((x, target.insert_axis(Axis(1))))
    };
    let (train, test) = (rows(&fold.train)?, rows(&fold.test)?);
    let scaler = StandardScaler::fit(&train.1)?;
    let scaled = |(x, target): (Array2<F>, Array2<F>)| -> Result<Rows<F>, Box<dyn Error>> {
        let target = scaler.transform(&target)?.index_axis_move(Axis(1), 0);
        let target = Labels::Values(target);
        Ok(Rows { x, target })
    };
    Ok([scaled(train)?, scaled(test)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_data::ndarray::array;
    use tempfile::TempDir;

    fn read(files: &[(&str, &str)]) -> Result<Folds<f64>, String> {
        let folder = TempDir::new().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("written");
        }
        Folds::read(folder.path()).map_err(|error| error.to_string())
    }

    fn folds(values: bool, standardize: bool) -> String {
        format!(
            r#"{{"values": {values}, "folds": [
                {{"file": "t.csv", "standardize": {standardize}, "train": [0, 2], "test": [1]}}
            ]}}"#
        )
    }

    #[test]
    fn features_are_standardised_by_the_rows_to_train_on() {
        let table = "x0,x1,target\n1,5,0\n9,6,2\n3,5,1\n";
        let folds = read(&[("t.csv", table), ("folds.json", &folds(false, true))]).expect("read");
        assert_eq!(folds.task, Task::Classes(3));
        let Fold { train, test } = &folds.folds[0];
        // the second column is constant there: σ is 1
        assert_eq!(train.x, array![[-1.0, 0.0], [1.0, 0.0]]);
        assert_eq!(test.x, array![[7.0, 1.0]]);
        assert_eq!(train.target, Labels::Classes(array![0, 1]));
        assert_eq!(test.target, Labels::Classes(array![2]));
    }

    #[test]
    fn transformed_features_stay_and_values_are_standardised() {
        let table = "x0,target\n1,10\n9,50\n3,30\n";
        let folds = read(&[("t.csv", table), ("folds.json", &folds(true, false))]).expect("read");
        assert_eq!(folds.task, Task::Value);
        let Fold { train, test } = &folds.folds[0];
        assert_eq!(train.x, array![[1.0], [3.0]]);
        assert_eq!(test.x, array![[9.0]]);
        assert_eq!(train.target, Labels::Values(array![-1.0, 1.0]));
        assert_eq!(test.target, Labels::Values(array![3.0]));
    }

    #[test]
    fn a_row_that_the_table_does_not_have_is_an_error() {
        let files = [
            ("t.csv", "x0,target\n1,0\n2,1\n"),
            ("folds.json", &folds(false, true)),
        ];
        let message = read(&files).expect_err("no row 2");
        assert!(message.contains('2'), "{message}");
    }
}
