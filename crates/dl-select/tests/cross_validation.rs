//! Means, intervals, pooled predictions and errors of cross-validation and what is built on it.

use dl_select::folds::{Split, k_fold};
use dl_select::ndarray::{Array1, Array2, array};
use dl_select::{
    CrossValidation, Direction, Scores, Search, Space, cross_validate, grid, learning_curve,
    nested, partial_dependence, permutation_importance, permutation_importance_by, train_sizes,
};
use proptest::prelude::*;

fn split(train: &[usize], test: &[usize]) -> Split {
    Split {
        train: train.to_vec(),
        test: test.to_vec(),
    }
}

fn refused(folds: &[Split]) -> String {
    let result: Result<CrossValidation, _> =
        cross_validate(folds, 0, |_| Ok::<_, String>(Scores::new()));
    result.unwrap_err().to_string()
}

#[test]
fn folds_that_cannot_be_used() {
    assert_eq!(refused(&[]), "there are no folds, but at least 1 is needed");
    assert_eq!(
        refused(&[split(&[], &[1])]),
        "fold 0 has no rows to train on"
    );
    let good = split(&[1], &[0]);
    assert_eq!(
        refused(&[good.clone(), split(&[1], &[])]),
        "fold 1 has no rows to test on"
    );
    assert_eq!(
        refused(&[good.clone(), split(&[5, 3], &[2, 3])]),
        "row 3 is both trained and tested on in fold 1"
    );
    assert_eq!(
        refused(&[split(&[5], &[2, 2])]),
        "row 2 is tested twice in fold 0"
    );
    // a bootstrap sample
    let twice = [split(&[1, 1], &[0])];
    assert!(cross_validate(&twice, 0, |_| Ok::<_, String>(Scores::new())).is_ok());
}

#[test]
fn the_first_fold_that_fails_is_named() {
    let folds = k_fold(8, 4).unwrap();
    let result = cross_validate(&folds, 0, |fold| match fold.index {
        0 => Ok(Scores::new()),
        index => Err(format!("no model {index}")),
    });
    assert_eq!(result.unwrap_err().to_string(), "fold 1: no model 1");

    let result = cross_validate(&folds, 0, |fold| {
        let measure = if fold.index == 2 { "loss" } else { "accuracy" };
        Ok::<_, String>(Scores::new().with(measure, 0.5))
    });
    assert_eq!(
        result.unwrap_err().to_string(),
        "fold 2 has the measures `loss` and no predictions, but fold 0 has `accuracy` and no predictions"
    );
    let result = cross_validate(&folds, 0, |fold| {
        Ok::<_, String>(Scores::new().with("loss", 1.0 / fold.index as f64))
    });
    assert_eq!(
        result.unwrap_err().to_string(),
        "`loss` is inf in fold 0, but must be a finite number"
    );
    let result = cross_validate(&folds, 0, |fold| {
        Ok::<_, String>(Scores::new().predictions(vec![0; fold.index + 2]))
    });
    assert_eq!(
        result.unwrap_err().to_string(),
        "fold 1 has 3 predictions for 2 test rows"
    );
}

#[test]
fn folds_have_seeds_of_their_own() {
    let folds = k_fold(6, 3).unwrap();
    let seeds = |seed| {
        let result = cross_validate(&folds, seed, |fold| {
            Ok::<_, String>(Scores::new().predictions(vec![fold.seed; 2]))
        });
        let result = result.unwrap();
        let mut seeds: Vec<u64> = result
            .pooled()
            .unwrap()
            .predictions
            .into_iter()
            .copied()
            .collect();
        seeds.dedup();
        seeds
    };
    assert_eq!(seeds(1).len(), 3);
    assert_eq!(seeds(1), seeds(1));
    assert!(seeds(1).iter().all(|seed| !seeds(2).contains(seed)));
}

#[test]
fn means_and_pooled_predictions() {
    let folds = [split(&[0, 1], &[3, 2]), split(&[2, 3], &[1, 0])];
    let result = cross_validate(&folds, 0, |fold| {
        let scores = Scores::new().with("a", 1.0).with("b", 2.0);
        Ok::<_, String>(
            scores
                .with("a", fold.index as f64)
                .predictions(fold.test.to_vec()),
        )
    });
    let result = result.unwrap();
    assert_eq!(result.values("a").unwrap(), [0.0, 1.0]);
    let mean = result.mean("a").unwrap();
    assert_eq!(mean.value, 0.5);
    // two scores: s² = 1/2, and with n_test/n_train = 1 a variance of (1/2 + 1)·s²; t is Cauchy's
    let half = (0.75_f64).sqrt() * (std::f64::consts::PI * 0.475).tan();
    assert!((mean.interval(0.95).unwrap().upper - 0.5 - half).abs() < 1e-8);
    let pooled = result.pooled().unwrap();
    assert_eq!(pooled.rows, [0, 1, 2, 3]);
    assert_eq!(pooled.predictions, [&0, &1, &2, &3]);
    assert_eq!(
        result.values("c").unwrap_err().to_string(),
        "there is no measure `c`; the folds have `a`, `b`"
    );
    assert_eq!(result.outcome("a").unwrap().folds, [0.0, 1.0]);
}

/// Each way of guessing is right in as many rows as chance lets it; what is best on some rows is so on those only.
#[test]
fn the_best_of_many_guesses_is_not_worth_its_score() {
    let folds = k_fold(60, 6).unwrap();
    for (direction, sign) in [(Direction::Maximize, 1.0), (Direction::Minimize, -1.0)] {
        let search = Search::grid(Space::new().integers("way", 0, 49), direction);
        let result = nested(
            &folds,
            |rows| k_fold(rows.len(), 5),
            &search,
            |trial, fold| {
                let seed = trial.seed;
                let right = |&&row: &&usize| (seed >> (row % 64)) & 1 == 1;
                let right = fold.test.iter().filter(right).count();
                Ok::<_, String>(sign * right as f64 / fold.test.len() as f64)
            },
        );
        let result = result.unwrap();
        assert_eq!(result.folds.len(), 6);
        let (inner, outer) = (sign * result.inner().value, sign * result.outer().value);
        assert!(inner > 0.6, "{inner}");
        let optimism = result.optimism().value;
        assert!(
            optimism > 0.1 && (optimism - (inner - outer)).abs() < 1e-12,
            "{optimism}"
        );
    }
}

#[test]
fn errors_of_nested_searches() {
    let folds = k_fold(6, 2).unwrap();
    let search = Search::grid(Space::new().integers("a", 1, 2), Direction::Maximize);
    let score = |_: &dl_select::Trial, _: dl_select::Fold<'_>| Ok::<_, String>(0.0);
    let message = |result: Result<dl_select::Nested, dl_select::NestedError<String>>| {
        result.unwrap_err().to_string()
    };
    assert_eq!(
        message(nested(&folds, |rows| k_fold(rows.len(), 9), &search, score)),
        "outer fold 0: 3 rows cannot be divided into 9 folds; between 2 and the number of rows are possible"
    );
    assert_eq!(
        message(nested(
            &folds,
            |_| Ok(vec![split(&[0], &[3])]),
            &search,
            score
        )),
        "outer fold 0: an inner fold has position 3, but there are 3 training rows; inner folds are of positions among them, not of the table's rows"
    );
    assert_eq!(
        message(nested(&folds, |_| Ok(vec![]), &search, score)),
        "outer fold 0, inner folds: there are no folds, but at least 1 is needed"
    );
    let inner = |rows: &[usize]| k_fold(rows.len(), 3);
    let outer_only = |_: &dl_select::Trial, fold: dl_select::Fold<'_>| match fold.train.len() {
        2 => Ok(0.5),
        _ => Err("too many rows".to_owned()),
    };
    assert_eq!(
        message(nested(&folds, inner, &search, outer_only)),
        "outer fold 0: the winner: too many rows"
    );
    let never = |_: &dl_select::Trial, _: dl_select::Fold<'_>| Err("no".to_owned());
    assert_eq!(
        message(nested(&folds, inner, &search, never)),
        "outer fold 0: none of 2 trials has succeeded: trial 0: no"
    );
}

#[test]
fn errors_of_learning_curves() {
    let folds = k_fold(6, 3).unwrap();
    let message = |sizes: &[usize]| {
        let result = learning_curve(sizes, &folds, 0, |fold| match fold.train.len() {
            1 => Err("a single row"),
            _ => Ok((0.0, 0.0)),
        });
        result.unwrap_err().to_string()
    };
    assert_eq!(
        message(&[]),
        "a learning curve needs at least 1 size and 1 training row"
    );
    assert_eq!(
        message(&[2, 5]),
        "size 5 is not between 1 and 4, the training rows of the smallest fold"
    );
    assert_eq!(message(&[2, 1]), "1 training rows, fold 0: a single row");
    for share in [0.0, 1.5, f64::NAN] {
        assert_eq!(
            train_sizes::<String>(&[share], 9).unwrap_err().to_string(),
            format!("the share of training rows is {share}, but must be in (0, 1]")
        );
    }
}

/// Over all permutations, a column of a linear model raises the squared error by 2·w²·σ² + 2·w·cov(e, x), where e are the
/// errors of the model: a row gets each value equally often.
#[test]
fn the_expected_importance_has_a_closed_form() {
    let x = array![[1.0, 0.3], [2.5, -1.0], [-0.7, 2.0], [4.0, 0.1], [0.2, 0.9]];
    let (w, y) = (array![1.5, -2.0], array![1.0, 6.0, -4.0, 5.0, 0.0]);
    let errors = |x: &Array2<f64>| -> Array1<f64> { &y - &x.dot(&w) };
    let score = |x: &Array2<f64>| Ok::<_, String>(-errors(x).mapv(|e| e * e).mean().unwrap());
    let found = permutation_importance_by(&x, &permutations(5), score).unwrap();
    assert_eq!(found.drops.ncols(), 120);
    let e = errors(&x);
    for column in 0..2 {
        let values = x.column(column);
        let variance = values.var(0.0);
        let covariance =
            (&e * &values).mean().unwrap() - e.mean().unwrap() * values.mean().unwrap();
        let expected = 2.0 * w[column] * w[column] * variance + 2.0 * w[column] * covariance;
        assert!((found.mean()[column] - expected).abs() < 1e-12);
    }
    assert_eq!(found.baseline, score(&x).unwrap());
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let insert = |order: Vec<usize>| {
        (0..n).map(move |at| {
            let mut longer = order.clone();
            longer.insert(at, n - 1);
            longer
        })
    };
    permutations(n - 1).into_iter().flat_map(insert).collect()
}

#[test]
fn errors_of_inspections() {
    let x = array![[1.0_f32, 2.0], [3.0, 4.0]];
    let none = Array2::<f32>::zeros((0, 2));
    let score = |_: &Array2<f32>| Ok::<_, String>(0.0);
    let importance = |x: &Array2<f32>, repeats| {
        let result = permutation_importance(x, repeats, 0, score);
        result.unwrap_err().to_string()
    };
    assert_eq!(
        importance(&none, 1),
        "the table has the shape [0, 2], but at least 1 row and 1 column are needed"
    );
    assert_eq!(
        importance(&x, 0),
        "the number of repeats is 0, but must be at least 1"
    );
    for order in [vec![0], vec![0, 0], vec![0, 2]] {
        let result = permutation_importance_by(&x, &[vec![1, 0], order], score);
        assert_eq!(
            result.unwrap_err().to_string(),
            "permutation 1 is not an order of all 2 rows"
        );
    }
    let fails = |_: &Array2<f32>| Err("no such model");
    let error = permutation_importance(&x, 1, 0, fails).unwrap_err();
    assert_eq!(error.to_string(), "no such model");

    let predict = |_: &Array2<f32>| Ok::<_, String>(Array1::<f32>::zeros(3));
    let dependence = |column, grid: &[f32]| {
        let result = partial_dependence(&x, column, grid, predict);
        result.unwrap_err().to_string()
    };
    assert_eq!(
        dependence(2, &[0.0]),
        "there is no column 2; the table has 2, counted from 0"
    );
    assert_eq!(
        dependence(0, &[]),
        "the number of grid points is 0, but must be at least 1"
    );
    assert_eq!(
        dependence(0, &[0.0]),
        "the model has made 3 predictions for 2 rows"
    );
    let message = |column: &[f64], shares, points| {
        let result = grid(&Array1::from(column.to_vec()), shares, points);
        result.unwrap_err().to_string()
    };
    assert_eq!(
        message(&[], (0.0, 1.0), 2),
        "the column is empty, but at least 1 value is needed"
    );
    assert_eq!(
        message(&[1.0, f64::NAN], (0.0, 1.0), 2),
        "row 1 is NaN, but must be a finite number"
    );
    assert_eq!(
        message(&[1.0], (0.0, 1.0), 1),
        "the number of grid points is 1, but must be at least 2"
    );
    assert_eq!(
        message(&[1.0], (0.9, 0.1), 2),
        "the shares are (0.9, 0.1), but must be in [0, 1], the lower one first"
    );
}

proptest! {
    /// Where nothing depends on a column, shuffling it changes nothing, and the dependence is flat; a linear model's
    /// dependence is the line.
    #[test]
    fn columns_of_a_linear_model(
        values in prop::collection::vec(-10.0_f64..10.0, 12),
        slope in -3.0_f64..3.0,
        seed: u64,
    ) {
        let x = Array2::from_shape_vec((6, 2), values).unwrap();
        let predict = |x: &Array2<f64>| Ok::<_, String>(slope * &x.column(0));
        let score = |x: &Array2<f64>| Ok::<_, String>(-(slope * &x.column(0)).mapv(f64::abs).sum());
        let importances = permutation_importance(&x, 3, seed, score).unwrap();
        prop_assert!(importances.drops.row(1).iter().all(|&drop| drop == 0.0));
        let points = grid(&x.column(0), (0.0, 1.0), 4).unwrap();
        let dependence = partial_dependence(&x, 0, &points, predict).unwrap();
        for (&point, &average) in points.iter().zip(&dependence.average()) {
            prop_assert!((average - slope * point).abs() < 1e-12);
        }
    }
}
