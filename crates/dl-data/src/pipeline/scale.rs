//! Scaling a column.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::quantiles::{at_rank, fraction, median, normal_quantile, quantiles, rank};
use crate::{DatasetError, MinMaxScaler, StandardScaler, check::is_positive};
use dl_core::special::normal_cdf;

/// How numbers are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Scale {
    /// Not at all.
    None,
    /// z = (x − μ) / σ, as [`StandardScaler`].
    #[default]
    Standard,
    /// To a range, as [`MinMaxScaler`].
    MinMax {
        /// What the smallest number becomes.
        low: f64,
        /// What the largest number becomes.
        high: f64,
    },
    /// z = (x − median) / (distance of two quantiles), on which outliers have no influence; a distance of 0 counts as 1.
    Robust {
        /// Fraction of the lower quantile.
        lower: f64,
        /// Fraction of the upper quantile.
        upper: f64,
    },
    /// By rank, so that the distribution becomes uniform or normal: interpolated between quantiles. Numbers beyond the
    /// smallest and the largest become what these become.
    Quantile {
        /// Number of quantiles, at most one for each training row.
        quantiles: usize,
        /// The distribution after it.
        output: QuantileOutput,
    },
}

/// The distribution that ranks become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuantileOutput {
    /// Uniform in [0, 1].
    Uniform,
    /// Standard normal, cut off at the quantiles 10⁻⁷ and 1 − 10⁻⁷.
    Normal,
}

impl Scale {
    /// To the range 0 to 1.
    pub fn min_max() -> Self {
        Self::MinMax {
            low: 0.0,
            high: 1.0,
        }
    }

    /// By the median and the distance of the quartiles.
    pub fn robust() -> Self {
        Self::Robust {
            lower: 0.25,
            upper: 0.75,
        }
    }

    /// To a standard normal distribution, by 1000 quantiles.
    pub fn quantile() -> Self {
        Self::Quantile {
            quantiles: 1000,
            output: QuantileOutput::Normal,
        }
    }
}

/// A scale with the numbers of its training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum FittedScale {
    /// z = x.
    None,
    /// z = (x − center) / scale + offset.
    Linear {
        center: f64,
        scale: f64,
        offset: f64,
    },
    /// z = rank of x, or its normal quantile.
    Quantile {
        quantiles: Vec<f64>,
        output: QuantileOutput,
    },
}

/// Ranks nearer to 0 or 1 than this count as 0 and 1.
const BOUND: f64 = 1e-7;

/// The largest magnitude of a normal quantile.
fn largest() -> f64 {
    -normal_quantile(BOUND - f64::EPSILON)
}

impl Scale {
    /// What the column says, which has at least one value and no gaps.
    pub(super) fn fit(self, values: &[f64]) -> Result<FittedScale, DatasetError> {
        self.check()?;
        let column = ArrayView2::from_shape((values.len(), 1), values).expect("one column");
        let sorted = || {
            let mut sorted = values.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        };
        let linear =
            |center: f64, scale: f64, offset: f64| match center.is_finite() && is_positive(scale) {
                true => Ok(FittedScale::Linear {
                    center,
                    scale,
                    offset,
                }),
                false => Err(DatasetError::Overflow {
                    what: "Scale",
                    column: 0,
                    scalar: "f64",
                }),
            };
        match self {
            Self::None => Ok(FittedScale::None),
            Self::Standard => {
                let fitted = StandardScaler::fit(&column)?;
                linear(fitted.mean()[0], fitted.scale()[0], 0.0)
            }
            Self::MinMax { low, high } => {
                let fitted = MinMaxScaler::fit_range(&column, low, high)?;
                linear(fitted.min()[0], fitted.range()[0] / (high - low), low)
            }
            Self::Robust { lower, upper } => {
                let sorted = sorted();
                let quartiles = quantiles(&sorted, [lower, upper].into_iter());
                let distance = quartiles[1] - quartiles[0];
                let scale = if distance == 0.0 { 1.0 } else { distance };
                linear(median(&sorted), scale, 0.0)
            }
            Self::Quantile {
                quantiles: count,
                output,
            } => {
                let count = count.min(values.len()).max(2);
                let fractions = (0..count).map(|i| fraction(i, count));
                Ok(FittedScale::Quantile {
                    quantiles: quantiles(&sorted(), fractions),
                    output,
                })
            }
        }
    }

    fn check(self) -> Result<(), DatasetError> {
        let problem = match self {
            Self::Robust { lower, upper } if !(0.0 <= lower && lower < upper && upper <= 1.0) => {
                format!(
                    "the quantiles are {lower} and {upper}, but must be fractions in [0, 1], the first one below the \
                     second"
                )
            }
            Self::Quantile { quantiles, .. } if quantiles < 2 => {
                format!("{quantiles} quantiles, but at least 2 are needed")
            }
            // MinMaxScaler checks its range
            _ => return Ok(()),
        };
        let what = "Scale";
        Err(DatasetError::Parameters { what, problem })
    }
}

impl FittedScale {
    pub(super) fn transform(&self, x: f64) -> f64 {
        match self {
            Self::None => x,
            Self::Linear {
                center,
                scale,
                offset,
            } => (x - center) / scale + offset,
            Self::Quantile { quantiles, output } => match output {
                QuantileOutput::Uniform if x == quantiles[0] => 0.0,
                QuantileOutput::Uniform if x == quantiles[quantiles.len() - 1] => 1.0,
                QuantileOutput::Uniform => rank(quantiles, x),
                QuantileOutput::Normal if x - BOUND < quantiles[0] => -largest(),
                QuantileOutput::Normal if x + BOUND > quantiles[quantiles.len() - 1] => largest(),
                QuantileOutput::Normal => {
                    let cut = BOUND - f64::EPSILON;
                    normal_quantile(rank(quantiles, x).clamp(cut, 1.0 - cut))
                }
            },
        }
    }

    pub(super) fn inverse(&self, z: f64) -> f64 {
        match self {
            Self::None => z,
            Self::Linear {
                center,
                scale,
                offset,
            } => (z - offset) * scale + center,
            Self::Quantile { quantiles, output } => {
                let last = quantiles[quantiles.len() - 1];
                match output {
                    QuantileOutput::Uniform => at_rank(quantiles, z),
                    QuantileOutput::Normal => match normal_cdf(z) {
                        rank if rank < BOUND => quantiles[0],
                        rank if rank > 1.0 - BOUND => last,
                        rank => at_rank(quantiles, rank),
                    },
                }
            }
        }
    }

    /// What is wrong with one from a file.
    pub(super) fn problem(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Linear {
                center,
                scale,
                offset,
            } => {
                let is_valid = center.is_finite() && is_positive(*scale) && offset.is_finite();
                (!is_valid).then_some("center, scale and offset must be finite, and scale positive")
            }
            Self::Quantile { quantiles, .. } => {
                let is_valid = quantiles.len() >= 2
                    && quantiles.iter().all(|value| value.is_finite())
                    && quantiles.is_sorted();
                (!is_valid).then_some(
                    "quantiles must be at least 2, finite, and none below the one before",
                )
            }
        }
    }
}
