//! The binary `explain`, and the exercises of its page.

mod common;
mod printed;

use common::{Directory, assert_refused, run};
use dl_select::{partial_dependence, permutation_importance_by};
use ndarray::{Array1, Array2, array};
use printed::numbers;

const BINARY: &str = env!("CARGO_BIN_EXE_explain");

#[test]
fn one_petal_column_stands_in_for_the_other() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let drop = |label: &str| numbers(&ended.stdout, label)[0];
    let both = drop("test rows, petal length");
    assert!(both > drop("test rows, sepal length").max(drop("test rows, sepal width")));
    assert!(drop("without width, petal length") > 1.2 * both);
    assert_eq!(
        out.files(),
        [
            "explain_dependence.png",
            "explain_dependence.svg",
            "explain_importance.png",
            "explain_importance.svg"
        ]
    );
}

#[test]
fn refuses_bad_options() {
    assert_refused(BINARY, &["--repeats", "0"], "0 is not in 1..=10000");
}

/// All orders of three rows, so that a mean over them is an expectation.
fn orders() -> Vec<Vec<usize>> {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    orders.map(Vec::from).to_vec()
}

/// The importances of the columns of a linear model without errors.
fn importances(x: &Array2<f64>, weights: &Array1<f64>) -> Array1<f64> {
    let y = x.dot(weights);
    let score = |x: &Array2<f64>| -> Result<f64, String> {
        Ok(-(&y - &x.dot(weights)).mapv(|e| e * e).mean().unwrap())
    };
    permutation_importance_by(x, &orders(), score)
        .unwrap()
        .mean()
}

#[test]
fn answers() {
    // variances 1 and 4
    let unit = 1.5_f64.sqrt();
    let x = array![[-unit, 2.0 * unit], [0.0, 0.0], [unit, -2.0 * unit]];
    for importance in importances(&x, &array![2.0, -1.0]) {
        assert!((importance - 8.0).abs() < 1e-12);
    }
    let alone = importances(&array![[1.0], [5.0], [2.0]], &array![3.0]);
    let doubled = importances(
        &array![[1.0, 1.0], [5.0, 5.0], [2.0, 2.0]],
        &array![1.5, 1.5],
    );
    assert!((alone[0] / doubled[0] - 4.0).abs() < 1e-12);

    let x = array![[1.0, -2.0], [0.0, 0.5], [3.0, 1.5]];
    let product = |x: &Array2<f64>| Ok::<_, String>(&x.column(0) * &x.column(1));
    let dependence = partial_dependence(&x, 0, &[-1.0, 1.0, 4.0], product).unwrap();
    assert!(dependence.average().iter().all(|mean| mean.abs() < 1e-12));
    assert_eq!(dependence.individual.row(0), array![2.0, -2.0, -8.0]);
}
