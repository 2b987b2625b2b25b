//! Samples from a CSV file larger than memory.

use dl_core::source::{SourceBatch, SourceError, SourceTargets};
use dl_core::{Mode, Scalar, Source, instantiate};

use crate::{Csv, CsvError, CsvFile, FittedPipeline, Table, TargetScaler};

/// The rows of a [`CsvFile`] as samples: read, and transformed by a pipeline, batch by batch.
///
/// The pipeline is fitted before, on rows that fit into memory ([`CsvFile::read`]), and its columns are read as the kinds
/// it was fitted on.
#[derive(Debug)]
pub struct CsvSource {
    file: CsvFile,
    csv: Csv,
    pipeline: FittedPipeline,
    shape: [usize; 1],
    target: Target,
}

#[derive(Debug)]
enum Target {
    Classes(Vec<usize>),
    Values {
        column: String,
        scaler: TargetScaler,
    },
}

/// Rows whose labels are read at once.
const LABELS: usize = 4096;

impl CsvSource {
    /// Samples with a number to predict, from the column `target`, scaled by `scaler`.
    ///
    /// # Errors
    /// The first row lacks a column, or has it in another kind. What is wrong with the others is found when they are read.
    pub fn regression(
        file: CsvFile,
        pipeline: FittedPipeline,
        target: &str,
        scaler: TargetScaler,
    ) -> Result<Self, CsvError> {
        let csv = file.csv().clone().for_pipeline(&pipeline);
        let csv = csv.and_only(target).numbers([target]);
        file.read_as(&csv, &[0])?;
        let target = Target::Values {
            column: target.to_owned(),
            scaler,
        };
        Ok(Self::new(file, csv, pipeline, target))
    }

    /// Samples with classes of these names, in the order in which they are numbered, from the column `label`. All labels are
    /// read at once, and take eight bytes each.
    ///
    /// # Errors
    /// A row without a label, or with one that is not among the names; the first row lacks a column.
    pub fn classification<S: Into<String>>(
        file: CsvFile,
        pipeline: FittedPipeline,
        label: &str,
        class_names: impl IntoIterator<Item = S>,
    ) -> Result<Self, CsvError> {
        let names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        let csv = file.csv().clone().for_pipeline(&pipeline);
        file.read_as(&csv, &[0])?;
        let with_label = csv.clone().and_only(label).categories([label]);
        let mut labels = Vec::with_capacity(file.len());
        let rows: Vec<usize> = (0..file.len()).collect();
        for rows in rows.chunks(LABELS) {
            let table = file.read_as(&with_label, rows)?;
            let classes = table.classes_in_order(label, names.iter().cloned());
            let classes = classes.map_err(|error| error.with_row(|row| rows[row]));
            labels.extend(classes.map_err(|error| file.invalid(error))?.labels());
        }
        Ok(Self::new(file, csv, pipeline, Target::Classes(labels)))
    }

    fn new(file: CsvFile, csv: Csv, pipeline: FittedPipeline, target: Target) -> Self {
        Self {
            shape: [pipeline.width()],
            file,
            csv,
            pipeline,
            target,
        }
    }
}

impl<F: Scalar> Source<F> for CsvSource {
    fn len(&self) -> usize {
        self.file.len()
    }

    fn sample_shape(&self) -> &[usize] {
        &self.shape
    }

    fn targets(&self) -> SourceTargets<'_> {
        match &self.target {
            Target::Classes(labels) => SourceTargets::Classes(labels),
            Target::Values { .. } => SourceTargets::Values { width: 1 },
        }
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        read(self, samples, batch.x, batch.values)
    }
}

instantiate! {
    fn read<F: Scalar>(
        source: &CsvSource,
        samples: &[usize],
        x: &mut [F],
        values: &mut [F],
    ) -> Result<(), SourceError> {
        let mut table: Table = source.file.read_as(&source.csv, samples)?;
        if let Target::Values { column, scaler } = &source.target {
            let rows = table.target(column).map_err(|error| error.with_row(|row| samples[row]))?;
            if !values.is_empty() {
                let scaled = scaler.transform::<F>(rows.target())?;
                values.copy_from_slice(&scaled.to_vec());
            }
            table = rows.features().clone();
        }
        let rows = source.pipeline.transform::<F>(&table);
        let rows = rows.map_err(|error| error.with_row(|row| samples[row]))?;
        x.copy_from_slice(rows.as_slice().expect("in standard layout"));
        Ok(())
    }
}
