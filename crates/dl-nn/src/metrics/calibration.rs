//! Do predicted probabilities mean what they say?

use dl_core::{Scalar, instantiate};
use ndarray::ArrayRef1;

use super::{Estimate, MetricError, check};

/// The calibration curve (reliability diagram): how often the samples with a predicted probability
/// of about p are positive. For a calibrated model that is p.
///
/// Niculescu-Mizil & Caruana, "Predicting good probabilities with supervised learning", ICML
/// (2005); Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML (2017).
/// For more than two classes, Guo et al. take the largest probability of each row as the
/// probability, and whether that class was right as the truth.
///
/// ```
/// use dl_nn::metrics::CalibrationCurve;
/// use dl_nn::ndarray::array;
///
/// let truth = array![false, false, true, true];
/// let curve = CalibrationCurve::new(&truth, &array![0.25, 0.25, 0.25, 1.0], 2)?;
/// assert_eq!(curve.bins[0].mean_probability, 0.25);
/// assert_eq!(curve.bins[0].positives.value, 1.0 / 3.0);
/// assert!((curve.expected_error() - 0.75 * (1.0 / 3.0 - 0.25)).abs() <= 1e-15);
/// # Ok::<(), dl_nn::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationCurve {
    /// The bins that hold a sample, in increasing order.
    pub bins: Vec<CalibrationBin>,
}

/// The samples whose predicted probability lies in one bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    /// The mean of their predicted probabilities.
    pub mean_probability: f64,
    /// The share of them that is positive, with Wilson's interval.
    pub positives: Estimate,
}

impl CalibrationCurve {
    /// Sorts the samples into `bins` bins of equal width, ((i − 1) / bins, i / bins], the first one
    /// with its lower end. `truth` is `[n]`, true for the positives; `probabilities` `[n]` are of
    /// being positive.
    ///
    /// # Errors
    /// The arrays are empty or of different length; a probability is not in `[0, 1]`; `bins` is 0.
    pub fn new<F: Scalar>(
        truth: &ArrayRef1<bool>,
        probabilities: &ArrayRef1<F>,
        bins: usize,
    ) -> Result<Self, MetricError> {
        curve(truth, probabilities, bins)
    }

    fn compute<F: Scalar>(
        truth: &ArrayRef1<bool>,
        probabilities: &ArrayRef1<F>,
        bins: usize,
    ) -> Result<Self, MetricError> {
        check::not_empty("truth", truth)?;
        check::same_length(truth, "probabilities", probabilities)?;
        check::probabilities("probabilities", probabilities)?;
        if bins == 0 {
            return Err(MetricError::Bins);
        }
        let mut samples: Vec<(f64, bool)> = probabilities
            .iter()
            .zip(truth)
            .map(|(p, &positive)| (p.as_f64(), positive))
            .collect();
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        // The smallest i, from 1, with p ≤ i / bins. Not ⌈p · bins⌉: rounding the product up would
        // move 0.07 out of ((7 − 1) / 100, 7 / 100].
        let bin = |p: f64| {
            let below = (p * bins as f64).floor();
            let i = if p <= below / bins as f64 {
                below
            } else {
                below + 1.0
            };
            i.max(1.0)
        };
        Ok(Self {
            bins: samples
                .chunk_by(|a, b| bin(a.0) == bin(b.0))
                .map(CalibrationBin::new)
                .collect(),
        })
    }

    /// The expected calibration error: the mean over the samples of their bin's distance between
    /// predicted and observed, Σ nᵢ |positivesᵢ − mean pᵢ| / n (Guo et al. 2017, eq. 3).
    pub fn expected_error(&self) -> f64 {
        let n: usize = self.bins.iter().map(|bin| bin.positives.n).sum();
        let errors = self
            .bins
            .iter()
            .map(|bin| bin.positives.n as f64 * (bin.positives.value - bin.mean_probability).abs());
        errors.sum::<f64>() / n as f64
    }
}

instantiate! {
    fn curve<F: Scalar>(
        truth: &ArrayRef1<bool>,
        probabilities: &ArrayRef1<F>,
        bins: usize,
    ) -> Result<CalibrationCurve, MetricError> {
        CalibrationCurve::compute(truth, probabilities, bins)
    }
}

impl CalibrationBin {
    fn new(samples: &[(f64, bool)]) -> Self {
        let positives = samples.iter().filter(|(_, positive)| *positive).count();
        let sum: f64 = samples.iter().map(|(p, _)| p).sum();
        Self {
            mean_probability: sum / samples.len() as f64,
            positives: Estimate::proportion(positives, samples.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;

    #[test]
    fn an_upper_edge_belongs_to_its_bin() {
        let edges: Array1<f64> = (0..=100).map(|i| f64::from(i) / 100.0).collect();
        let curve = CalibrationCurve::new(&edges.mapv(|_| true), &edges, 100).unwrap();
        let sizes: Vec<usize> = curve.bins.iter().map(|bin| bin.positives.n).collect();
        // The first bin holds its lower end, 0, too.
        let expected: Vec<usize> = (0..100).map(|bin| if bin == 0 { 2 } else { 1 }).collect();
        assert_eq!(sizes, expected);
    }
}
