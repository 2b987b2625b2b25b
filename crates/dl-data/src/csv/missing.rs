//! Missing values: how they are recognised and handled.

use dl_core::Scalar;
use ndarray::ArrayViewMut1;

/// How a row with a missing feature is handled. For what counts as missing, see
/// [`Csv::missing_markers`](crate::Csv::missing_markers).
///
/// Means and medians are taken over all rows of the table. If test rows are among them, that leaks information:
/// load them separately.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Missing {
    /// It is an error.
    #[default]
    Error,
    /// The value is replaced by the mean of the column's other values.
    Mean,
    /// The value is replaced by the median of the column's other values.
    Median,
    /// The value is replaced by this one.
    Constant(f64),
    /// The row is dropped. The only choice that allows missing labels.
    DropRow,
}

/// What marks a missing value, ignoring case: an empty field, what R, SQL, NumPy, pandas and Visual C++ write, and
/// `?` as in the UCI repository.
const DEFAULT_MARKERS: [&str; 15] = [
    "", "?", "NA", "N/A", "#NA", "#N/A", "#N/A N/A", "<NA>", "NULL", "NaN", "-NaN", NONE, "1.#IND",
    "-1.#IND", "1.#QNAN",
];

/// In a label column, as likely a class (none of several diseases) as a missing value.
const NONE: &str = "None";

/// The texts that mark a missing value; the default ones if `None`.
#[derive(Clone, Copy)]
pub(super) struct Markers<'a>(pub(super) Option<&'a [String]>);

impl Markers<'_> {
    /// Spaces around a marker are ignored, also inside quotes.
    pub(super) fn are_missing(self, text: &str) -> bool {
        let text = text.trim();
        match self.0 {
            Some(markers) => markers.iter().any(|marker| marker == text),
            // most fields are numbers
            None if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains('#') => false,
            None => DEFAULT_MARKERS
                .iter()
                .any(|marker| text.eq_ignore_ascii_case(marker)),
        }
    }

    /// Like [`are_missing`](Self::are_missing), but by default `None` is a class.
    pub(super) fn are_a_missing_label(self, text: &str) -> bool {
        self.are_missing(text) && (self.0.is_some() || !text.trim().eq_ignore_ascii_case(NONE))
    }
}

/// A statistic to replace missing values with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Statistic {
    Mean,
    Median,
}

impl Statistic {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
        }
    }

    /// `None` without values.
    fn compute(self, mut values: Vec<f64>) -> Option<f64> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        Some(match self {
            // divided first, since the sum of large values could overflow
            Self::Mean => values.iter().map(|x| x / n as f64).sum(),
            Self::Median => {
                values.sort_unstable_by(f64::total_cmp);
                values[(n - 1) / 2] / 2.0 + values[n / 2] / 2.0
            }
        })
    }
}

/// Replaces every NaN with the statistic of the other values. `None` if there are none.
pub(super) fn impute<F: Scalar>(
    mut column: ArrayViewMut1<'_, F>,
    statistic: Statistic,
) -> Option<()> {
    if column.iter().all(|x| !x.is_nan()) {
        return Some(());
    }
    let present = column.iter().filter(|x| !x.is_nan()).map(|x| x.as_f64());
    let value = F::cast(statistic.compute(present.collect())?);
    column.mapv_inplace(|x| if x.is_nan() { value } else { x });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_many() {
        let median = |values: &[f64]| Statistic::Median.compute(values.to_vec());
        assert_eq!(median(&[3., 1., 2.]), Some(2.));
        assert_eq!(median(&[4., 1., 2., 3.]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn large_values_have_a_mean() {
        let mean = Statistic::Mean.compute(vec![1e308; 3]).unwrap();
        assert!((mean / 1e308 - 1.0).abs() <= 1e-15);
    }
}
