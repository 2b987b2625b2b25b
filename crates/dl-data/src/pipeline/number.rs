//! Fitted columns of numbers.

use dl_core::Scalar;
use ndarray::{ArrayView2, ArrayViewMut1};
use serde::{Deserialize, Serialize};

use super::{Impute, Numeric, PipelineError, quantiles::median, scale::FittedScale};
use crate::StandardScaler;

/// A column of numbers with what its training rows said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FittedNumber {
    /// What fills gaps; if nothing, they are errors.
    pub(super) fill: Option<f64>,
    /// A second column says where gaps were.
    pub(super) indicator: bool,
    pub(super) scale: FittedScale,
}

impl FittedNumber {
    pub(super) fn fit(
        column: &str,
        steps: &Numeric,
        values: &[f64],
    ) -> Result<Self, PipelineError> {
        let failed = |source| PipelineError::Column {
            column: column.to_owned(),
            source,
        };
        let present: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
        let fill = match steps.impute {
            Impute::Constant(value) if value.is_finite() => Some(value),
            Impute::Constant(value) => {
                return Err(failed(crate::DatasetError::Parameters {
                    what: "Impute::Constant",
                    problem: format!("the constant is {value}, but must be finite"),
                }));
            }
            _ if present.is_empty() => {
                let column = column.to_owned();
                return Err(PipelineError::NothingToImpute { column });
            }
            Impute::Error => None,
            Impute::Mean => {
                let shape = (present.len(), 1);
                let rows = ArrayView2::from_shape(shape, &present).expect("one column");
                let fitted = StandardScaler::fit(&rows).map_err(failed)?;
                Some(fitted.mean()[0])
            }
            Impute::Median => Some(median(&sorted(&present))),
            Impute::MostFrequent => Some(most_frequent(&sorted(&present))),
        };
        let gap = values.iter().position(|x| x.is_nan());
        let filled = match (fill, gap) {
            (_, None) => present,
            (Some(fill), _) => values
                .iter()
                .map(|&x| if x.is_nan() { fill } else { x })
                .collect(),
            (None, Some(row)) => {
                let column = column.to_owned();
                return Err(PipelineError::Missing { column, row });
            }
        };
        Ok(Self {
            fill,
            indicator: steps.indicator && gap.is_some(),
            scale: steps.scale.fit(&filled).map_err(failed)?,
        })
    }

    pub(super) fn width(&self) -> usize {
        1 + usize::from(self.indicator)
    }

    /// Transforms a row's value to its part of the row of the matrix; `None` for a gap that nothing fills.
    pub(super) fn transform(&self, x: f64, mut row: ArrayViewMut1<'_, f64>) -> Option<()> {
        let is_missing = x.is_nan();
        let x = if is_missing { self.fill? } else { x };
        row[0] = self.scale.transform(x);
        if self.indicator {
            row[1] = f64::from(u8::from(is_missing));
        }
        Some(())
    }

    /// The value of a row of the matrix: missing where the indicator says so.
    pub(super) fn inverse<F: Scalar>(&self, row: &[F]) -> f64 {
        match self.indicator && row[1].as_f64() > 0.5 {
            true => f64::NAN,
            false => self.scale.inverse(row[0].as_f64()),
        }
    }

    /// What is wrong with one from a file.
    pub(super) fn problem(&self) -> Option<&'static str> {
        match self.fill {
            Some(fill) if !fill.is_finite() => Some("what fills gaps must be finite"),
            _ => self.scale.problem(),
        }
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The smallest of the numbers that occur most often.
fn most_frequent(sorted: &[f64]) -> f64 {
    let mut best = (0, sorted[0]);
    for equal in sorted.chunk_by(|a, b| a == b) {
        if equal.len() > best.0 {
            best = (equal.len(), equal[0]);
        }
    }
    best.1
}
