//! Temperature scaling: one number that makes a classifier as sure as it is right.

use dl_core::softmax::softmax_rows;
use dl_core::sum::sum;
use dl_core::{Scalar, instantiate};
use ndarray::{Array2, ArrayRef1, ArrayRef2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::{MetricError, check};

/// More steps than a root needs: each halves the step before it, or the bracket.
const MAX_STEPS: usize = 200;

/// Temperature scaling: the probabilities softmax(z / T) instead of softmax(z), with one T > 0 for all samples and
/// classes, fitted on samples that the network was not trained on (Guo, Pleiss, Sun & Weinberger, "On calibration of
/// modern neural networks", ICML 2017, section 4.2).
///
/// A network that is too sure of itself has T > 1. Dividing by T keeps the order of the logits, and so the predicted
/// classes and the accuracy. (Logits that differ in their last bit may become equal.) Serde writes it as the number T.
///
/// ```
/// use dl_nn::metrics::{Temperature, log_loss};
/// use dl_nn::ndarray::array;
///
/// // very sure, and wrong one time in four
/// let logits = array![[8.0_f64, 0.0], [8.0, 0.0], [8.0, 0.0], [8.0, 0.0]];
/// let truth = array![0, 0, 0, 1];
/// let temperature = Temperature::fit(&logits, &truth)?;
/// let calibrated = temperature.probabilities(&logits);
/// assert!((calibrated[[0, 0]] - 0.75).abs() <= 1e-12);
/// assert!((temperature.value() - 8.0 / 3f64.ln()).abs() <= 1e-12);
///
/// let before = Temperature::new(1.0)?.probabilities(&logits);
/// assert!(log_loss(&truth, &calibrated)?.value < log_loss(&truth, &before)?.value);
/// # Ok::<(), dl_nn::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Temperature(f64);

impl Temperature {
    /// A known temperature; 1 leaves the logits as they are.
    ///
    /// # Errors
    /// A value that is not positive and finite.
    pub fn new(value: f64) -> Result<Self, MetricError> {
        if value > 0.0 && value.is_finite() {
            return Ok(Self(value));
        }
        Err(MetricError::Temperature { found: value })
    }

    /// The temperature with the smallest mean negative log-likelihood of the classes `truth` `[n]` under
    /// softmax(`logits` / T), for `logits` `[n, classes]` of held-out samples.
    ///
    /// The loss is convex in 1/T: its only minimum is found by Newton's method, with bisection where a step
    /// would leave the bracket, in `f64`.
    ///
    /// # Errors
    /// The arrays are empty or of different length; there are fewer than two classes; a logit is not finite; a class
    /// is not below the number of columns. [`MetricError::Undefined`] if there is no minimum: every sample is
    /// right (T → 0), or the true classes' logits are on average no larger than the others (T → ∞).
    pub fn fit<F: Scalar>(
        logits: &ArrayRef2<F>,
        truth: &ArrayRef1<usize>,
    ) -> Result<Self, MetricError> {
        fit(logits, truth)
    }

    /// T.
    pub fn value(self) -> f64 {
        self.0
    }

    /// z / T, for `logits` `[n, classes]`.
    pub fn apply<F: Scalar>(self, logits: &ArrayRef2<F>) -> Array2<F> {
        divided(logits, self.0)
    }

    /// softmax(z / T) of each row of `logits` `[n, classes]`.
    pub fn probabilities<F: Scalar>(self, logits: &ArrayRef2<F>) -> Array2<F> {
        softmax(self.apply(logits))
    }
}

impl TryFrom<f64> for Temperature {
    type Error = MetricError;

    fn try_from(value: f64) -> Result<Self, MetricError> {
        Self::new(value)
    }
}

impl From<Temperature> for f64 {
    fn from(temperature: Temperature) -> Self {
        temperature.0
    }
}

instantiate! {
    fn fit<F: Scalar>(
        logits: &ArrayRef2<F>,
        truth: &ArrayRef1<usize>,
    ) -> Result<Temperature, MetricError> {
        check::not_empty("truth", truth)?;
        check::same_length(truth, "logits", logits)?;
        let classes = logits.ncols();
        if classes < 2 {
            return Err(MetricError::FewClasses { found: classes });
        }
        check::finite("logits", logits)?;
        check::labels("truth", truth, classes)?;
        minimum(&HeldOut { logits, truth, unit: widest(logits) })
    }

    fn divided<F: Scalar>(logits: &ArrayRef2<F>, temperature: f64) -> Array2<F> {
        logits.as_standard_layout().mapv(|z| F::cast(z.as_f64() / temperature))
    }

    fn softmax<F: Scalar>(logits: Array2<F>) -> Array2<F> {
        let mut probabilities = logits;
        let classes = probabilities.ncols().max(1);
        softmax_rows(probabilities.as_slice_mut().expect("in standard layout"), classes);
        probabilities
    }
}

fn largest<F: Scalar>(logits: ArrayView1<'_, F>) -> f64 {
    logits.fold(f64::NEG_INFINITY, |most, z| most.max(z.as_f64()))
}

/// The largest distance of two logits of a sample.
fn widest<F: Scalar>(logits: &ArrayRef2<F>) -> f64 {
    let widths = logits.rows().into_iter().map(|z| {
        let least = z.fold(f64::INFINITY, |least, z| least.min(z.as_f64()));
        largest(z) - least
    });
    widths.fold(0.0, f64::max)
}

/// The samples that a temperature is fitted on. Distances between logits are measured in `unit`, so that any scale
/// of logits is the same problem.
struct HeldOut<'a, F> {
    logits: &'a ArrayRef2<F>,
    truth: &'a ArrayRef1<usize>,
    unit: f64,
}

impl<F: Scalar> HeldOut<'_, F> {
    /// The first two derivatives, by β = 1/T, of the mean of −ln softmax(βz)ᵧ = ln Σₖ e^(βzₖ) − βzᵧ: the means of
    /// E[z] − zᵧ and Var[z], with z drawn with the probabilities softmax(βz).
    fn derivatives(&self, beta: f64) -> (f64, f64) {
        let samples = self.logits.rows().into_iter().zip(self.truth);
        let (slopes, curvatures): (Vec<f64>, Vec<f64>) = samples
            .map(|(z, &class)| {
                let most = largest(z);
                let below = |z: F| (z.as_f64() - most) / self.unit;
                let (mut weight, mut first, mut second) = (0.0, 0.0, 0.0);
                for &z in z {
                    let z = below(z);
                    let e = (beta * z).exp();
                    weight += e;
                    first += e * z;
                    second += e * z * z;
                }
                let mean = first / weight;
                (mean - below(z[class]), second / weight - mean * mean)
            })
            .unzip();
        let n = slopes.len() as f64;
        (sum(&slopes) / n, sum(&curvatures) / n)
    }

    fn slope(&self, beta: f64) -> f64 {
        self.derivatives(beta).0
    }

    /// Whether every true class has the largest logit of its sample.
    fn all_right(&self) -> bool {
        let mut samples = self.logits.rows().into_iter().zip(self.truth);
        samples.all(|(z, &class)| z[class].as_f64() == largest(z))
    }
}

/// The root of the slope, which rises with β.
fn minimum<F: Scalar>(samples: &HeldOut<'_, F>) -> Result<Temperature, MetricError> {
    let undefined = |reason| {
        let measure = "the temperature".to_owned();
        Err(MetricError::Undefined { measure, reason })
    };
    if !samples.unit.is_finite() {
        return undefined("the logits of a sample are too far apart");
    }
    if samples.unit == 0.0 || samples.slope(0.0) >= 0.0 {
        return undefined(
            "the logits of the true classes are on average no larger than the others, so the loss falls as T → ∞",
        );
    }
    if samples.all_right() {
        return undefined("every sample is classified correctly, so the loss falls as T → 0");
    }
    let (mut low, mut high) = (0.0, 1.0);
    while samples.slope(high) < 0.0 {
        (low, high) = (high, 2.0 * high);
    }
    let mut beta = (low + high) / 2.0;
    let mut step = high - low;
    for _ in 0..MAX_STEPS {
        let (slope, curvature) = samples.derivatives(beta);
        match slope < 0.0 {
            true => low = beta,
            false => high = beta,
        }
        let newton = beta - slope / curvature;
        // a step that does not halve the last one does not converge fast
        let converges = low <= newton && newton <= high && (newton - beta).abs() <= step / 2.0;
        let next = if converges {
            newton
        } else {
            (low + high) / 2.0
        };
        step = (next - beta).abs();
        beta = next;
        if step <= f64::EPSILON * beta {
            break;
        }
    }
    Temperature::new(samples.unit / beta)
}
