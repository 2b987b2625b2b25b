//! Fitted columns of categories.

use std::collections::{HashMap, HashSet};

use dl_core::Scalar;
use ndarray::ArrayViewMut1;
use serde::{Deserialize, Serialize};

use super::{Categorical, Encode, Fill, PipelineError, Unseen};
use crate::{DatasetError, table::Categories, text::listed};

/// A column of categories with what its training rows said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FittedCategory {
    /// The category that fills gaps; if none, they are errors.
    pub(super) fill: Option<String>,
    /// A further column says where gaps were.
    pub(super) indicator: bool,
    pub(super) names: Vec<String>,
    /// A column for each name, or else one column of numbers.
    pub(super) one_hot: bool,
    pub(super) unseen: Unseen,
}

/// What a cell becomes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Code {
    Known(usize),
    Unseen,
    /// A gap that nothing fills.
    Gap,
}

impl FittedCategory {
    pub(super) fn fit(
        column: &str,
        steps: &Categorical,
        cells: &Categories,
    ) -> Result<Self, PipelineError> {
        let failed = |problem| PipelineError::Column {
            column: column.to_owned(),
            source: DatasetError::Parameters {
                what: "Encode::Ordinal",
                problem,
            },
        };
        let mut counts = vec![0; cells.names().len()];
        for &code in cells.codes().iter().flatten() {
            counts[code as usize] += 1;
        }
        let gap = cells.codes().iter().position(Option::is_none);
        let most_frequent = (0..counts.len()).rev().max_by_key(|&code| counts[code]);
        let most_frequent = most_frequent.filter(|&code| counts[code] > 0);
        let fill = match &steps.impute {
            Fill::Error => None,
            Fill::Constant(name) => Some(name.clone()),
            Fill::MostFrequent => match most_frequent {
                Some(code) => Some(cells.names()[code].clone()),
                None => {
                    let column = column.to_owned();
                    return Err(PipelineError::NothingToImpute { column });
                }
            },
        };
        if let (None, Some(row)) = (&fill, gap) {
            let column = column.to_owned();
            return Err(PipelineError::Missing { column, row });
        }
        let names = match &steps.encode {
            Encode::Ordinal(Some(order)) if order.is_empty() => {
                return Err(failed("the order has no categories".to_owned()));
            }
            Encode::Ordinal(Some(order)) => order.clone(),
            Encode::Ordinal(None) | Encode::OneHot => {
                let filled = fill.as_deref().filter(|_| gap.is_some());
                occurring(cells, &counts, filled)
            }
        };
        if let Some(name) = repeated(&names) {
            return Err(failed(format!("the order has {name:?} twice")));
        }
        let fitted = Self {
            fill,
            indicator: steps.indicator && gap.is_some(),
            names,
            one_hot: steps.encode == Encode::OneHot,
            unseen: steps.unseen,
        };
        // an order may leave categories of the training rows out
        let codes = fitted.codes(cells);
        let rows = cells.codes().iter().enumerate();
        for (row, cell) in rows {
            fitted.check(column, cells, row, codes.of(*cell))?;
        }
        Ok(fitted)
    }

    pub(super) fn width(&self) -> usize {
        let encoded = if self.one_hot { self.names.len() } else { 1 };
        encoded + usize::from(self.indicator)
    }

    /// The code of each name of these cells.
    pub(super) fn codes(&self, cells: &Categories) -> Codes {
        let names = self.names.iter().map(String::as_str);
        let code_of: HashMap<&str, usize> = names.zip(0..).collect();
        let code = |name: &str| {
            code_of
                .get(name)
                .map_or(Code::Unseen, |&at| Code::Known(at))
        };
        Codes {
            of_names: cells.names().iter().map(|name| code(name)).collect(),
            of_gaps: self.fill.as_deref().map_or(Code::Gap, code),
        }
    }

    /// An error for a cell that is not allowed.
    pub(super) fn check(
        &self,
        column: &str,
        cells: &Categories,
        row: usize,
        code: Code,
    ) -> Result<(), PipelineError> {
        let column = column.to_owned();
        match code {
            Code::Gap => Err(PipelineError::Missing { column, row }),
            Code::Unseen if self.unseen == Unseen::Error => Err(PipelineError::Unseen {
                column,
                row,
                category: match cells.codes()[row] {
                    Some(code) => cells.names()[code as usize].clone(),
                    None => self.fill.clone().unwrap_or_default(),
                },
                known: listed(self.names.iter().map(String::as_str)),
            }),
            _ => Ok(()),
        }
    }

    /// Writes a cell to its part of a row of zeros of the matrix.
    pub(super) fn transform(&self, code: Code, is_gap: bool, mut row: ArrayViewMut1<'_, f64>) {
        match code {
            Code::Known(code) if self.one_hot => row[code] = 1.0,
            Code::Known(code) => row[0] = code as f64,
            _ if self.one_hot => {}
            _ => row[0] = -1.0,
        }
        if self.indicator && is_gap {
            row[self.width() - 1] = 1.0;
        }
    }

    /// The name that a row of the matrix stands for: that of the largest number one-hot, of the nearest ordinal. `None`
    /// where it is missing, or none of those known.
    pub(super) fn inverse<F: Scalar>(&self, row: &[F]) -> Option<&str> {
        if self.indicator && row[self.width() - 1].as_f64() > 0.5 {
            return None;
        }
        let code = match self.one_hot {
            true => {
                let mut best = (None, 0.0);
                for (code, value) in row[..self.names.len()].iter().enumerate() {
                    if value.as_f64() > best.1 {
                        best = (Some(code), value.as_f64());
                    }
                }
                best.0
            }
            // the cast to an integer is not out of range for −1 and less: they are none of those known
            false => {
                let nearest = row[0].as_f64().round();
                (nearest >= 0.0).then_some(nearest as usize)
            }
        };
        self.names.get(code?).map(String::as_str)
    }

    /// What is wrong with one from a file.
    pub(super) fn problem(&self) -> Option<String> {
        if self.names.is_empty() {
            return Some("there are no categories".to_owned());
        }
        repeated(&self.names).map(|name| format!("two categories are {name:?}"))
    }
}

/// The codes of some cells' names, and of gaps.
pub(super) struct Codes {
    of_names: Vec<Code>,
    of_gaps: Code,
}

impl Codes {
    pub(super) fn of(&self, cell: Option<u32>) -> Code {
        cell.map_or(self.of_gaps, |code| self.of_names[code as usize])
    }
}

/// The names of which there are cells, in order, with what fills gaps.
fn occurring(cells: &Categories, counts: &[usize], filled: Option<&str>) -> Vec<String> {
    let names = cells.names().iter().zip(counts);
    let mut names: Vec<String> = names
        .filter(|&(_, &count)| count > 0)
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(filled) = filled
        && !names.iter().any(|name| name == filled)
    {
        names.push(filled.to_owned());
    }
    // all numbers, perhaps, if a name of other rows is none
    crate::table::sort(&mut names, |name| name);
    names
}

/// A name that occurs twice.
fn repeated(names: &[String]) -> Option<String> {
    let mut seen = HashSet::new();
    let repeated = names.iter().find(|name| !seen.insert(*name))?;
    Some(crate::text::excerpt(repeated))
}
