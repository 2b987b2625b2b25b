//! The same bits on any number of threads, also where what runs in parallel starts more.

use dl_nn::prelude::*;
use dl_select::folds::{generator, k_fold, k_fold_shuffled};
use dl_select::ndarray::{Array1, Array2, Axis};
use dl_select::{
    Direction, Fold, Outcome, Scores, Search, Space, SuccessiveHalving, cross_validate,
    learning_curve, nested, partial_dependence, permutation_importance,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Table {
    x: Array2<f64>,
    y: Array2<f64>,
}

fn table() -> Table {
    let rng = &mut generator(1);
    let x = Array2::from_shape_simple_fn((40, 3), || f64::standard_normal(rng));
    let y = x.sum_axis(Axis(1)).mapv(f64::sin).insert_axis(Axis(1));
    Table { x, y }
}

/// A network's loss, whose training starts tasks of rayon's.
fn loss(table: &Table, rate: f64, fold: Fold<'_>) -> Result<(f64, Array1<f64>), Failure> {
    let rows = |rows: &[usize]| (table.x.select(Axis(0), rows), table.y.select(Axis(0), rows));
    let ((x, y), (x_test, y_test)) = (rows(fold.train), rows(fold.test));
    let network = Sequential::input([3])
        .push(Dense::new(8).activation(Tanh))
        .push(Dense::new(1));
    let rule = Adam::new(rate);
    let mut trainer = Trainer::new(network.build(fold.seed)?, MeanSquaredError::new(), rule)?;
    trainer.fit(&x, &y, Fit::epochs(3).batch_size(8))?;
    let predictions = trainer.predict_matrix(&x_test)?.column(0).to_owned();
    Ok((trainer.evaluate(&x_test, &y_test)?.loss, predictions))
}

/// All results as text, to the last digit.
fn everything() -> Result<String, Failure> {
    let table = &table();
    let folds = k_fold_shuffled(40, 4, &mut generator(2))?;
    let scores = cross_validate(&folds, 3, |fold| {
        let (loss, predictions) = loss(table, 0.01, fold)?;
        Ok::<_, Failure>(Scores::new().with("loss", loss).predictions(predictions))
    })?;
    let space = Space::new().log_uniform("rate", 1e-3, 0.1);
    let halving = SuccessiveHalving::new(1, 4).factor(2);
    let search = Search::halving(space, halving, Direction::Minimize);
    let mut result = search.run_in_memory(|trial| {
        let rate = trial.params.number("rate")?;
        let scores = cross_validate(&folds, trial.seed, |fold| {
            Ok::<_, Failure>(Scores::new().with("loss", loss(table, rate, fold)?.0))
        })?;
        Ok::<Outcome, Failure>(scores.outcome("loss")?)
    })?;
    let mut honest = nested(
        &folds,
        |rows| k_fold(rows.len(), 2),
        &search,
        |trial, fold| Ok::<_, Failure>(loss(table, trial.params.number("rate")?, fold)?.0),
    )?;
    let curve = learning_curve(&[5, 30], &folds, 4, |fold| {
        let test = loss(table, 0.01, fold)?.0;
        Ok::<_, Failure>((0.0, test))
    })?;
    let model = |x: &Array2<f64>| x.sum_axis(Axis(1)).mapv(f64::sin);
    let score = |x: &Array2<f64>| {
        let errors = model(x) - table.y.column(0);
        Ok::<_, String>(-errors.dot(&errors))
    };
    let importances = permutation_importance(&table.x, 3, 5, score)?;
    let predict = |x: &Array2<f64>| Ok::<_, String>(model(x));
    let dependence = partial_dependence(&table.x, 1, &[-1.0, 0.0, 1.0], predict)?;
    for record in &mut result.trials {
        record.seconds = 0.0;
    }
    for fold in &mut honest.folds {
        fold.winner.seconds = 0.0;
    }
    Ok(format!(
        "{scores:?}\n{result:?}\n{honest:?}\n{curve:?}\n{importances:?}\n{dependence:?}"
    ))
}

#[test]
fn the_same_bits() {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| everything().unwrap())
    };
    let expected = on(1);
    assert_eq!(on(2), expected);
    assert_eq!(on(5), expected);
    assert_eq!(everything().unwrap(), expected);
}
