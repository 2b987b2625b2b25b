//! A bundle with a valid checksum: an error, or a model that predicts.

use dl_data::{ColumnKind, Series, Table};
use dl_io::Bundle;
use dl_nn::ndarray::{ArrayD, IxDyn};

use crate::container::container;
use crate::file::file;

/// Loads the input as a bundle and predicts one sample with it.
pub(crate) fn check(input: &[u8]) {
    let path = file("dl", &container(input));
    let Ok(bundle) = Bundle::<f32>::load(path) else {
        return;
    };
    let shape = [&[1], bundle.input_shape()].concat();
    let x = ArrayD::from_elem(IxDyn(&shape), 0.5);
    if let Some(pipeline) = bundle.pipeline() {
        let columns = pipeline.columns().map(|(name, kind)| {
            let series = match kind {
                ColumnKind::Number => Series::Numbers(vec![0.5, f64::NAN]),
                ColumnKind::Date => Series::Dates(vec![20_000.0, f64::NAN]),
                ColumnKind::Category => Series::categories([Some("a"), None]),
            };
            (name, series)
        });
        let table = Table::new(columns).expect("names are distinct");
        if let Ok(answers) = bundle.predict_table(&table) {
            assert_eq!(answers.nrows(), 2);
        }
    }
    // overflow is an error
    if let Ok(answers) = bundle.predict(&x) {
        assert_eq!(answers.len_of(dl_nn::ndarray::Axis(0)), 1);
    }
}
