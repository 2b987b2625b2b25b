//! Partial dependence and individual conditional expectation.

use dl_core::Scalar;
use ndarray::{Array1, Array2, ArrayRef1, Axis};
use rayon::prelude::*;

use super::error::{GridError, InspectionError};

/// What a model predicts on average over the rows of `x` if a column has a given value in all of them, for each
/// value of a grid (Friedman, "Greedy function approximation", Annals of Statistics 29, 2001), and for each row by itself
/// (individual conditional expectation; Goldstein et al., J. Comput. Graph. Stat. 24, 2015).
///
/// `predict` returns one number for each row of a table like `x`: a predicted value, or the probability of a class.
/// Equal to scikit-learn's `partial_dependence` by `method="brute"`. Grid points run in parallel.
///
/// Where columns go together, the average includes rows that do not exist (a petal as long as a lily's and as wide as a
/// daisy's), about which the model knows nothing.
///
/// ```
/// use dl_select::ndarray::array;
/// use dl_select::partial_dependence;
///
/// let x = array![[1.0, 10.0], [2.0, 20.0]];
/// // x₀² + x₁
/// let model = |x: &dl_select::ndarray::Array2<f64>| {
///     Ok::<_, String>(x.rows().into_iter().map(|row| row[0] * row[0] + row[1]).collect())
/// };
/// let dependence = partial_dependence(&x, 0, &[0.0, 3.0], model)?;
/// assert_eq!(dependence.average(), array![15.0, 24.0]);
/// assert_eq!(dependence.individual.row(0), array![10.0, 19.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`InspectionError::Empty`], [`InspectionError::Column`], [`InspectionError::Zero`] grid points,
/// [`InspectionError::Predictions`] that are not one per row, and [`InspectionError::Model`] with the first error of
/// `predict`.
pub fn partial_dependence<F: Scalar, E: Send>(
    x: &Array2<F>,
    column: usize,
    grid: &[F],
    predict: impl Fn(&Array2<F>) -> Result<Array1<F>, E> + Sync,
) -> Result<PartialDependence, InspectionError<E>> {
    let (rows, columns) = x.dim();
    if x.is_empty() {
        let shape = [rows, columns];
        return Err(InspectionError::Empty { shape });
    }
    if column >= columns {
        return Err(InspectionError::Column { column, columns });
    }
    if grid.is_empty() {
        let what = "the number of grid points";
        return Err(InspectionError::Zero { what });
    }
    let predict_at = |&value: &F| {
        let mut changed = x.clone();
        changed.column_mut(column).fill(value);
        predict(&changed)
    };
    let results: Vec<Result<Array1<F>, E>> =
        grid.par_iter().with_max_len(1).map(predict_at).collect();
    let mut individual = Array2::zeros((rows, grid.len()));
    for (mut at_value, result) in individual.columns_mut().into_iter().zip(results) {
        let predictions = result.map_err(|error| InspectionError::Model { error })?;
        let found = predictions.len();
        if found != rows {
            return Err(InspectionError::Predictions { found, rows });
        }
        at_value.assign(&predictions.mapv(F::as_f64));
    }
    Ok(PartialDependence {
        grid: grid.iter().map(|value| value.as_f64()).collect(),
        individual,
    })
}

/// The result of [`partial_dependence`].
#[derive(Debug, Clone, PartialEq)]
pub struct PartialDependence {
    /// The values of the column.
    pub grid: Array1<f64>,
    /// The prediction for each row with the column at each value, `[rows, grid points]`.
    pub individual: Array2<f64>,
}

impl PartialDependence {
    /// The mean over the rows, for each value: the partial dependence.
    pub fn average(&self) -> Array1<f64> {
        self.individual.mean_axis(Axis(0)).expect("at least 1 row")
    }
}

/// The values of a column at which to compute its partial dependence: all that occur, if there are fewer than `points`;
/// otherwise `points` values, evenly spaced between the quantiles at the two `shares`, such as (0.05, 0.95). Equal to
/// scikit-learn's `percentiles` and `grid_resolution`; quantiles are Cunnane's (`mquantiles` of `scipy.stats.mstats`).
///
/// # Errors
/// [`GridError`] for an empty column, a value that is not finite, fewer than 2 points, or shares outside 0 … 1 or in the
/// wrong order.
pub fn grid<F: Scalar>(
    column: &ArrayRef1<F>,
    shares: (f64, f64),
    points: usize,
) -> Result<Vec<F>, GridError> {
    let (low, high) = shares;
    if points < 2 {
        return Err(GridError::Points(points));
    }
    if !(0.0 <= low && low < high && high <= 1.0) {
        return Err(GridError::Shares(low, high));
    }
    let mut values: Vec<f64> = column.iter().map(|value| value.as_f64()).collect();
    let not_finite = values.iter().position(|value| !value.is_finite());
    if let Some(row) = not_finite {
        let found = values[row];
        return Err(GridError::NotFinite { row, found });
    }
    if values.is_empty() {
        return Err(GridError::Empty);
    }
    values.sort_by(f64::total_cmp);
    let mut unique = values.clone();
    unique.dedup();
    if unique.len() >= points {
        let (start, end) = (quantile(&values, low), quantile(&values, high));
        let step = (end - start) / (points - 1) as f64;
        unique = (0..points).map(|i| start + i as f64 * step).collect();
        unique[points - 1] = end;
    }
    Ok(unique.into_iter().map(F::cast).collect())
}

/// The quantile of sorted values at `share` with the plotting position (k − 0.4) / (n + 0.2).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let n = sorted.len() as f64;
    let position = n * share + 0.4 + 0.2 * share;
    let below = position.floor().clamp(1.0, (n - 1.0).max(1.0));
    let weight = (position - below).clamp(0.0, 1.0);
    let at = |place: f64| sorted[(place as usize - 1).min(sorted.len() - 1)];
    (1.0 - weight) * at(below) + weight * at(below + 1.0)
}
