//! Tables with labels or targets.

use std::collections::HashMap;

use dl_core::{
    rand::Rng,
    sampling::{SamplingError, Split, holdout, stratified_holdout},
};
use ndarray::{Array1, Axis};

use super::{ColumnKind, Series, Table, TableError, categories::sort};
use crate::{
    DatasetError, check::class_counts, dataset::check_classes, folds::stratified, text::listed,
};

/// A table with a class for each row, from [`Table::classes`].
#[derive(Debug, Clone)]
pub struct ClassificationTable {
    features: Table,
    labels: Array1<usize>,
    class_names: Vec<String>,
}

impl ClassificationTable {
    pub(super) fn take(
        table: Table,
        column: &str,
        names: Option<Vec<String>>,
    ) -> Result<Self, TableError> {
        let (features, series) = table.take(column)?;
        let (texts, codes) = texts(&series);
        let class_names = match names {
            Some(names) => names,
            None => occurring(&texts, &codes),
        };
        check_classes(&class_names)?;
        let names = class_names.iter().map(String::as_str);
        let class_of: HashMap<&str, usize> = names.clone().zip(0..).collect();
        let class = |(row, code): (usize, &Option<u32>)| {
            let column = column.to_owned();
            let Some(code) = *code else {
                return Err(TableError::MissingLabel { column, row });
            };
            let label = texts[code as usize].as_str();
            let class = class_of.get(label).copied();
            class.ok_or_else(|| TableError::UnknownClass {
                column,
                row,
                label: label.to_owned(),
                classes: listed(names.clone()),
            })
        };
        let labels = codes.iter().enumerate().map(class);
        Ok(Self {
            features,
            labels: labels.collect::<Result<_, _>>()?,
            class_names,
        })
    }

    /// The other columns.
    pub fn features(&self) -> &Table {
        &self.features
    }

    /// Class of each row, from 0, `[rows]`.
    pub fn labels(&self) -> &Array1<usize> {
        &self.labels
    }

    /// Name of each class.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Number of rows of each class, which may be 0.
    pub fn class_counts(&self) -> Vec<usize> {
        class_counts(&self.labels, self.class_names.len())
    }

    /// The given rows, in the given order, with the same classes.
    ///
    /// # Errors
    /// A row that does not exist; no rows.
    pub fn select(&self, rows: &[usize]) -> Result<Self, TableError> {
        Ok(Self {
            features: self.features.select(rows)?,
            labels: self.labels.select(Axis(0), rows),
            class_names: self.class_names.clone(),
        })
    }

    /// Random split into training and test rows, round(`test_fraction`·rows) of the latter, stratified by class.
    ///
    /// # Errors
    /// A fraction outside (0, 1); a side without rows; a class that cannot be on both sides.
    pub fn split<R: Rng + ?Sized>(
        &self,
        test_fraction: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), TableError> {
        let split = stratified_holdout(&self.labels.to_vec(), test_fraction, rng);
        let split = split.map_err(|error| match error {
            SamplingError::SingleRow { class } => DatasetError::RareClass {
                class: self.class_names[class].clone(),
                rows: 1,
                needed: 2,
            },
            other => other.into(),
        })?;
        Ok((self.select(&split.train)?, self.select(&split.test)?))
    }

    /// Row indices of `folds` stratified folds for cross-validation.
    ///
    /// # Errors
    /// Fewer than 2 folds; a class with fewer rows than folds.
    pub fn k_fold<R: Rng + ?Sized>(
        &self,
        folds: usize,
        rng: &mut R,
    ) -> Result<Vec<Split>, TableError> {
        let mut rng = rng;
        let name = |class: usize| self.class_names[class].clone();
        Ok(stratified(&self.labels.to_vec(), folds, &name, &mut rng)?)
    }
}

/// The names of the cells and the index of each cell's. A number's name is its shortest decimal form.
fn texts(series: &Series) -> (Vec<String>, Vec<Option<u32>>) {
    match series {
        Series::Categories(categories) => {
            (categories.names().to_vec(), categories.codes().to_vec())
        }
        Series::Numbers(values) | Series::Dates(values) => {
            let name = |value: &f64| (!value.is_nan()).then(|| (value + 0.0).to_string());
            let categories: super::Categories = values.iter().map(name).collect();
            (categories.names().to_vec(), categories.codes().to_vec())
        }
    }
}

/// The names of which there are cells, in order.
fn occurring(names: &[String], codes: &[Option<u32>]) -> Vec<String> {
    let mut occurs = vec![false; names.len()];
    codes
        .iter()
        .flatten()
        .for_each(|&code| occurs[code as usize] = true);
    let names = names.iter().zip(occurs).filter(|&(_, occurs)| occurs);
    let mut names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
    sort(&mut names, |name| name);
    names
}

/// A table with a number to predict for each row, from [`Table::target`].
#[derive(Debug, Clone)]
pub struct RegressionTable {
    features: Table,
    target: Array1<f64>,
    target_name: String,
}

impl RegressionTable {
    pub(super) fn take(table: Table, column: &str) -> Result<Self, TableError> {
        let (features, series) = table.take(column)?;
        let target = match series {
            Series::Numbers(values) | Series::Dates(values) => values,
            Series::Categories(_) => {
                return Err(TableError::Kind {
                    column: column.to_owned(),
                    found: ColumnKind::Category,
                    expected: ColumnKind::Number,
                });
            }
        };
        match target.iter().position(|value| value.is_nan()) {
            Some(row) => Err(TableError::MissingLabel {
                column: column.to_owned(),
                row,
            }),
            None => Ok(Self {
                features,
                target: target.into(),
                target_name: column.to_owned(),
            }),
        }
    }

    /// The other columns.
    pub fn features(&self) -> &Table {
        &self.features
    }

    /// Target of each row, `[rows]`.
    pub fn target(&self) -> &Array1<f64> {
        &self.target
    }

    /// Name of the target.
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// The given rows, in the given order.
    ///
    /// # Errors
    /// A row that does not exist; no rows.
    pub fn select(&self, rows: &[usize]) -> Result<Self, TableError> {
        Ok(Self {
            features: self.features.select(rows)?,
            target: self.target.select(Axis(0), rows),
            target_name: self.target_name.clone(),
        })
    }

    /// Random split into training and test rows, round(`test_fraction`·rows) of the latter.
    ///
    /// # Errors
    /// A fraction outside (0, 1); a side without rows.
    pub fn split<R: Rng + ?Sized>(
        &self,
        test_fraction: f64,
        rng: &mut R,
    ) -> Result<(Self, Self), TableError> {
        let split = holdout(self.target.len(), test_fraction, rng).map_err(DatasetError::from)?;
        Ok((self.select(&split.train)?, self.select(&split.test)?))
    }
}
