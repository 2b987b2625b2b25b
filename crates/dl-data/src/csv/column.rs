//! Columns: which one is meant, and which there are.

use super::{
    Csv, CsvError,
    error::{excerpt, listed},
    source::{Source, start},
};

/// A column, by its name in the header or its number from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The column of this name.
    Name(String),
    /// The column of this number, from 0.
    Number(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Column {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<usize> for Column {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

/// Names of all columns, and which of them are what.
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) features: Vec<usize>,
    /// None where every column is a feature or left out.
    pub(super) label: Option<usize>,
}

impl Columns {
    /// Finds out from the first record which columns there are.
    pub(super) fn new(
        csv: &Csv,
        source: &Source<'_>,
        first: &::csv::ByteRecord,
        labelled: bool,
    ) -> Result<Self, CsvError> {
        let path = source.path.to_owned();
        if first.is_empty() {
            return Err(CsvError::NoRows { path, dropped: 0 });
        }
        let made_up = |column: usize| format!("x{column}");
        let names: Vec<String> = match csv.header {
            Some(false) => (0..first.len()).map(made_up).collect(),
            _ => (0..first.len())
                .map(|column| {
                    let name = made_up(column);
                    let field = source.field(first, start(first), column, &name)?;
                    Ok(field.text.to_owned())
                })
                .collect::<Result<_, CsvError>>()?,
        };
        let find = |column: &Column| find(column, source.path, &names, csv.header != Some(false));
        let label = match &csv.label {
            _ if !labelled => None,
            Some(label) => Some(find(label)?),
            None => Some(names.len() - 1),
        };
        let ignored: Vec<usize> = csv.ignored.iter().map(find).collect::<Result<_, _>>()?;
        let is_feature = |column: &usize| Some(*column) != label && !ignored.contains(column);
        let features: Vec<usize> = match &csv.only {
            Some(only) => only.iter().map(find).collect::<Result<_, _>>()?,
            None => (0..names.len()).filter(is_feature).collect(),
        };
        if features.is_empty() {
            let label = label.map_or_else(String::new, |label| excerpt(&names[label]));
            return Err(CsvError::NoFeatures { path, label });
        }
        if csv.header.is_none() && features.iter().all(|&f| names[f].parse::<f64>().is_ok()) {
            return Err(CsvError::HeaderIsData {
                path,
                line: source.line(start(first)),
                names: listed(
                    &features
                        .iter()
                        .map(|&f| names[f].clone())
                        .collect::<Vec<_>>(),
                ),
            });
        }
        Ok(Self {
            names,
            features,
            label,
        })
    }

    /// Names of the features.
    pub(super) fn feature_names(&self) -> Vec<String> {
        self.features
            .iter()
            .map(|&f| self.names[f].clone())
            .collect()
    }
}

/// The number of a column.
fn find(column: &Column, path: &str, names: &[String], header: bool) -> Result<usize, CsvError> {
    let no_such_column = |column: String| CsvError::NoSuchColumn {
        path: path.to_owned(),
        column,
        columns: listed(names),
    };
    match column {
        Column::Number(number) if *number < names.len() => Ok(*number),
        Column::Number(number) => Err(no_such_column(format!("number {number} (from 0)"))),
        Column::Name(name) if !header => Err(CsvError::NoHeader {
            path: path.to_owned(),
            name: name.clone(),
        }),
        Column::Name(name) => {
            let mut found = (0..names.len()).filter(|&column| names[column] == *name);
            let first = found
                .next()
                .ok_or_else(|| no_such_column(format!("{name:?}")))?;
            match found.next() {
                None => Ok(first),
                Some(second) => Err(CsvError::AmbiguousColumn {
                    path: path.to_owned(),
                    name: name.clone(),
                    first: first + 1,
                    second: second + 1,
                }),
            }
        }
    }
}
