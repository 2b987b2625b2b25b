//! Reads files and other sources of bytes.

use std::{io::Read, path::Path};

use dl_core::{
    Scalar,
    text::{escaped, shown_path},
};
use ndarray::Array2;

use super::{
    Csv, CsvError, Malformed,
    dataset::{classification, regression, unlabelled},
    source::Source,
    typed,
};
use crate::{Dataset, RegressionDataset, Table};

impl Csv {
    /// Reads the file at `path` as data for classification.
    ///
    /// # Errors
    /// A file that cannot be read; anything wrong with the table, with its location.
    pub fn load<F: Scalar>(&self, path: impl AsRef<Path>) -> Result<Dataset<F>, CsvError> {
        classification(self, &file(path.as_ref())?.source()?)
    }

    /// Like [`load`](Self::load), from a reader; `name` is what error messages call it.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn read<F: Scalar>(&self, reader: impl Read, name: &str) -> Result<Dataset<F>, CsvError> {
        classification(self, &all(reader, name)?.source()?)
    }

    /// Reads the file at `path` as data for regression: the label column contains the target values.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn load_regression<F: Scalar>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<RegressionDataset<F>, CsvError> {
        regression(self, &file(path.as_ref())?.source()?)
    }

    /// Like [`load_regression`](Self::load_regression), from a reader; `name` is what error messages call it.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn read_regression<F: Scalar>(
        &self,
        reader: impl Read,
        name: &str,
    ) -> Result<RegressionDataset<F>, CsvError> {
        regression(self, &all(reader, name)?.source()?)
    }

    /// Reads the file at `path` as rows without labels: every column is a feature unless [`ignore`](Self::ignore)
    /// or [`only`](Self::only) say otherwise. Returns the features, `[rows, columns]`, and their names.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn load_features<F: Scalar>(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        unlabelled(self, &file(path.as_ref())?.source()?)
    }

    /// Like [`load_features`](Self::load_features), from a reader; `name` is what error messages call it.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn read_features<F: Scalar>(
        &self,
        reader: impl Read,
        name: &str,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        unlabelled(self, &all(reader, name)?.source()?)
    }

    /// Reads the file at `path` as a table of typed columns.
    ///
    /// A column whose cells are numbers is one of numbers, any other one of categories; cells may be missing. Where
    /// the cells leave that in doubt, the column is an error with its place, unless
    /// [`numbers`](Self::numbers), [`categories`](Self::categories) or [`dates`](Self::dates) says what it is:
    /// - text among numbers, if at least half of the cells are numbers;
    /// - free text: more than 20 different texts, and more than one for every two cells.
    ///
    /// Labels are columns as any other, which [`Table::classes`] or [`Table::target`] takes out.
    ///
    /// ```
    /// use dl_data::{ColumnKind, Csv};
    /// let text = "age,city,since\n31,Oslo,2024-01-31\n,Rome,2024-02-01\n45,,2023-06-05\n";
    /// let table = Csv::new().dates(["since"]).read_table(text.as_bytes(), "people")?;
    /// assert_eq!(table.kind("city")?, ColumnKind::Category);
    /// assert!(table.numbers("age")?[1].is_nan());
    /// assert_eq!(table.numbers("since")?[0], 19_753.0); // days since 1970
    ///
    /// let text = "age,city\n31,Oslo\n4S,Rome\n45,Bonn\n";
    /// let error = Csv::new().read_table(text.as_bytes(), "people").unwrap_err();
    /// assert!(error.to_string().starts_with(r#"people, line 3, column 1 (age): "4S" among numbers"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Same as [`load`](Self::load), and a column of doubtful kind.
    pub fn load_table(&self, path: impl AsRef<Path>) -> Result<Table, CsvError> {
        typed::read(self, &file(path.as_ref())?.source()?)
    }

    /// Like [`load_table`](Self::load_table), from a reader; `name` is what error messages call it.
    ///
    /// # Errors
    /// Same as [`load_table`](Self::load_table).
    pub fn read_table(&self, reader: impl Read, name: &str) -> Result<Table, CsvError> {
        typed::read(self, &all(reader, name)?.source()?)
    }
}

/// The bytes of a table, and the name for errors.
struct Input {
    data: Vec<u8>,
    path: String,
}

impl Input {
    fn source(&self) -> Result<Source<'_>, CsvError> {
        let source = Source {
            path: &self.path,
            data: self
                .data
                .strip_prefix(b"\xEF\xBB\xBF")
                .unwrap_or(&self.data),
        };
        match source.data {
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => Err(source.malformed(0, 0, Malformed::Utf16)),
            _ => Ok(source),
        }
    }
}

fn file(path: &Path) -> Result<Input, CsvError> {
    let name = shown_path(path);
    match dl_fs::read(path) {
        Ok(data) => Ok(Input { data, path: name }),
        Err(source) => Err(CsvError::Io { path: name, source }),
    }
}

fn all(mut reader: impl Read, name: &str) -> Result<Input, CsvError> {
    let path = escaped(name).to_string();
    let mut data = Vec::new();
    match reader.read_to_end(&mut data) {
        Ok(_) => Ok(Input { data, path }),
        Err(source) => Err(CsvError::Io { path, source }),
    }
}
