//! Columns: how they are selected, and which there are.

use std::collections::HashMap;

use super::{Csv, CsvError, records::Raw, source::Source};
use crate::text::{excerpt, listed};

/// A column, by its name in the header or its index from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The column with this name.
    Name(String),
    /// The column with this index, from 0.
    Index(usize),
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
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// Names of all columns and their roles.
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) features: Vec<usize>,
    /// `None` if every column is a feature or ignored.
    pub(super) label: Option<usize>,
    /// The columns whose kind was chosen, in the order of `Csv::kinds`.
    pub(super) chosen: Vec<usize>,
    /// A column was found by name, so the first line is a header.
    pub(super) found_by_name: bool,
}

impl Columns {
    /// Determines the columns from the first record.
    pub(super) fn new(
        csv: &Csv,
        source: &Source<'_>,
        first: &[Raw<'_>],
        labelled: bool,
    ) -> Result<Self, CsvError> {
        let path = source.path;
        let header = csv.header != Some(false);
        let names = names(source, first, header)?;

        let mut ignored = vec![false; names.len()];
        for column in &csv.ignored {
            if let Column::Index(index) = column {
                ignored[in_range(path, *index, &names)?] = true;
            }
        }
        // a column ignored by its index does not make another's name ambiguous
        let mut lookup = Lookup::new(path, &names, &ignored, header);
        for column in &csv.ignored {
            ignored[lookup.find(column)?] = true;
        }
        let label = match &csv.label {
            Some(label) if labelled => Some(lookup.find(label)?),
            // a table read without labels may still have the label column
            Some(label) => lookup.find(label).ok(),
            None if labelled => (0..names.len()).rev().find(|&column| !ignored[column]),
            None => None,
        };
        let features: Vec<usize> = match &csv.only {
            Some(only) => only
                .iter()
                .map(|column| lookup.find(column))
                .collect::<Result<_, _>>()?,
            None => (0..names.len())
                .filter(|&column| Some(column) != label && !ignored[column])
                .collect(),
        };
        // only a table has columns of several kinds
        let kinds = csv.kinds.iter().filter(|_| !labelled);
        let chosen = kinds.map(|(column, _)| lookup.find(column));
        let chosen = chosen.collect::<Result<_, _>>()?;
        let found_by_name = lookup.found;

        let mut roles = Roles {
            path,
            names: &names,
            roles: vec![None; names.len()],
        };
        for column in (0..names.len()).filter(|&column| ignored[column]) {
            roles.take(column, "ignored")?;
        }
        for &column in &features {
            roles.take(column, "a feature")?;
        }
        if let Some(label) = label {
            roles.take(label, "the label")?;
        }
        if features.is_empty() {
            return Err(CsvError::NoFeatures {
                path: path.to_owned(),
                label: label.map_or_else(String::new, |label| excerpt(&names[label])),
            });
        }
        Ok(Self {
            label: label.filter(|_| labelled),
            names,
            features,
            chosen,
            found_by_name,
        })
    }

    /// Indices of the features and the label.
    pub(super) fn used(&self) -> impl Iterator<Item = usize> {
        self.features.iter().copied().chain(self.label)
    }

    /// Names of the features.
    pub(super) fn feature_names(&self) -> Vec<String> {
        self.features
            .iter()
            .map(|&f| self.names[f].clone())
            .collect()
    }
}

/// The names in the header, or generated ones.
fn names(source: &Source<'_>, first: &[Raw<'_>], header: bool) -> Result<Vec<String>, CsvError> {
    let name = |column: usize| {
        let generated = format!("x{column}");
        if !header {
            return Ok(generated);
        }
        let field = source.field(first, column, &generated)?;
        Ok(field.text.into_owned())
    };
    (0..first.len()).map(name).collect()
}

/// Looks columns up by name.
struct Lookup<'a> {
    path: &'a str,
    names: &'a [String],
    /// The first column of each name, and a second one if there is one. `None` without a header.
    by_name: Option<HashMap<&'a str, (usize, Option<usize>)>>,
    /// A column has been found by name.
    found: bool,
}

impl<'a> Lookup<'a> {
    fn new(path: &'a str, names: &'a [String], ignored: &[bool], header: bool) -> Self {
        let by_name = header.then(|| {
            let mut by_name: HashMap<&str, (usize, Option<usize>)> = HashMap::new();
            for (column, name) in names
                .iter()
                .enumerate()
                .filter(|&(column, _)| !ignored[column])
            {
                match by_name.get_mut(name.as_str()) {
                    Some((_, second)) => *second = second.or(Some(column)),
                    None => drop(by_name.insert(name, (column, None))),
                }
            }
            for (column, name) in names
                .iter()
                .enumerate()
                .filter(|&(column, _)| ignored[column])
            {
                by_name.entry(name).or_insert((column, None));
            }
            by_name
        });
        Self {
            path,
            names,
            by_name,
            found: false,
        }
    }

    /// The index of a column.
    fn find(&mut self, column: &Column) -> Result<usize, CsvError> {
        let name = match column {
            Column::Index(index) => return in_range(self.path, *index, self.names),
            Column::Name(name) => name,
        };
        let Some(by_name) = &self.by_name else {
            return Err(CsvError::NoHeader {
                path: self.path.to_owned(),
                name: excerpt(name),
            });
        };
        match by_name.get(name.as_str()) {
            Some(&(column, None)) => {
                self.found = true;
                Ok(column)
            }
            Some(&(first, Some(second))) => Err(ambiguous(self.path, name, first, second)),
            None => Err(no_such_column(
                self.path,
                &format!("{:?}", excerpt(name)),
                self.names,
            )),
        }
    }
}

fn in_range(path: &str, index: usize, names: &[String]) -> Result<usize, CsvError> {
    match index < names.len() {
        true => Ok(index),
        false => Err(no_such_column(
            path,
            &format!("at index {index} (from 0)"),
            names,
        )),
    }
}

fn no_such_column(path: &str, column: &str, names: &[String]) -> CsvError {
    CsvError::NoSuchColumn {
        path: path.to_owned(),
        column: column.to_owned(),
        columns: listed(names.iter().map(String::as_str)),
    }
}

pub(super) fn ambiguous(path: &str, name: &str, first: usize, second: usize) -> CsvError {
    CsvError::AmbiguousColumn {
        path: path.to_owned(),
        name: excerpt(name),
        first: first + 1,
        second: second + 1,
    }
}

/// The role of each column; it has only one.
struct Roles<'a> {
    path: &'a str,
    names: &'a [String],
    roles: Vec<Option<&'static str>>,
}

impl Roles<'_> {
    fn take(&mut self, column: usize, role: &'static str) -> Result<(), CsvError> {
        match self.roles[column].replace(role) {
            None => Ok(()),
            Some(first) => Err(CsvError::TwoRoles {
                path: self.path.to_owned(),
                column: column + 1,
                name: excerpt(&self.names[column]),
                roles: [first, role],
            }),
        }
    }
}
