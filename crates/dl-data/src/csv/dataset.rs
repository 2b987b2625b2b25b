//! Makes data sets of parsed rows.

use dl_core::{Scalar, instantiate};
use ndarray::Array2;

use super::{
    Csv, CsvError,
    classes::Classes,
    column::Columns,
    field::Field,
    header::check_label,
    rows::{self, Labels, Parsed},
    source::Source,
};
use crate::{Dataset, RegressionDataset, dataset::check_classes, text::excerpt};

instantiate! {
    pub(super) fn classification<F: Scalar>(
        csv: &Csv,
        source: &Source<'_>,
    ) -> Result<Dataset<F>, CsvError> {
        csv.classification(source)
    }

    pub(super) fn regression<F: Scalar>(
        csv: &Csv,
        source: &Source<'_>,
    ) -> Result<RegressionDataset<F>, CsvError> {
        csv.regression(source)
    }

    pub(super) fn unlabelled<F: Scalar>(
        csv: &Csv,
        source: &Source<'_>,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        csv.unlabelled(source)
    }
}

impl Csv {
    fn unlabelled<F: Scalar>(
        &self,
        source: &Source<'_>,
    ) -> Result<(Array2<F>, Vec<String>), CsvError> {
        self.check(source.path)?;
        let mut table = rows::read(self, source, Labels::None, |_| Ok(Some(())))?;
        let features = Self::features(&mut table);
        Ok((features, table.columns.feature_names()))
    }

    fn classification<F: Scalar>(&self, source: &Source<'_>) -> Result<Dataset<F>, CsvError> {
        let path = source.path;
        self.check(path)?;
        let known = self.classes.as_deref();
        let size = source.data.len();
        let mut classes = Classes::new(known, self.markers(), self.number_format(), size);
        let mut table = rows::read(self, source, Labels::Classes, |field| {
            field.map_or(Ok(None), |field| classes.number(field))
        })?;
        check_label(self, &table.columns, source, &table.first, &classes)?;
        let features = Self::features(&mut table);
        let (labels, class_names) = classes.finish(table.labels);
        let Columns { names, label, .. } = &table.columns;
        if let ([class], Some(label)) = (class_names.as_slice(), label) {
            return Err(CsvError::SingleClass {
                path: path.to_owned(),
                column: label + 1,
                name: excerpt(&names[*label]),
                class: excerpt(class),
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

    fn regression<F: Scalar>(&self, source: &Source<'_>) -> Result<RegressionDataset<F>, CsvError> {
        let path = source.path;
        self.check(path)?;
        let (markers, number_format) = (self.markers(), self.number_format());
        let target = |field: Option<&Field<'_>>| match field {
            Some(field) if !markers.are_missing(&field.text) => {
                field.number(number_format).map(Some)
            }
            _ => Ok(None),
        };
        let mut table = rows::read(self, source, Labels::Numbers, target)?;
        let features = Self::features(&mut table);
        let columns = table.columns;
        let label = columns.label.expect("the table has labels");
        let name = columns.names[label].clone();
        RegressionDataset::new(features, table.labels.into(), columns.feature_names(), name)
            .map_err(|source| data_error(path, source))
    }

    /// The features as an array.
    fn features<F: Scalar, L>(table: &mut Parsed<'_, F, L>) -> Array2<F> {
        let shape = (table.labels.len(), table.columns.features.len());
        Array2::from_shape_vec(shape, std::mem::take(&mut table.values))
            .expect("one value per row and feature")
    }

    /// Checks the settings.
    fn check(&self, path: &str) -> Result<(), CsvError> {
        match &self.classes {
            Some(names) => check_classes(names).map_err(|source| data_error(path, source)),
            None => Ok(()),
        }
    }
}

fn data_error(path: &str, source: crate::DatasetError) -> CsvError {
    CsvError::Data {
        path: path.to_owned(),
        source,
    }
}
