//! The same training with several seeds, to tell luck from merit.

use std::error::Error;

use dl_core::text::shown;
use ndarray::Array1;
use rayon::prelude::*;

use crate::error::ConfigError;
use crate::metrics::Estimate;

/// The result of [`repeat_with_seeds`]: an outcome for each seed.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedRuns<T> {
    /// The outcome of seed i at index i.
    pub outcomes: Vec<T>,
}

impl<T> SeedRuns<T> {
    /// The mean of a measure over the seeds; its [`interval`](Estimate::interval) tells how far
    /// that of another set of seeds may be from it.
    pub fn mean(&self, measure: impl Fn(&T) -> f64) -> Estimate {
        let values: Array1<f64> = self.outcomes.iter().map(measure).collect();
        Estimate::mean(&values)
    }
}

/// Repeats a training with the seeds 0 … `n` − 1, in parallel: `fit` builds the model with the seed it is given, from
/// which the trainer draws, too. The outcomes do not depend on the number of
/// threads.
///
/// ```
/// use dl_nn::ndarray::array;
/// use dl_nn::prelude::*;
/// use dl_nn::train::repeat_with_seeds;
///
/// let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
/// let labels = vec![0, 1, 1, 0];
/// let runs = repeat_with_seeds(5, |seed| {
///     let network = Sequential::input([2])
///         .push(Dense::new(8).activation(Tanh))
///         .push(Dense::new(2));
///     let loss = SoftmaxCrossEntropy::new();
///     let mut trainer = Trainer::new(network.build(seed)?, loss, Adam::new(0.05))?;
///     trainer.fit(&x, &labels, Fit::epochs(100))?;
///     Ok(trainer.evaluate(&x, &labels)?.loss)
/// })?;
/// let loss = runs.mean(|&loss| loss);
/// assert!(loss.interval(0.95)?.upper < 0.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`SeedsError::Config`] for fewer than two seeds, which have no spread; otherwise the error of the
/// first seed that has one.
pub fn repeat_with_seeds<T: Send>(
    n: u64,
    fit: impl Fn(u64) -> Result<T, Box<dyn Error>> + Sync,
) -> Result<SeedRuns<T>, SeedsError> {
    ConfigError::require(n >= 2, "repeat_with_seeds n", n, "at least 2")?;
    // an error of any type need not be allowed to leave its thread
    let run = |seed| fit(seed).map_err(|error| (seed, error.to_string()));
    let outcomes: Vec<Result<T, (u64, String)>> = (0..n).into_par_iter().map(run).collect();
    let outcomes: Result<Vec<T>, _> = outcomes.into_iter().collect();
    match outcomes {
        Ok(outcomes) => Ok(SeedRuns { outcomes }),
        Err((seed, why)) => Err(SeedsError::Run { seed, why }),
    }
}

/// Why a training run could not be repeated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SeedsError {
    /// Too few seeds.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The run with one of the seeds failed.
    #[error("seed {seed}: {}", shown(why))]
    Run {
        /// The seed.
        seed: u64,
        /// What its error says.
        why: String,
    },
}
