//! Successive halving: a small budget for many candidates, more for the best of them.

use serde::{Deserialize, Serialize};

use super::error::SearchError;

/// The budgets of successive halving (Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter
/// optimization", AISTATS 2016): every candidate is tried with the smallest budget, the best 1/`factor` of them
/// with `factor` times as much, and so on. A budget is anything that makes a trial dearer and its score more
/// reliable: epochs, rows, trees.
///
/// Rungs are computed as in scikit-learn's `HalvingRandomSearchCV`.
///
/// ```
/// use dl_select::SuccessiveHalving;
/// // 27 candidates with 1 epoch, 9 with 3, 3 with 9, 1 with 27
/// let rungs = SuccessiveHalving::new(1, 27).rungs()?;
/// assert_eq!(rungs, [(27, 1), (9, 3), (3, 9), (1, 27)]);
/// # Ok::<(), dl_select::SearchError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessiveHalving {
    /// The budget of the first rung.
    pub min_budget: u64,
    /// The most that a trial may spend.
    pub max_budget: u64,
    /// How many times larger a budget is than that of the rung before, and how many candidates there are for each that
    /// is promoted.
    pub factor: u64,
    /// Candidates in the first rung; by default as many as it takes for the last rung to spend the largest budget,
    /// `max_budget / min_budget`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<u64>,
    /// Raises the smallest budget so that the last rung spends as much as it may (scikit-learn's
    /// `min_resources="exhaust"`); needs `candidates`.
    #[serde(default)]
    pub exhaust: bool,
    /// Repeats the smallest budget until few enough candidates are left for the last rung to have fewer than `factor`
    /// (scikit-learn's `aggressive_elimination`).
    #[serde(default)]
    pub aggressive_elimination: bool,
}

impl SuccessiveHalving {
    /// Budgets from `min_budget` to at most `max_budget`, with a factor of 3.
    pub fn new(min_budget: u64, max_budget: u64) -> Self {
        Self {
            min_budget,
            max_budget,
            factor: 3,
            candidates: None,
            exhaust: false,
            aggressive_elimination: false,
        }
    }

    /// Sets [`factor`](Self::factor).
    pub fn factor(mut self, factor: u64) -> Self {
        self.factor = factor;
        self
    }

    /// Sets [`candidates`](Self::candidates).
    pub fn candidates(mut self, candidates: u64) -> Self {
        self.candidates = Some(candidates);
        self
    }

    /// Sets [`exhaust`](Self::exhaust).
    pub fn exhaust(mut self) -> Self {
        self.exhaust = true;
        self
    }

    /// Sets [`aggressive_elimination`](Self::aggressive_elimination).
    pub fn aggressive_elimination(mut self) -> Self {
        self.aggressive_elimination = true;
        self
    }

    /// Candidates and budget of each rung.
    ///
    /// # Errors
    /// [`SearchError::Setting`] for a budget or a number of candidates of 0, a smallest budget above the largest, a factor
    /// below 2, or `exhaust` without a number of candidates.
    pub fn rungs(&self) -> Result<Vec<(usize, u64)>, SearchError> {
        self.check()?;
        let candidates = self.candidates.unwrap_or(self.max_budget / self.min_budget);
        // until fewer than `factor` are left
        let required = 1 + candidates.ilog(self.factor);
        let mut smallest = self.min_budget;
        if self.exhaust {
            smallest = smallest.max(self.max_budget / self.factor.pow(required - 1));
        }
        let possible = 1 + (self.max_budget / smallest).ilog(self.factor);
        let rungs = match self.aggressive_elimination {
            true => required,
            false => required.min(possible),
        };
        let mut left = candidates;
        let mut plan = Vec::new();
        for rung in 0..rungs {
            let power = match self.aggressive_elimination {
                true => (rung + possible).saturating_sub(required),
                false => rung,
            };
            // neither overflows: candidates and budgets limit the powers of the factor
            let budget = (self.factor.pow(power) * smallest).min(self.max_budget);
            plan.push((left as usize, budget));
            left = left.div_ceil(self.factor);
        }
        Ok(plan)
    }

    fn check(&self) -> Result<(), SearchError> {
        let setting = |what, found: u64, expected: &str| {
            let expected = expected.to_owned();
            Err(SearchError::Setting {
                what,
                found: found.to_string(),
                expected,
            })
        };
        if self.min_budget == 0 {
            return setting("min_budget", 0, "at least 1");
        }
        if self.max_budget < self.min_budget {
            let expected = format!("at least min_budget, {}", self.min_budget);
            return setting("max_budget", self.max_budget, &expected);
        }
        if self.factor < 2 {
            return setting("factor", self.factor, "at least 2");
        }
        if self.candidates == Some(0) {
            return setting("candidates", 0, "at least 1");
        }
        if self.exhaust && self.candidates.is_none() {
            return Err(SearchError::Setting {
                what: "candidates",
                found: "not set".to_owned(),
                expected: "set if `exhaust` is".to_owned(),
            });
        }
        Ok(())
    }
}
