//! From parsed rows to data sets.

use dl_core::{Scalar, instantiate};
use ndarray::{Array2, Axis};

use super::{
    Csv, CsvError, Missing,
    classes::Classes,
    column::Columns,
    missing::{Statistic, impute, is_missing},
    source::Field,
    table::{self, Table},
};
use crate::{Dataset, RegressionDataset, dataset::check_classes};

instantiate! {
    pub(super) fn classification<F: Scalar>(
        csv: &Csv,
        data: &[u8],
        path: &str,
    ) -> Result<Dataset<F>, CsvError> {
        csv.classification(data, path)
    }

    pub(super) fn regression<F: Scalar>(
        csv: &Csv,
        data: &[u8],
        path: &str,
    ) -> Result<RegressionDataset<F>, CsvError> {
        csv.regression(data, path)
    }

    pub(super) fn unlabelled<F: Scalar>(
        csv: &Csv,
        data: &[u8],
        path: &str,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        csv.unlabelled(data, path)
    }
}

impl Csv {
    fn unlabelled<F: Scalar>(
        &self,
        data: &[u8],
        path: &str,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        self.check::<F>(path)?;
        let mut table = table::read(self, data, path, false, |_| Ok(Some(())))?;
        let features = self.features(&mut table, path)?;
        Ok((features, table.columns.feature_names()))
    }

    fn classification<F: Scalar>(&self, data: &[u8], path: &str) -> Result<Dataset<F>, CsvError> {
        self.check::<F>(path)?;
        let mut classes = Classes::new(self.classes.as_deref());
        let mut table = table::read(self, data, path, true, |field| {
            field.map_or(Ok(None), |field| classes.number(field))
        })?;
        let features = self.features(&mut table, path)?;
        let (labels, class_names) = classes.finish(table.labels);
        let Columns { names, label, .. } = &table.columns;
        if let ([class], Some(label)) = (class_names.as_slice(), label) {
            return Err(CsvError::SingleClass {
                path: path.to_owned(),
                column: label + 1,
                name: names[*label].clone(),
                class: class.clone(),
            });
        }
        let data = Dataset::new(
            features,
            labels.into(),
            table.columns.feature_names(),
            class_names,
        );
        data.map_err(|source| data_error(path, source))
    }

    fn regression<F: Scalar>(
        &self,
        data: &[u8],
        path: &str,
    ) -> Result<RegressionDataset<F>, CsvError> {
        self.check::<F>(path)?;
        let target = |field: Option<&Field<'_>>| match field {
            Some(field) if !is_missing(field.text) => field.number().map(Some),
            _ => Ok(None),
        };
        let mut table = table::read(self, data, path, true, target)?;
        let features = self.features(&mut table, path)?;
        let columns = table.columns;
        let label = columns.label.expect("the table is labelled");
        let name = columns.names[label].clone();
        RegressionDataset::new(features, table.labels.into(), columns.feature_names(), name)
            .map_err(|source| data_error(path, source))
    }

    /// The features as an array, missing values imputed.
    fn features<F: Scalar, L>(
        &self,
        table: &mut Table<F, L>,
        path: &str,
    ) -> Result<Array2<F>, CsvError> {
        let Columns {
            names, features, ..
        } = &table.columns;
        let shape = (table.labels.len(), features.len());
        let mut x = Array2::from_shape_vec(shape, std::mem::take(&mut table.values))
            .expect("one value for each feature of each row");
        let statistic = match self.missing {
            Missing::Mean => Statistic::Mean,
            Missing::Median => Statistic::Median,
            Missing::Refuse | Missing::Constant(_) | Missing::DropRow => return Ok(x),
        };
        for (values, &column) in x.axis_iter_mut(Axis(1)).zip(features) {
            impute(values, statistic).ok_or_else(|| CsvError::NothingToImpute {
                path: path.to_owned(),
                column: column + 1,
                name: names[column].clone(),
                statistic: statistic.name(),
            })?;
        }
        Ok(x)
    }

    /// Checks the settings.
    fn check<F: Scalar>(&self, path: &str) -> Result<(), CsvError> {
        self.separator_byte()?;
        match self.missing {
            Missing::Constant(value) if !F::of(value).is_finite() => {
                return Err(CsvError::Constant(value, F::NAME));
            }
            _ => {}
        }
        match &self.classes {
            Some(names) => check_classes(names).map_err(|source| data_error(path, source)),
            None => Ok(()),
        }
    }
}

fn data_error(path: &str, source: crate::DataError) -> CsvError {
    CsvError::Data {
        path: path.to_owned(),
        source,
    }
}
