//! What a search for the learning rate has measured, and what it suggests.

use serde::{Deserialize, Serialize};

/// The loss of each step of a [search](super::Trainer::find_learning_rate) in which the learning rate rises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningRateCurve {
    /// The steps, in the order of their learning rates, which are equally far apart on a logarithmic scale.
    pub points: Vec<LearningRatePoint>,
    /// Why the search ended.
    pub end: SearchEnd,
}

/// A step of a search for the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningRatePoint {
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The mean loss of its batch, before the update.
    pub loss: f64,
    /// The exponential mean of the losses up to this one.
    pub smoothed: f64,
}

/// Why a search for the learning rate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub enum SearchEnd {
    /// The highest learning rate was reached.
    Highest,
    /// The smoothed loss rose to a multiple of the lowest one.
    Rising,
    /// The loss became NaN or infinite.
    NonFinite,
}

/// The learning rates that a [`LearningRateCurve`] suggests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuggestedRates {
    /// Where the smoothed loss falls fastest, per factor of the learning rate.
    pub steepest: f64,
    /// Where it is lowest. Training at this rate is already about to diverge.
    pub minimum: f64,
}

impl SuggestedRates {
    /// A tenth of the rate at which the loss is lowest: as large as is still safe, and so the maximum of a
    /// [`OneCycle`](crate::schedule::OneCycle).
    pub fn tenth_of_minimum(&self) -> f64 {
        self.minimum / 10.0
    }
}

impl LearningRateCurve {
    /// The suggested learning rates; `None` if the loss falls nowhere.
    ///
    /// The first tenth of the steps is left out, where the smoothed loss is a mean of only a few.
    pub fn suggestion(&self) -> Option<SuggestedRates> {
        let points = &self.points[self.points.len() / 10..];
        let by_loss = |&i: &usize, &j: &usize| points[i].smoothed.total_cmp(&points[j].smoothed);
        let lowest = (0..points.len()).min_by(by_loss).filter(|&i| i > 0)?;
        // per step, since steps are equal factors
        let slope = |i: usize| {
            let (before, after) = (i.saturating_sub(1), i + 1);
            (points[after].smoothed - points[before].smoothed) / (after - before) as f64
        };
        let steepest = (0..lowest).min_by(|&i, &j| slope(i).total_cmp(&slope(j)))?;
        Some(SuggestedRates {
            steepest: points[steepest].learning_rate,
            minimum: points[lowest].learning_rate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(smoothed: impl IntoIterator<Item = f64>) -> LearningRateCurve {
        let point = |(i, smoothed)| LearningRatePoint {
            learning_rate: 2_f64.powi(i),
            loss: smoothed,
            smoothed,
        };
        LearningRateCurve {
            points: (0..).zip(smoothed).map(point).collect(),
            end: SearchEnd::Highest,
        }
    }

    #[test]
    fn the_steepest_descent_and_the_minimum() {
        let found = curve([5.0, 5.0, 4.5, 3.0, 2.0, 1.9, 2.5, 9.0]).suggestion();
        let found = found.expect("it falls");
        // central differences: (3 − 5) / 2 at 2², (2 − 4.5) / 2 at 2³
        assert_eq!((found.steepest, found.minimum), (8.0, 32.0));
        assert_eq!(found.tenth_of_minimum(), 3.2);
    }

    #[test]
    fn where_nothing_falls_there_is_no_suggestion() {
        for losses in [&[][..], &[1.0], &[1.0, 2.0], &[1.0, 1.0, 1.0]] {
            assert_eq!(
                curve(losses.iter().copied()).suggestion(),
                None,
                "{losses:?}"
            );
        }
    }

    #[test]
    fn the_first_tenth_does_not_count() {
        let noise = [0.1, 9.0, 5.0];
        let rest = (0..27).map(|i| 5.0 - f64::from(i) / 10.0);
        let found = curve(noise.into_iter().chain(rest)).suggestion();
        assert_eq!(found.expect("it falls").minimum, 2_f64.powi(29));
    }
}
