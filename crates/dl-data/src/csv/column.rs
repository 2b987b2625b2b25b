//! Columns: which one is meant, and which there are.

use std::collections::HashMap;

use super::{Csv, CsvError, records::Raw, source::Source};
use crate::text::{excerpt, listed};

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
    /// One of them was found by its name, so that the first line is a header.
    pub(super) found_by_name: bool,
}

impl Columns {
    /// Finds out from the first record which columns there are.
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
            if let Column::Number(number) = column {
                ignored[in_range(path, *number, &names)?] = true;
            }
        }
        // a column ignored by its number takes no name from another
        let mut lookup = Lookup::new(path, &names, &ignored, header);
        for column in &csv.ignored {
            ignored[lookup.find(column)?] = true;
        }
        let label = match &csv.label {
            Some(label) if labelled => Some(lookup.find(label)?),
            // rows without labels may have a column of them all the same
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
            found_by_name,
        })
    }

    /// The features and the label.
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

/// The names in the header, or made up.
fn names(source: &Source<'_>, first: &[Raw<'_>], header: bool) -> Result<Vec<String>, CsvError> {
    let name = |column: usize| {
        let made_up = format!("x{column}");
        if !header {
            return Ok(made_up);
        }
        let field = source.field(first, column, &made_up)?;
        Ok(field.text.into_owned())
    };
    (0..first.len()).map(name).collect()
}

/// Columns by name.
struct Lookup<'a> {
    path: &'a str,
    names: &'a [String],
    /// The first column of each name, and a second one. None without a header.
    by_name: Option<HashMap<&'a str, (usize, Option<usize>)>>,
    /// A column has been found by its name.
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

    /// The number of a column.
    fn find(&mut self, column: &Column) -> Result<usize, CsvError> {
        let name = match column {
            Column::Number(number) => return in_range(self.path, *number, self.names),
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

fn in_range(path: &str, number: usize, names: &[String]) -> Result<usize, CsvError> {
    match number < names.len() {
        true => Ok(number),
        false => Err(no_such_column(
            path,
            &format!("number {number} (from 0)"),
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

/// What each column is for: one thing only.
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
