//! The same training with several seeds, to tell luck from merit.

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

/// Repeats a training with the seeds 0 … `n` − 1, in parallel: `fit` builds model and trainer with
/// the seed it is given. The outcomes do not depend on the number of
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
///     let mut trainer = Trainer::new(network.build(seed)?, loss, Adam::new(0.05))?.seed(seed);
///     trainer.fit(&x, &labels, Fit::epochs(100))?;
///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(trainer.evaluate(&x, &labels)?.loss)
/// })?;
/// let loss = runs.mean(|&loss| loss);
/// assert!(loss.interval(0.95)?.upper < 0.2);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
///
/// # Errors
/// [`ConfigError`] for fewer than two seeds, which have no spread; otherwise the error of the
/// first seed that fails.
pub fn repeat_with_seeds<T, E>(
    n: u64,
    fit: impl Fn(u64) -> Result<T, E> + Sync,
) -> Result<SeedRuns<T>, E>
where
    T: Send,
    E: From<ConfigError> + Send,
{
    ConfigError::require(n >= 2, "repeat_with_seeds n", n, "at least 2")?;
    let outcomes: Vec<Result<T, E>> = (0..n).into_par_iter().map(&fit).collect();
    let outcomes = outcomes.into_iter().collect::<Result<_, E>>()?;
    Ok(SeedRuns { outcomes })
}
