//! From the rows of a matrix back to those of a table.

use dl_core::instantiate;
use ndarray::{Array2, ArrayRef2};

use super::{
    FittedPipeline, PipelineError,
    fitted::{FittedColumn, FittedSteps},
};
use crate::{Series, Table, check::check_width};

instantiate! {
    pub(super) fn inverse<F: Scalar>(
        pipeline: &FittedPipeline,
        z: &ArrayRef2<F>,
    ) -> Result<Table, PipelineError> {
        const WHAT: &str = "pipeline (inverse)";
        check_width(WHAT, z, pipeline.width())?;
        crate::check::check_fit(WHAT, z)?;
        let encoded: Array2<f64> = match &pipeline.pca {
            Some(pca) => pca.inverse_transform(&z.mapv(F::as_f64))?,
            None => z.mapv(F::as_f64),
        };
        let mut begin = 0;
        let mut columns = Vec::new();
        for column in &pipeline.columns {
            let end = begin + column.width();
            let rows = encoded.rows();
            let rows = rows.into_iter().map(|row| row.to_slice().expect("in standard layout"));
            columns.push((column.name.clone(), series(column, rows.map(|row| &row[begin..end]))));
            begin = end;
        }
        Ok(Table::new(columns)?)
    }
}

fn series<'a>(column: &FittedColumn, rows: impl Iterator<Item = &'a [f64]>) -> Series {
    match &column.steps {
        FittedSteps::Number(steps) => Series::Numbers(rows.map(|row| steps.inverse(row)).collect()),
        FittedSteps::Date(steps) => Series::Dates(rows.map(|row| steps.inverse(row)).collect()),
        FittedSteps::Category(steps) => Series::categories(rows.map(|row| steps.inverse(row))),
    }
}
