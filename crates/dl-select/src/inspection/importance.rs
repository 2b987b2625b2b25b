//! Permutation importance.

use dl_core::Scalar;
use dl_core::random::stream;
use dl_core::sampling::permutation;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

use super::error::InspectionError;

/// How much worse a model's score gets when a column of the table `x` is shuffled, for each column: how much it relies
/// on it (Breiman, "Random forests", Machine Learning 45, 2001; Fisher, Rudin & Dominici, JMLR 20, 2019).
///
/// `score` scores the fitted model on a table like `x`; a larger score must be better, so take the negative of a
/// loss. Each column is shuffled `repeats` times, by the same permutations for all columns, drawn from `seed`.
/// Equal to scikit-learn's `permutation_importance` with the same permutations. Columns run in parallel.
///
/// Use rows that the model was not fitted on: otherwise the importance includes what it has learnt by heart. Of two
/// columns that say the same, each can stand in for the other, so that both seem unimportant.
///
/// ```
/// use dl_select::ndarray::{Array1, array};
/// use dl_select::permutation_importance;
///
/// let x = array![[1.0, 7.0], [2.0, 3.0], [3.0, 9.0], [4.0, 4.0]];
/// let y = array![2.0, 4.0, 6.0, 8.0];
/// // a model that looks at the first column only
/// let importances = permutation_importance(&x, 10, 0, |x| {
///     let error: Array1<f64> = &y - 2.0 * &x.column(0);
///     Ok::<_, String>(-error.mapv(|e| e * e).mean().unwrap())
/// })?;
/// assert!(importances.mean()[0] > 1.0);
/// assert_eq!(importances.mean()[1], 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`InspectionError::Empty`], [`InspectionError::Zero`] repeats, [`InspectionError::Sampling`] without memory for the
/// permutations, and [`InspectionError::Model`] with the first error of `score`.
pub fn permutation_importance<F: Scalar, E: Send>(
    x: &Array2<F>,
    repeats: usize,
    seed: u64,
    score: impl Fn(&Array2<F>) -> Result<f64, E> + Sync,
) -> Result<Importances, InspectionError<E>> {
    let draw = |repeat| permutation(x.nrows(), &mut stream(seed, repeat as u64));
    let permutations: Result<Vec<_>, _> = (0..repeats).map(draw).collect();
    permutation_importance_by(x, &permutations?, score)
}

/// [`permutation_importance`] with permutations of the caller's: in repetition r, row i of the shuffled column is row
/// `permutations[r][i]` of the table.
///
/// # Errors
/// As [`permutation_importance`], and [`InspectionError::NotAPermutation`].
pub fn permutation_importance_by<F: Scalar, E: Send>(
    x: &Array2<F>,
    permutations: &[Vec<usize>],
    score: impl Fn(&Array2<F>) -> Result<f64, E> + Sync,
) -> Result<Importances, InspectionError<E>> {
    let (rows, columns) = x.dim();
    if x.is_empty() {
        let shape = [rows, columns];
        return Err(InspectionError::Empty { shape });
    }
    if permutations.is_empty() {
        let what = "the number of repeats";
        return Err(InspectionError::Zero { what });
    }
    let wrong = |order: &Vec<usize>| !is_permutation(order, rows);
    if let Some(index) = permutations.iter().position(wrong) {
        return Err(InspectionError::NotAPermutation { index, rows });
    }
    let model = |error| InspectionError::Model { error };
    let baseline = score(x).map_err(model)?;
    let drops_of = |column| {
        let mut shuffled = x.clone();
        let drop = |order: &Vec<usize>| {
            let permuted = x.column(column).select(Axis(0), order);
            shuffled.column_mut(column).assign(&permuted);
            Ok(baseline - score(&shuffled)?)
        };
        permutations.iter().map(drop).collect()
    };
    let results: Vec<Result<Vec<f64>, E>> = (0..columns)
        .into_par_iter()
        .with_max_len(1)
        .map(drops_of)
        .collect();
    let mut drops = Array2::zeros((columns, permutations.len()));
    for (mut row, result) in drops.rows_mut().into_iter().zip(results) {
        row.assign(&Array1::from(result.map_err(model)?));
    }
    Ok(Importances { baseline, drops })
}

fn is_permutation(order: &[usize], rows: usize) -> bool {
    let mut seen = vec![false; rows];
    let mut new = |&row: &usize| row < rows && !std::mem::replace(&mut seen[row], true);
    order.len() == rows && order.iter().all(&mut new)
}

/// The result of [`permutation_importance`].
#[derive(Debug, Clone, PartialEq)]
pub struct Importances {
    /// The score on the table as it is.
    pub baseline: f64,
    /// How much it drops when a column is shuffled, `[columns, repeats]`.
    pub drops: Array2<f64>,
}

impl Importances {
    /// The mean drop for each column: its importance.
    pub fn mean(&self) -> Array1<f64> {
        self.drops.mean_axis(Axis(1)).expect("at least 1 repeat")
    }

    /// The standard deviation of the drops over the repeats (as in scikit-learn, with the divisor n).
    pub fn std(&self) -> Array1<f64> {
        self.drops.std_axis(Axis(1), 0.0)
    }

    /// The columns, the most important one first.
    pub fn ranking(&self) -> Vec<usize> {
        let mean = self.mean();
        let mut columns: Vec<usize> = (0..mean.len()).collect();
        columns.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
        columns
    }
}
