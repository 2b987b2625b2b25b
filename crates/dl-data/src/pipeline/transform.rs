//! From the rows of a table to those of a matrix.

use std::borrow::Cow;
use std::ops::Range;

use dl_core::instantiate;
use ndarray::{Array2, ArrayViewMut2, Axis, Slice};

use super::{
    FittedPipeline, PipelineError,
    category::FittedCategory,
    fitted::{FittedColumn, FittedSteps},
    number::FittedNumber,
};
use crate::{ColumnKind, Series, Table, TableError, check::zeros, table::Categories};

instantiate! {
    pub(super) fn transform<F: Scalar>(
        pipeline: &FittedPipeline,
        table: &Table,
        rows: Range<usize>,
    ) -> Result<Array2<F>, PipelineError> {
        let first = rows.start;
        let mut x = encode(pipeline, table, rows)?;
        if let Some(pca) = &pipeline.pca {
            x = pca.transform(&x)?;
        }
        let z = x.mapv(F::cast);
        match z.indexed_iter().find(|(_, value)| !value.is_finite()) {
            None => Ok(z),
            Some(((row, column), _)) => Err(PipelineError::Overflow {
                feature: pipeline.feature_name(column),
                row: first + row,
                value: x[[row, column]],
                scalar: F::NAME,
            }),
        }
    }
}

/// The matrix before principal components.
pub(super) fn encode(
    pipeline: &FittedPipeline,
    table: &Table,
    rows: Range<usize>,
) -> Result<Array2<f64>, PipelineError> {
    let mut x = zeros(rows.len(), pipeline.encoded_width())?;
    let mut begin = 0;
    for column in &pipeline.columns {
        let end = begin + column.width();
        let part = x.slice_axis_mut(Axis(1), Slice::from(begin..end));
        column.transform(table.column(&column.name)?, rows.clone(), part)?;
        begin = end;
    }
    Ok(x)
}

impl FittedColumn {
    /// Transforms some rows to their part of the matrix, which is zero.
    fn transform(
        &self,
        series: &Series,
        rows: Range<usize>,
        part: ArrayViewMut2<'_, f64>,
    ) -> Result<(), PipelineError> {
        let other_kind = |expected| {
            PipelineError::Table(TableError::Kind {
                column: self.name.clone(),
                found: series.kind(),
                expected,
            })
        };
        match &self.steps {
            FittedSteps::Number(steps) => {
                let values = numbers(series, ColumnKind::Number);
                let values = values.ok_or_else(|| other_kind(ColumnKind::Number))?;
                self.numbers(steps, &values, rows, part)
            }
            FittedSteps::Date(steps) => {
                let values = numbers(series, ColumnKind::Date);
                let values = values.ok_or_else(|| other_kind(ColumnKind::Date))?;
                self.numbers(steps, &values, rows, part)
            }
            FittedSteps::Category(steps) => {
                let cells = categories(series).ok_or_else(|| other_kind(ColumnKind::Category))?;
                self.categories(steps, &cells, rows, part)
            }
        }
    }

    fn numbers(
        &self,
        steps: &FittedNumber,
        values: &[f64],
        rows: Range<usize>,
        mut part: ArrayViewMut2<'_, f64>,
    ) -> Result<(), PipelineError> {
        for (row, out) in rows.zip(part.outer_iter_mut()) {
            let transformed = steps.transform(values[row], out);
            transformed.ok_or_else(|| PipelineError::Missing {
                column: self.name.clone(),
                row,
            })?;
        }
        Ok(())
    }

    fn categories(
        &self,
        steps: &FittedCategory,
        cells: &Categories,
        rows: Range<usize>,
        mut part: ArrayViewMut2<'_, f64>,
    ) -> Result<(), PipelineError> {
        let codes = steps.codes(cells);
        for (row, out) in rows.zip(part.outer_iter_mut()) {
            let cell = cells.codes()[row];
            let code = codes.of(cell);
            steps.check(&self.name, cells, row, code)?;
            steps.transform(code, cell.is_none(), out);
        }
        Ok(())
    }
}

/// The values of a column of this kind. A column of nothing but gaps, whose kind does not show, is of any.
fn numbers(series: &Series, kind: ColumnKind) -> Option<Cow<'_, [f64]>> {
    match series {
        Series::Numbers(values) | Series::Dates(values) if series.kind() == kind => {
            Some(values.into())
        }
        other if is_empty(other) => Some(vec![f64::NAN; other.len()].into()),
        _ => None,
    }
}

fn categories(series: &Series) -> Option<Cow<'_, Categories>> {
    match series {
        Series::Categories(cells) => Some(Cow::Borrowed(cells)),
        other if is_empty(other) => {
            let gaps = std::iter::repeat_n(None::<String>, other.len());
            Some(Cow::Owned(gaps.collect()))
        }
        _ => None,
    }
}

fn is_empty(series: &Series) -> bool {
    (0..series.len()).all(|row| series.is_missing(row))
}
