//! Mean, standard deviation, extremes and zeros of an array.

use dl_nn::Scalar;

/// Summary statistics of the finite values of an array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) mean: f64,
    /// The population standard deviation (divisor n).
    pub(crate) std: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Fraction of values that are exactly 0.
    pub(crate) zeros: f64,
    /// Number of values that are NaN or infinite.
    pub(crate) non_finite: usize,
}

impl Statistics {
    pub(crate) fn new<'a, F: Scalar>(values: impl Iterator<Item = &'a F> + Clone) -> Self {
        let finite = values.clone().filter(|v| v.is_finite());
        let finite = finite.map(|v| v.as_f64());
        let count = finite.clone().count();
        let mean = finite.clone().sum::<f64>() / count as f64;
        let squares: f64 = finite.clone().map(|v| (v - mean).powi(2)).sum();
        let zeros = finite.clone().filter(|&v| v == 0.0).count();
        Self {
            mean,
            std: (squares / count as f64).sqrt(),
            min: finite.clone().fold(f64::INFINITY, f64::min),
            max: finite.fold(f64::NEG_INFINITY, f64::max),
            zeros: zeros as f64 / count as f64,
            non_finite: values.count() - count,
        }
    }
}

/// √Σv², in f64.
pub(crate) fn norm<'a, F: Scalar>(values: impl Iterator<Item = &'a F>) -> f64 {
    values.map(|v| v.as_f64().powi(2)).sum::<f64>().sqrt()
}

/// A number with about three digits: `0.0123`, `2.3`, `1.2e-7`.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&digits) {
        return format!("{value:.1e}");
    }
    trimmed(format!("{value:.*}", (2.0 - digits).max(0.0) as usize))
}

/// Removes trailing zeros of the fraction.
pub(crate) fn trimmed(number: String) -> String {
    match number.contains('.') {
        true => number
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        false => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_values_count() {
        let values = [0.0, 2.0, f64::NAN, 4.0, f64::INFINITY];
        let statistics = Statistics::new(values.iter());
        assert_eq!(
            (statistics.mean, statistics.min, statistics.max),
            (2.0, 0.0, 4.0)
        );
        assert!((statistics.std - (8.0_f64 / 3.0).sqrt()).abs() <= 1e-15);
        assert_eq!((statistics.zeros, statistics.non_finite), (1.0 / 3.0, 2));
    }

    #[test]
    fn numbers_are_short() {
        let shown = [
            0.0, 1.0, 2.345_678, -0.012_345, 1e-7, 255.0, 65_536.0, 3e9, 0.5,
        ]
        .map(short);
        let expected = [
            "0", "1", "2.35", "-0.0123", "1.0e-7", "255", "65536", "3.0e9", "0.5",
        ];
        assert_eq!(shown, expected);
    }
}
