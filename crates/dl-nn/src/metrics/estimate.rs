//! A measure's value together with how far chance may have moved it.

use std::fmt;

use ndarray::Array1;

use super::quantile::{self, bisect};
use super::{MetricError, check};

/// A measure computed from `n` samples: [`value`](Self::value) is the number,
/// [`interval`](Self::interval) its confidence interval.
///
/// Formats as its value: `{:.3}` gives three digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The measure on these samples.
    pub value: f64,
    /// How many samples it is computed from.
    pub n: usize,
    method: Method,
}

/// Where the interval comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Method {
    Proportion,
    Mean { standard_error: f64 },
    Difference { standard_error: f64 },
    CrossValidated { standard_error: f64 },
    RootOfMean { standard_error: f64 },
    Auc { positives: usize, negatives: usize },
}

/// A confidence interval.
///
/// Formats as `[lower, upper]`, with three digits unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Confidence level, such as 0.95.
    pub level: f64,
}

impl Estimate {
    /// The share of `successes` in `trials`, with Wilson's interval; 0 if there is no trial.
    ///
    /// ```
    /// use dl_nn::metrics::Estimate;
    ///
    /// let heads = Estimate::proportion(7, 10);
    /// assert_eq!(heads.value, 0.7);
    /// assert_eq!(heads.interval(0.95)?.to_string(), "[0.397, 0.892]");
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    ///
    /// # Panics
    /// If there are more successes than trials.
    pub fn proportion(successes: usize, trials: usize) -> Self {
        assert!(
            successes <= trials,
            "{successes} successes in {trials} trials"
        );
        Self {
            value: ratio(successes, trials),
            n: trials,
            method: Method::Proportion,
        }
    }

    /// The mean over the samples, at least one, of a quantity that is never negative: of a loss, or
    /// of the errors of several runs.
    pub fn mean(samples: &Array1<f64>) -> Self {
        let (value, standard_error) = mean_and_error(samples);
        Self {
            value,
            n: samples.len(),
            method: Method::Mean { standard_error },
        }
    }

    /// The mean of a − b over pairs, at least one: of two ways that are measured on the same
    /// splits, or with the same seeds. What both share, an easy split or a lucky start, falls out.
    ///
    /// ```
    /// use dl_nn::metrics::Estimate;
    /// use dl_nn::ndarray::array;
    ///
    /// let (new, old) = (array![0.95, 0.91, 0.98], array![0.94, 0.89, 0.95]);
    /// let gain = Estimate::difference(&new, &old);
    /// assert_eq!(format!("{gain:.3}"), "0.020");
    /// assert_eq!(gain.interval(0.95)?.to_string(), "[-0.005, 0.045]");
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    ///
    /// # Panics
    /// If one has more samples than the other.
    pub fn difference(a: &Array1<f64>, b: &Array1<f64>) -> Self {
        assert_eq!(a.len(), b.len(), "each sample needs its partner");
        let (value, standard_error) = mean_and_error(&(a - b));
        Self {
            value,
            n: a.len(),
            method: Method::Difference { standard_error },
        }
    }

    /// The mean of a score over the folds of a cross-validation, or over repeated random splits, at least one, where
    /// `test_rows_per_train_row` is n₂/n₁ for n₂ test and n₁ training rows of a split. The score may have any sign: differences of
    /// two models in the same folds are scores, too.
    ///
    /// Folds share most of their training rows, so their scores are correlated, and the s²/J of independent samples
    /// is too small a variance of their mean. This takes (1/J + n₂/n₁)·s² (Nadeau & Bengio, "Inference for the
    /// generalization error", Machine Learning 52, 2003, the corrected resampled t), which was derived for random splits
    /// and is commonly used for k folds, too (Bouckaert & Frank, PAKDD 2004); there is no unbiased estimate for
    /// those (Bengio & Grandvalet, JMLR 5, 2004).
    ///
    /// ```
    /// use dl_nn::metrics::Estimate;
    /// use dl_nn::ndarray::array;
    ///
    /// let five_folds = array![0.97, 0.93, 0.90, 1.00, 0.97];
    /// let accuracy = Estimate::cross_validated(&five_folds, 30.0 / 120.0);
    /// assert_eq!(format!("{accuracy:.3}"), "0.954");
    /// assert_eq!(accuracy.interval(0.95)?.to_string(), "[0.881, 1.027]");
    /// # Ok::<(), dl_nn::metrics::MetricError>(())
    /// ```
    pub fn cross_validated(scores: &Array1<f64>, test_rows_per_train_row: f64) -> Self {
        let (value, standard_error) = mean_and_error(scores);
        let n = scores.len();
        // (1/J + n₂/n₁)·s², with J = n scores
        let standard_error = standard_error * (1.0 + n as f64 * test_rows_per_train_row).sqrt();
        Self {
            value,
            n,
            method: Method::CrossValidated { standard_error },
        }
    }

    /// The square root of a [`mean`](Self::mean).
    pub(super) fn root_of_mean(samples: &Array1<f64>) -> Self {
        let (mean, standard_error) = mean_and_error(samples);
        Self {
            value: mean.sqrt(),
            n: samples.len(),
            method: Method::RootOfMean { standard_error },
        }
    }

    /// An area under the ROC curve.
    pub(super) fn auc(value: f64, positives: usize, negatives: usize) -> Self {
        Self {
            value,
            n: positives + negatives,
            method: Method::Auc {
                positives,
                negatives,
            },
        }
    }

    /// The confidence interval at `level`, such as 0.95.
    ///
    /// - **Proportions** (accuracy, precision, recall): Wilson's score interval; `[0, 1]` if
    ///   there is no sample. Wilson, "Probable inference, the law of succession, and statistical
    ///   inference", JASA 22 (1927).
    /// - **Means** (log loss, Brier score, MAE, MSE): mean ± t·s/√n, t of Student's distribution
    ///   with n − 1 degrees of freedom, cut off at 0. **RMSE**: the square roots of MSE's ends.
    /// - **Paired differences**: the same, with both signs.
    /// - **Means over folds**: the same, with the standard error of [`cross_validated`](Self::cross_validated).
    /// - **ROC AUC**: all areas θ from which the observed one is at most z standard errors away,
    ///   with the standard error at θ of Hanley & McNeil, "The meaning and use of the area under
    ///   a receiver operating characteristic (ROC) curve", Radiology 143 (1982). Taking it at θ,
    ///   as Wilson does, and not at the observed area keeps the interval inside `[0, 1]` and
    ///   gives an area of 1 a lower end that depends on n: Newcombe, "Confidence intervals for an
    ///   effect size measure based on the Mann–Whitney statistic. Part 2", Statistics in Medicine
    ///   25 (2006).
    ///
    /// # Errors
    /// `level` is not inside (0, 1); a mean over a single sample, which has no spread.
    pub fn interval(&self, level: f64) -> Result<Interval, MetricError> {
        check::level(level)?;
        let (lower, upper) = match self.method {
            Method::Proportion => wilson(self.value, self.n, level),
            Method::Mean { standard_error } => {
                let half = half_width(standard_error, self.n, level)?;
                ((self.value - half).max(0.0), self.value + half)
            }
            Method::Difference { standard_error } | Method::CrossValidated { standard_error } => {
                let half = half_width(standard_error, self.n, level)?;
                (self.value - half, self.value + half)
            }
            Method::RootOfMean { standard_error } => {
                let half = half_width(standard_error, self.n, level)?;
                let mean = self.value * self.value;
                ((mean - half).max(0.0).sqrt(), (mean + half).sqrt())
            }
            Method::Auc {
                positives,
                negatives,
            } => hanley_mcneil(self.value, positives, negatives, level),
        };
        Ok(Interval {
            lower,
            upper,
            level,
        })
    }
}

/// `part / whole`, and 0 if both are zero.
pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}

/// The mean and its standard error s/√n, which is NaN for a single sample.
fn mean_and_error(samples: &Array1<f64>) -> (f64, f64) {
    let n = samples.len() as f64;
    let mean = samples.sum() / n;
    let variance = samples.mapv(|x| (x - mean).powi(2)).sum() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

fn wilson(p: f64, n: usize, level: f64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let n = n as f64;
    let z = quantile::normal(level);
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // The ends are exactly 0 at p = 0 and 1 at p = 1; rounding must not push p out.
    ((centre - half).clamp(0.0, p), (centre + half).clamp(p, 1.0))
}

fn half_width(standard_error: f64, n: usize, level: f64) -> Result<f64, MetricError> {
    if n < 2 {
        return Err(MetricError::Undefined {
            measure: "the interval of a mean".to_owned(),
            reason: "a single sample has no spread",
        });
    }
    Ok(quantile::student_t(level, n - 1) * standard_error)
}

fn hanley_mcneil(auc: f64, positives: usize, negatives: usize, level: f64) -> (f64, f64) {
    let z = quantile::normal(level);
    let inside = |theta: f64| {
        (auc - theta).powi(2) <= z * z * hanley_mcneil_variance(theta, positives, negatives)
    };
    (bisect(0.0, auc, inside), bisect(1.0, auc, inside))
}

/// Hanley & McNeil (1982): the variance of the area under the ROC curve when its true value
/// is `theta`.
fn hanley_mcneil_variance(theta: f64, positives: usize, negatives: usize) -> f64 {
    let (positives, negatives) = (positives as f64, negatives as f64);
    // Two random positives both outrank a random negative; a positive outranks two negatives.
    let q1 = theta / (2.0 - theta);
    let q2 = 2.0 * theta * theta / (1.0 + theta);
    (theta * (1.0 - theta)
        + (positives - 1.0) * (q1 - theta * theta)
        + (negatives - 1.0) * (q2 - theta * theta))
        / (positives * negatives)
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(3);
        write!(f, "[{:.digits$}, {:.digits$}]", self.lower, self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "3 successes in 2 trials")]
    fn a_proportion_is_at_most_1() {
        Estimate::proportion(3, 2);
    }

    /// Two pairs whose differences are ±d about m: s/√2 = d, and t with one degree of freedom is
    /// Cauchy's, with the quantile tan(π(0.975 − ½)).
    #[test]
    fn a_difference_keeps_its_sign_and_forgets_what_is_shared() {
        use ndarray::array;
        let (a, b) = (array![105.0, 201.0], array![104.0, 204.0]);
        let difference = Estimate::difference(&a, &b);
        assert!((difference.value + 1.0).abs() < 1e-12);
        let interval = difference.interval(0.95).unwrap();
        let half = 2.0 * (std::f64::consts::PI * 0.475).tan();
        assert!((interval.lower - (-1.0 - half)).abs() < 1e-8);
        assert!((interval.upper - (-1.0 + half)).abs() < 1e-8);
    }

    /// Without test rows there is nothing to correct; with as many as there are rows to train on, two scores have the
    /// variance (1/2 + 1)·s² in place of s²/2.
    #[test]
    fn shared_training_rows_widen_the_interval() {
        let scores = ndarray::array![0.8, 0.9];
        let width = |estimate: Estimate| {
            let interval = estimate.interval(0.95).unwrap();
            interval.upper - interval.lower
        };
        let independent = width(Estimate::difference(&scores, &ndarray::array![0.0, 0.0]));
        let corrected = |ratio| width(Estimate::cross_validated(&scores, ratio));
        assert!((corrected(0.0) / independent - 1.0).abs() < 1e-12);
        assert!((corrected(1.0) / independent - 3.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    #[should_panic(expected = "each sample needs its partner")]
    fn a_difference_is_between_pairs() {
        Estimate::difference(&ndarray::array![1.0], &ndarray::array![1.0, 2.0]);
    }

    #[test]
    fn wilson_holds_proportions_of_none_and_all() {
        for n in 1..=200 {
            for level in [0.5, 0.9, 0.95, 0.99] {
                let none = Estimate::proportion(0, n).interval(level).unwrap();
                assert!(none.lower == 0.0 && 0.0 < none.upper && none.upper < 1.0);
                let all = Estimate::proportion(n, n).interval(level).unwrap();
                assert!(all.upper == 1.0 && 0.0 < all.lower && all.lower < 1.0);
            }
        }
    }
}
