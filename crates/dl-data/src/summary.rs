//! Data sets in print: one line a column.

use std::fmt::{self, Display, Formatter};

use dl_math::Scalar;
use ndarray::ArrayView1;

use crate::{Dataset, RegressionDataset};

impl<F: Scalar> Display for Dataset<F> {
    /// Size, then range, mean and standard deviation (divisor n) of each feature, then the rows
    /// of each class.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let (rows, columns) = self.features().dim();
        writeln!(
            out,
            "{rows} rows, {columns} features, {} classes",
            self.classes()
        )?;
        let features = self.feature_names().iter().map(String::as_str);
        columns_table(
            out,
            &features.zip(self.features().columns()).collect::<Vec<_>>(),
        )?;
        write!(out, "rows a class:")?;
        let mut separator = " ";
        for (name, count) in self.class_names().iter().zip(self.class_counts()) {
            write!(out, "{separator}{name} {count}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl<F: Scalar> Display for RegressionDataset<F> {
    /// Size, then range, mean and standard deviation (divisor n) of each feature and of the
    /// target.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let (rows, columns) = self.features().dim();
        writeln!(
            out,
            "{rows} rows, {columns} features, target {}",
            self.target_name()
        )?;
        let features = self.feature_names().iter().map(String::as_str);
        let target = (self.target_name(), self.targets().view());
        let table: Vec<_> = features
            .zip(self.features().columns())
            .chain([target])
            .collect();
        columns_table(out, &table)
    }
}

fn columns_table<F: Scalar>(
    out: &mut Formatter<'_>,
    columns: &[(&str, ArrayView1<'_, F>)],
) -> fmt::Result {
    let width = columns
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(6);
    writeln!(
        out,
        "{:width$} {:>10} {:>10} {:>10} {:>10}",
        "column", "least", "mean", "most", "sd"
    )?;
    for (name, column) in columns {
        let n = column.len() as f64;
        let values = || column.iter().map(|x| x.as_f64());
        let least = values().fold(f64::INFINITY, f64::min);
        let most = values().fold(f64::NEG_INFINITY, f64::max);
        let mean = values().map(|x| x / n).sum::<f64>();
        let sd = values().map(|x| (x - mean).powi(2) / n).sum::<f64>().sqrt();
        writeln!(
            out,
            "{name:width$} {} {} {} {}",
            number(least),
            number(mean),
            number(most),
            number(sd)
        )?;
    }
    Ok(())
}

/// Ten characters wide, four digits that count.
fn number(x: f64) -> String {
    let magnitude = x.abs();
    if magnitude != 0.0 && !(1e-3..1e5).contains(&magnitude) {
        format!("{x:>10.2e}")
    } else {
        let digits = if magnitude < 1.0 {
            4
        } else {
            3 - (magnitude.log10() as usize).min(3)
        };
        format!("{x:>10.digits$}")
    }
}
