//! Predictions for the rows of a table.

use dl_core::instantiate;
use dl_data::{Csv, Table};
use dl_nn::Scalar;
use ndarray::{Array2, ArrayD};

use super::transform::rows;
use super::{Bundle, PredictError};

impl<F: Scalar> Bundle<F> {
    /// Reads the columns that the pipeline takes, as the kinds it was fitted on:
    /// [`Csv::for_pipeline`]. Set separators and the like as for any [`Csv`].
    ///
    /// # Errors
    /// [`PredictError::NoPipeline`].
    pub fn csv(&self) -> Result<Csv, PredictError> {
        let pipeline = self.pipeline().ok_or(PredictError::NoPipeline)?;
        Ok(Csv::new().for_pipeline(pipeline))
    }

    /// Predictions for the rows of a table, one row each: probabilities of a classifier, or values of a regression in
    /// the units of its target ([`with_target`](Self::with_target)).
    ///
    /// The columns of the pipeline ([`with_pipeline`](Self::with_pipeline)) are found by name; further ones are
    /// ignored. [`csv`](Self::csv) reads tables that fit.
    ///
    /// # Errors
    /// [`PredictError`] if the bundle has no pipeline, the table lacks a column or has it in another kind, the pipeline
    /// rejects a row, or a prediction is not finite.
    pub fn predict_table(&self, table: &Table) -> Result<Array2<F>, PredictError> {
        predict_table(self, table)
    }

    /// The most probable class of each row of a table: that of the largest output or, for a single output, whether it
    /// is above ½.
    ///
    /// # Errors
    /// Same as [`predict_table`](Self::predict_table).
    pub fn predict_table_classes(&self, table: &Table) -> Result<Vec<usize>, PredictError> {
        predict_table_classes(self, table)
    }

    /// The name of the most probable class of each row of a table.
    ///
    /// # Errors
    /// Same as [`predict_table`](Self::predict_table), and if the bundle has no class names.
    pub fn predict_table_names(&self, table: &Table) -> Result<Vec<&str>, PredictError> {
        predict_table_names(self, table)
    }

    fn predict_rows(&self, table: &Table) -> Result<ArrayD<F>, PredictError> {
        let pipeline = self.pipeline().ok_or(PredictError::NoPipeline)?;
        self.predict_in_blocks(table.len(), |rows| {
            Ok(pipeline.transform_rows(table, rows)?.into_dyn())
        })
    }
}

instantiate! {
    fn predict_table<F: Scalar>(
        bundle: &Bundle<F>,
        table: &Table,
    ) -> Result<Array2<F>, PredictError> {
        bundle.predict_rows(table).map(rows)
    }

    fn predict_table_classes<F: Scalar>(
        bundle: &Bundle<F>,
        table: &Table,
    ) -> Result<Vec<usize>, PredictError> {
        Ok(Bundle::most_probable_classes(&bundle.predict_rows(table)?))
    }

    fn predict_table_names<'b, F: Scalar>(
        bundle: &'b Bundle<F>,
        table: &Table,
    ) -> Result<Vec<&'b str>, PredictError> {
        bundle.named(|| bundle.predict_rows(table))
    }
}
