//! The binary `iris_pipeline`, and the exercises of the chapter on Iris.

mod common;
mod printed;

use common::{Directory, assert_refused, run};
use dl_data::{Pca, StandardScaler};
use dl_math::random::generator;
use dl_nn::metrics::Estimate;
use examples::iris::network;
use examples::leakage::{LearntFrom, correlations, noise, prepare, select};
use ndarray::{Array1, Array2, array};
use printed::numbers;

const BINARY: &str = env!("CARGO_BIN_EXE_iris_pipeline");

#[test]
fn only_the_step_that_sees_labels_misleads() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &["--splits", "16"]);
    assert!(ended.success, "{}", ended.stderr);
    let numbers = |label: &str| numbers(&ended.stdout, label);
    for case in [
        "2 components, all rows",
        "2 components, training rows",
        "4 features, all rows",
        "4 features, training rows",
        "4 features, rate 0.01",
        "12 flowers, all rows",
        "12 flowers, training rows",
    ] {
        let [mean, lower, upper] = numbers(case)[..] else {
            panic!("three numbers: {}", ended.stdout);
        };
        assert!(
            lower <= mean && mean <= upper && mean > 0.75,
            "{case} {mean}"
        );
    }
    assert!(numbers("4 features, training rows")[0] > 0.9);
    assert!(numbers("4 features: all − training rows")[0].abs() < 0.02);

    assert!(numbers("columns chosen on all rows")[1] > 0.75);
    for honest in [
        "columns chosen on training rows",
        "only the scaler sees all rows",
    ] {
        let [_, lower, upper] = numbers(honest)[..] else {
            panic!("three numbers: {}", ended.stdout);
        };
        assert!(lower < 0.55 && upper > 0.45, "{honest}: {lower} {upper}");
    }
    assert_eq!(out.files(), ["iris_pipeline.png", "iris_pipeline.svg"]);
}

#[test]
fn refuses_bad_options() {
    assert_refused(BINARY, &["--splits", "1"], "1 is not in 2..=100000");
}

#[test]
fn training_rows_alone_have_mean_0_and_deviation_1() {
    let data = noise(30, 3, &mut generator(3)).unwrap();
    let (train, test) = data.split(0.4, &mut generator(4)).unwrap();
    let moments = |x: &Array2<f64>| {
        let scaler = StandardScaler::fit(x).unwrap();
        let off = |x: &Array1<f64>, to: f64| x.iter().any(|v| (v - to).abs() > 1e-9);
        off(scaler.mean(), 0.0) || off(scaler.scale(), 1.0)
    };
    let (prepared, other) = prepare(&train, &test, None, LearntFrom::TrainingRows).unwrap();
    assert!(!moments(prepared.features()) && moments(other.features()));
    let (prepared, _) = prepare(&train, &test, None, LearntFrom::AllRows).unwrap();
    assert!(moments(prepared.features()));
    assert_eq!(prepared.labels(), train.labels());
}

#[test]
fn noise_is_balanced_and_selection_takes_the_strongest() {
    let data = noise(40, 50, &mut generator(1)).unwrap();
    assert_eq!(data.class_counts(), [20, 20]);
    let (train, test) = data.split(0.25, &mut generator(2)).unwrap();
    let columns = select(&train, &test, 5, LearntFrom::TrainingRows).unwrap();
    let r = correlations(train.features(), train.labels())
        .unwrap()
        .mapv(f64::abs);
    let weakest = columns.iter().map(|&c| r[c]).fold(f64::INFINITY, f64::min);
    let stronger = r.iter().filter(|&&r| r >= weakest).count();
    assert_eq!((columns.len(), stronger), (5, 5));
    assert_ne!(
        columns,
        select(&train, &test, 5, LearntFrom::AllRows).unwrap()
    );
}

/// The four-point correlation by hand: z = (−1, 1, −1, 1)·…, against a column that is the class.
#[test]
fn correlations_by_hand() {
    let labels = array![0, 0, 1, 1];
    let features = array![[0.0, 1.0], [0.0, -1.0], [2.0, 1.0], [2.0, 3.0]];
    let r = correlations(&features, &labels).unwrap();
    // the second column: mean 1, deviations 0, −2, 0, 2; r = (2 + 2) / (4·√2)
    assert!((r[0] - 1.0).abs() < 1e-12);
    assert!((r[1] - 1.0 / 2f64.sqrt()).abs() < 1e-12);
}

#[test]
fn pipeline_exercise_1_parameters() {
    for (inputs, parameters) in [(2, 173), (4, 193), (30, 453)] {
        let model = network::<f64>(inputs, 3, 0).unwrap();
        assert_eq!(model.parameter_count(), parameters);
        assert_eq!(10 * inputs + 10 + 110 + 33, parameters);
    }
}

#[test]
fn pipeline_exercise_2_standardising_by_hand() {
    let test = array![[5.0_f64]];
    for (rows, mean, scale, expected) in [
        (array![[1.0_f64], [2.0], [3.0], [6.0]], 3.0, 1.871, 1.069),
        (array![[1.0], [2.0], [3.0], [6.0], [5.0]], 3.4, 1.855, 0.863),
    ] {
        let scaler = StandardScaler::fit(&rows).unwrap();
        assert!((scaler.mean()[0] - mean).abs() < 1e-12);
        assert!((scaler.scale()[0] - scale).abs() < 5e-4);
        assert!((scaler.transform(&test).unwrap()[[0, 0]] - expected).abs() < 5e-4);
    }
}

#[test]
fn pipeline_exercise_3_two_columns_of_correlation_08() {
    let mut rows = vec![[1.0_f64, 1.0]; 9];
    rows.extend([[-1.0, -1.0]; 9]);
    rows.extend([[1.0, -1.0], [-1.0, 1.0]]);
    let rows = Array2::from(rows);
    let standardised = StandardScaler::fit(&rows)
        .unwrap()
        .transform(&rows)
        .unwrap();
    let correlation = standardised.column(0).dot(&standardised.column(1)) / 20.0;
    assert!((correlation - 0.8).abs() < 1e-12);
    let pca = Pca::fit(&standardised, 2).unwrap();
    let share = pca.explained_variance_ratio();
    assert!((share[0] - 0.9).abs() < 1e-12 && (share[1] - 0.1).abs() < 1e-12);
    let first = pca.components().row(0);
    assert!(first.iter().all(|v| (v - 0.5f64.sqrt()).abs() < 1e-12));
}

/// √(2·ln 2p / n) for p columns and n rows bounds the mean of the largest correlation.
#[test]
fn leakage_exercise_1_the_largest_correlation() {
    let bound = |rows: f64, columns: f64| (2.0 * (2.0 * columns).ln() / rows).sqrt();
    assert!((bound(60.0, 1000.0) - 0.503).abs() < 5e-4);
    assert!((bound(600.0, 1000.0) - 0.159).abs() < 5e-4);
    assert!((bound(60.0, 100_000.0) - 0.638).abs() < 5e-4);
    let mean = |rows, columns| {
        let largest = (0..20).map(|seed| {
            let data = noise(rows, columns, &mut generator(seed)).unwrap();
            let r = correlations(data.features(), data.labels()).unwrap();
            r.iter().fold(0.0, |m: f64, r| m.max(r.abs()))
        });
        largest.sum::<f64>() / 20.0
    };
    for rows in [60, 600] {
        let (measured, bound) = (mean(rows, 1000), bound(rows as f64, 1000.0));
        assert!(
            0.8 * bound < measured && measured < bound,
            "{measured} {bound}"
        );
    }
}

/// The mean of the best of m fair guessers on n rows: Σₖ (1 − P(count < k)ᵐ).
#[test]
fn leakage_exercise_2_the_best_of_twenty() {
    let best = |guessers: i32, rows: i32| {
        let (mut term, mut below, mut mean) = (0.5f64.powi(rows), 0.0, 0.0);
        for k in 1..=rows {
            below += term;
            term *= f64::from(rows - k + 1) / f64::from(k);
            mean += 1.0 - below.powi(guessers);
        }
        mean / f64::from(rows)
    };
    assert!((best(1, 20) - 0.5).abs() < 1e-12);
    assert!((best(20, 20) - 0.706).abs() < 5e-4, "{}", best(20, 20));
    assert!((best(20, 1000) - 0.530).abs() < 5e-4, "{}", best(20, 1000));
}

/// Nadeau and Bengio's variance (1/J + test/train)·s², beside s²/J.
#[test]
fn leakage_exercise_3_the_wider_interval() {
    let factor = |splits: f64, test: f64, train: f64| (1.0 + splits * test / train).sqrt();
    assert!((factor(100.0, 30.0, 120.0) - 26f64.sqrt()).abs() < 1e-12);
    assert!((26f64.sqrt() - 5.10).abs() < 5e-3);
    // the half-width stops falling with more splits: it tends to t·s·√(test/train)
    let half = |splits: usize| {
        let values: Array1<f64> = (0..splits).map(|i| (i % 2) as f64).collect();
        let mean = Estimate::mean(&values);
        let interval = mean.interval(0.95).unwrap();
        (interval.upper - mean.value) * factor(splits as f64, 30.0, 120.0)
    };
    assert!(
        (half(10_000) - 1.96 * 0.5 * 0.5).abs() < 1e-3,
        "{}",
        half(10_000)
    );
}
