//! A pipeline with the numbers of its training rows.

use std::collections::HashSet;
use std::ops::Range;

use dl_core::Scalar;
use ndarray::{Array2, ArrayRef2};
use serde::{Deserialize, Serialize};

use super::{
    PipelineError, category::FittedCategory, inverse::inverse, number::FittedNumber,
    transform::transform,
};
use crate::{ColumnKind, Pca, Table, text::excerpt};

/// A pipeline that has been fitted on training rows: turns the rows of any [`Table`] with the same columns into the rows
/// of a matrix, and back.
///
/// Columns are found by their names: their order does not matter, and further columns are ignored. It is plain data,
/// which serde writes and reads; all its numbers are `f64`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct FittedPipeline {
    pub(super) columns: Vec<FittedColumn>,
    pub(super) pca: Option<Pca<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    columns: Vec<FittedColumn>,
    pca: Option<Pca<f64>>,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FittedColumn {
    pub(super) name: String,
    pub(super) steps: FittedSteps,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FittedSteps {
    Number(FittedNumber),
    Date(FittedNumber),
    Category(FittedCategory),
}

impl FittedColumn {
    pub(super) fn width(&self) -> usize {
        match &self.steps {
            FittedSteps::Number(steps) | FittedSteps::Date(steps) => steps.width(),
            FittedSteps::Category(steps) => steps.width(),
        }
    }

    fn kind(&self) -> ColumnKind {
        match self.steps {
            FittedSteps::Number(_) => ColumnKind::Number,
            FittedSteps::Date(_) => ColumnKind::Date,
            FittedSteps::Category(_) => ColumnKind::Category,
        }
    }

    /// The names of its columns of the matrix.
    fn features(&self) -> Vec<String> {
        let name = &self.name;
        let (mut features, indicator) = match &self.steps {
            FittedSteps::Number(steps) | FittedSteps::Date(steps) => {
                (vec![name.clone()], steps.indicator)
            }
            FittedSteps::Category(steps) => {
                let one_hot = steps.names.iter().map(|value| format!("{name}_{value}"));
                let ordinal = || vec![name.clone()];
                let features = match steps.one_hot {
                    true => one_hot.collect(),
                    false => ordinal(),
                };
                (features, steps.indicator)
            }
        };
        if indicator {
            features.push(format!("missingindicator_{name}"));
        }
        features
    }

    fn problem(&self) -> Option<String> {
        match &self.steps {
            FittedSteps::Number(steps) | FittedSteps::Date(steps) => {
                steps.problem().map(str::to_owned)
            }
            FittedSteps::Category(steps) => steps.problem(),
        }
    }
}

impl TryFrom<Parts> for FittedPipeline {
    type Error = PipelineError;

    fn try_from(parts: Parts) -> Result<Self, PipelineError> {
        let Parts { columns, pca } = parts;
        if columns.is_empty() {
            return Err(PipelineError::Parts("there are no columns".to_owned()));
        }
        let mut names = HashSet::new();
        for column in &columns {
            let name = excerpt(&column.name);
            if !names.insert(&column.name) {
                let problem = format!("two columns are named {name:?}");
                return Err(PipelineError::Parts(problem));
            }
            if let Some(problem) = column.problem() {
                return Err(PipelineError::Parts(format!("column {name:?}: {problem}")));
            }
        }
        let pipeline = Self { columns, pca };
        let encoded = pipeline.encoded_width();
        match &pipeline.pca {
            Some(pca) if pca.mean().len() != encoded => Err(PipelineError::Parts(format!(
                "the principal components are of {} columns, but the steps before them have {encoded}",
                pca.mean().len()
            ))),
            _ => Ok(pipeline),
        }
    }
}

impl FittedPipeline {
    /// The columns that it takes, by name, with the kinds that it was fitted on.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, ColumnKind)> {
        let columns = self.columns.iter();
        columns.map(|column| (column.name.as_str(), column.kind()))
    }

    /// Number of columns of the matrix before principal components.
    pub(super) fn encoded_width(&self) -> usize {
        self.columns.iter().map(FittedColumn::width).sum()
    }

    /// Number of columns of the matrix.
    pub fn width(&self) -> usize {
        let components = self.pca.as_ref().map(|pca| pca.components().nrows());
        components.unwrap_or_else(|| self.encoded_width())
    }

    /// Names of the columns of the matrix, as scikit-learn makes them: `age` for a number, `city_Oslo` for a category,
    /// `missingindicator_age` for an indicator, `pca0`, `pca1` … for principal components.
    pub fn feature_names(&self) -> Vec<String> {
        match self.pca {
            Some(_) => (0..self.width()).map(|i| format!("pca{i}")).collect(),
            None => self
                .columns
                .iter()
                .flat_map(FittedColumn::features)
                .collect(),
        }
    }

    /// Name of a column of the matrix.
    pub(super) fn feature_name(&self, index: usize) -> String {
        self.feature_names()[index].clone()
    }

    /// The principal components, if there are any.
    pub fn pca(&self) -> Option<&Pca<f64>> {
        self.pca.as_ref()
    }

    /// Multiply-adds for a row, or operations that take as long.
    pub fn work(&self) -> u64 {
        let components = self.pca.as_ref().map_or(0, |pca| pca.components().len());
        self.encoded_width().saturating_add(components) as u64
    }

    /// The rows of a table as the rows of a matrix, `[rows, width]`.
    ///
    /// # Errors
    /// A column that is missing or of another kind; a gap or a category that is an error; a number that is not finite
    /// after its steps; not enough memory.
    pub fn transform<F: Scalar>(&self, table: &Table) -> Result<Array2<F>, PipelineError> {
        transform(self, table, 0..table.len())
    }

    /// Like [`transform`](Self::transform), for some of the rows; errors count rows from the beginning of the table.
    ///
    /// # Errors
    /// Same as [`transform`](Self::transform).
    ///
    /// # Panics
    /// If there are no such rows.
    pub fn transform_rows<F: Scalar>(
        &self,
        table: &Table,
        rows: Range<usize>,
    ) -> Result<Array2<F>, PipelineError> {
        transform(self, table, rows)
    }

    /// The rows of a table that a matrix `[rows, width]` stands for: numbers in their own units, the category with the
    /// largest number one-hot, gaps where an indicator is above ½.
    ///
    /// # Errors
    /// A matrix of another width, without rows, or that gives numbers that are not finite.
    pub fn inverse_transform<F: Scalar>(&self, z: &ArrayRef2<F>) -> Result<Table, PipelineError> {
        inverse(self, z)
    }
}
