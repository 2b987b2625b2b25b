//! Do predicted probabilities mean what they say?

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, ArrayRef1, ArrayRef2};

use super::probability::check_input;
use super::{Estimate, MetricError, argmax, check};

/// The calibration curve (reliability diagram): how often the samples with a predicted probability
/// of about p are positive. For a calibrated model that is p.
///
/// Niculescu-Mizil & Caruana, "Predicting good probabilities with supervised learning", ICML
/// (2005); Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML (2017).
/// For more than two classes, [`top_label`](Self::top_label) takes the probability of the predicted class.
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

    /// The curve of a classifier of several classes: a sample counts with the largest of its `probabilities`
    /// `[n, classes]`, its confidence, and is a positive if the predicted class is that of `truth` `[n]` (Guo et al.
    /// 2017, section 2).
    ///
    /// # Errors
    /// As [`log_loss`](super::log_loss); `bins` is 0.
    ///
    /// ```
    /// use dl_nn::metrics::CalibrationCurve;
    /// use dl_nn::ndarray::array;
    ///
    /// let probabilities = array![[0.75, 0.25, 0.0], [0.25, 0.0, 0.75]];
    /// let curve = CalibrationCurve::top_label(&array![0, 0], &probabilities, 10)?;
    /// assert_eq!(curve.expected_error(), 0.25); // 75 % sure, and right one time in two
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    pub fn top_label<F: Scalar>(
        truth: &ArrayRef1<usize>,
        probabilities: &ArrayRef2<F>,
        bins: usize,
    ) -> Result<Self, MetricError> {
        top_label(truth, probabilities, bins)
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

    fn top_label<F: Scalar>(
        truth: &ArrayRef1<usize>,
        probabilities: &ArrayRef2<F>,
        bins: usize,
    ) -> Result<CalibrationCurve, MetricError> {
        check_input(truth, probabilities)?;
        let predicted = argmax(probabilities)?;
        let rows = probabilities.rows().into_iter().zip(&predicted);
        let confidence: Array1<F> = rows.map(|(p, &class)| p[class]).collect();
        let correct = truth.iter().zip(&predicted).map(|(t, p)| t == p);
        CalibrationCurve::compute(&correct.collect::<Array1<bool>>(), &confidence, bins)
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
