//! Searching for settings: a grid, random points, successive halving.

mod error;
mod file;
mod halving;
mod params;
mod progress;
mod result;
mod run;
mod space;
mod trial;
mod unique;

use dl_core::memory::room;
use dl_core::random::{derive_seed, stream};
use serde::{Deserialize, Serialize};

pub use error::SearchError;
pub use halving::SuccessiveHalving;
pub use params::{Params, ParamsError};
pub use result::{Direction, NoWinner, SearchResult};
pub use space::{Range, Space, SpaceError};
pub use trial::{Outcome, Trial, TrialOutcome, TrialRecord};

/// A search for the best settings, as plain data: every trial follows from it, and the same trials on every machine.
///
/// ```
/// use dl_select::{Direction, Search, Space};
///
/// let space = Space::new().log_uniform("rate", 1e-4, 1.0).choice("width", [16, 32]);
/// let search = Search::random(space, 20, Direction::Minimize).seed(7);
/// // a loss that is smallest at a rate of 0.01
/// let result = search.run_in_memory(|trial| {
///     let rate = trial.params.number("rate")?;
///     Ok::<f64, dl_select::ParamsError>((rate.log10() + 2.0).powi(2))
/// })?;
/// assert!(result.best()?.score().unwrap() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What is searched.
    pub space: Space,
    /// How.
    pub method: Method,
    /// Whether a larger or a smaller score is better.
    pub direction: Direction,
    /// What random settings and the seeds of the trials are derived from.
    pub seed: u64,
}

/// How settings are chosen from a [`Space`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Every combination of all values.
    Grid,
    /// Settings drawn independently of each other (Bergstra & Bengio, "Random search for hyper-parameter
    /// optimization", JMLR 13, 2012). Trial i is the same whatever the number of trials, so that a search may be extended.
    Random {
        /// How many.
        trials: usize,
    },
    /// Random settings, of which the better ones get larger budgets.
    Halving(SuccessiveHalving),
}

impl Search {
    /// Tries every combination of the values, which must be [`Range::Choice`] or [`Range::Integers`], in the order of
    /// scikit-learn's `ParameterGrid`.
    pub fn grid(space: Space, direction: Direction) -> Self {
        Self::new(space, Method::Grid, direction)
    }

    /// Tries as many random settings.
    pub fn random(space: Space, trials: usize, direction: Direction) -> Self {
        Self::new(space, Method::Random { trials }, direction)
    }

    /// Tries random settings with growing budgets.
    pub fn halving(space: Space, halving: SuccessiveHalving, direction: Direction) -> Self {
        Self::new(space, Method::Halving(halving), direction)
    }

    fn new(space: Space, method: Method, direction: Direction) -> Self {
        Self {
            space,
            method,
            direction,
            seed: 0,
        }
    }

    /// Sets [`seed`](Self::seed), which is 0 otherwise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The number of trials in all rungs, if none fails: the largest index is one less.
    ///
    /// # Errors
    /// [`SearchError::Space`] and [`SearchError::Setting`] for a search that cannot run.
    pub fn trials(&self) -> Result<usize, SearchError> {
        Ok(self.rungs()?.iter().map(|rung| rung.trials).sum())
    }

    fn rungs(&self) -> Result<Vec<Rung>, SearchError> {
        self.space.check()?;
        let single = |trials| vec![Rung::new(trials, None)];
        match &self.method {
            Method::Grid => Ok(single(self.space.grid_size()?)),
            Method::Random { trials: 0 } => Err(SearchError::Setting {
                what: "trials",
                found: "0".to_owned(),
                expected: "at least 1".to_owned(),
            }),
            Method::Random { trials } => Ok(single(*trials)),
            Method::Halving(halving) => {
                let rungs = halving.rungs()?.into_iter();
                Ok(rungs
                    .map(|(trials, budget)| Rung::new(trials, Some(budget)))
                    .collect())
            }
        }
    }

    /// The trials of a rung, whose first has the index `first`.
    fn rung_trials(
        &self,
        rung: usize,
        first: usize,
        candidates: &[usize],
        budget: Option<u64>,
    ) -> Result<Vec<Trial>, SearchError> {
        let mut trials = room(candidates.len())?;
        trials.extend(candidates.iter().enumerate().map(|(i, &candidate)| Trial {
            index: first + i,
            candidate,
            rung,
            budget,
            params: self.candidate_params(candidate),
            seed: derive_seed(self.seed, candidate as u64),
        }));
        Ok(trials)
    }

    fn candidate_params(&self, candidate: usize) -> Params {
        match self.method {
            Method::Grid => self.space.grid_point(candidate),
            // a stream each: candidate i does not depend on how many there are
            Method::Random { .. } | Method::Halving(_) => {
                self.space.draw(&mut stream(self.seed, candidate as u64))
            }
        }
    }
}

/// Trials with the same budget.
#[derive(Debug, Clone, Copy)]
struct Rung {
    trials: usize,
    budget: Option<u64>,
}

impl Rung {
    fn new(trials: usize, budget: Option<u64>) -> Self {
        Self { trials, budget }
    }
}
