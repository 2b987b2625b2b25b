//! Fits a pipeline.

use ndarray::Array2;

use super::{
    ColumnSteps, FittedPipeline, Pipeline, PipelineError,
    category::FittedCategory,
    fitted::{FittedColumn, FittedSteps},
    number::FittedNumber,
    transform::encode,
};
use crate::{ColumnKind, Pca, Series, Table, TableError};

pub(super) fn fit(pipeline: &Pipeline, train: &Table) -> Result<FittedPipeline, PipelineError> {
    for name in &pipeline.dropped {
        train.column(name)?;
    }
    for (name, _) in &pipeline.columns {
        train.column(name)?;
    }
    let is_kept = |name: &str| !pipeline.dropped.iter().any(|dropped| dropped == name);
    let columns = train.columns().filter(|&(name, _)| is_kept(name));
    let columns = columns.map(|(name, series)| column(pipeline, name, series));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    if columns.is_empty() {
        return Err(PipelineError::NoColumns);
    }
    let mut fitted = FittedPipeline { columns, pca: None };
    if let Some(components) = pipeline.components {
        let x: Array2<f64> = encode(&fitted, train, 0..train.len())?;
        fitted.pca = Some(Pca::fit(&x, components)?);
    }
    Ok(fitted)
}

/// Fits the steps of a column: its own, or else those of its kind.
fn column(pipeline: &Pipeline, name: &str, series: &Series) -> Result<FittedColumn, PipelineError> {
    // of several steps for a column, the last
    let own = pipeline
        .columns
        .iter()
        .rev()
        .find(|(column, _)| column == name);
    let own = own.map(|(_, steps)| steps);
    let kind = |expected| {
        PipelineError::Table(TableError::Kind {
            column: name.to_owned(),
            found: series.kind(),
            expected,
        })
    };
    let steps = match series {
        Series::Numbers(values) | Series::Dates(values) => {
            let steps = match own {
                None => &pipeline.numbers,
                Some(ColumnSteps::Numeric(steps)) => steps,
                Some(ColumnSteps::Categorical(_)) => return Err(kind(ColumnKind::Category)),
            };
            let fitted = FittedNumber::fit(name, steps, values)?;
            match series.kind() {
                ColumnKind::Date => FittedSteps::Date(fitted),
                _ => FittedSteps::Number(fitted),
            }
        }
        Series::Categories(cells) => {
            let steps = match own {
                None => &pipeline.categories,
                Some(ColumnSteps::Categorical(steps)) => steps,
                Some(ColumnSteps::Numeric(_)) => return Err(kind(ColumnKind::Number)),
            };
            FittedSteps::Category(FittedCategory::fit(name, steps, cells)?)
        }
    };
    let name = name.to_owned();
    Ok(FittedColumn { name, steps })
}
