//! The values of scikit-learn: tests/reference/selection.py.

use dl_select::folds::{Split, TimeSeriesSplit, group_k_fold, k_fold, stratified_k_fold};
use dl_select::ndarray::{Array1, Array2};
use dl_select::{
    Direction, Search, Space, SuccessiveHalving, grid, partial_dependence,
    permutation_importance_by, train_sizes,
};
use serde_json::Value;

fn reference(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/selection.json")).unwrap();
    all[name].clone()
}

fn cases(name: &str) -> Vec<Value> {
    reference(name).as_array().unwrap().clone()
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

#[track_caller]
fn require_splits(found: &[Split], case: &Value) {
    let expected = case["splits"].as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.train, read::<Vec<usize>>(&expected["train"]));
        assert_eq!(found.test, read::<Vec<usize>>(&expected["test"]));
    }
}

#[test]
fn folds() {
    for case in cases("k_fold") {
        let found = k_fold(read(&case["rows"]), read(&case["folds"])).unwrap();
        require_splits(&found, &case);
    }
    for case in cases("stratified") {
        let labels: Vec<usize> = read(&case["labels"]);
        let found = stratified_k_fold(&labels, read(&case["folds"])).unwrap();
        require_splits(&found, &case);
    }
    for case in cases("grouped") {
        let groups: Vec<u32> = read(&case["groups"]);
        let found = group_k_fold(&groups, read(&case["folds"])).unwrap();
        require_splits(&found, &case);
    }
    for case in cases("by_time") {
        let settings = &case["settings"];
        let setting = |name: &str| settings.get(name).map(read);
        let split = TimeSeriesSplit {
            folds: setting("n_splits").unwrap(),
            gap: setting("gap").unwrap_or(0),
            test_size: setting("test_size"),
            max_train_size: setting("max_train_size"),
        };
        require_splits(&split.split(read(&case["rows"])).unwrap(), &case);
    }
}

#[test]
fn points_of_a_grid() {
    let expected = reference("grid");
    let space = &expected["space"];
    let mut search = Space::new();
    for (name, values) in space.as_object().unwrap() {
        search = search.choice(name, values.as_array().unwrap().clone());
    }
    let result = Search::grid(search, Direction::Maximize)
        .run_in_memory(|_| Ok::<f64, String>(0.0))
        .unwrap();
    let found: Vec<Value> = result
        .trials
        .iter()
        .map(|record| serde_json::to_value(&record.trial.params).unwrap())
        .collect();
    assert_eq!(Value::from(found), expected["points"]);
}

#[test]
fn rungs_of_successive_halving() {
    for case in cases("halving") {
        let settings = &case["settings"];
        let number = |name: &str| settings.get(name).and_then(Value::as_u64);
        let mut halving = SuccessiveHalving::new(
            number("min_resources").unwrap_or(1),
            number("max_resources").unwrap(),
        );
        halving.candidates = number("n_candidates");
        halving.factor = number("factor").unwrap_or(3);
        halving.exhaust = settings.get("min_resources") == Some(&"exhaust".into());
        halving.aggressive_elimination = settings.get("aggressive_elimination").is_some();
        let expected: Vec<(usize, u64)> = read(&case["rungs"]);
        assert_eq!(halving.rungs().unwrap(), expected, "{settings}");
    }
}

#[test]
fn sizes_of_a_learning_curve() {
    for case in cases("sizes") {
        let shares: Vec<f64> = read(&case["shares"]);
        let found = train_sizes::<String>(&shares, read(&case["rows"])).unwrap();
        assert_eq!(found, read::<Vec<usize>>(&case["sizes"]));
    }
}

/// A fitted linear model, and a function of it that is not additive.
struct Model {
    x: Array2<f64>,
    y: Array1<f64>,
    coefficients: Array1<f64>,
    intercept: f64,
}

impl Model {
    fn new(values: &Value) -> Self {
        let rows: Vec<Vec<f64>> = read(&values["x"]);
        let shape = (rows.len(), rows[0].len());
        Self {
            x: Array2::from_shape_vec(shape, rows.concat()).unwrap(),
            y: read::<Vec<f64>>(&values["y"]).into(),
            coefficients: read::<Vec<f64>>(&values["coefficients"]).into(),
            intercept: read(&values["intercept"]),
        }
    }

    fn r2(&self, x: &Array2<f64>) -> f64 {
        let residuals = &self.y - &(x.dot(&self.coefficients) + self.intercept);
        let deviations = &self.y - self.y.mean().unwrap();
        1.0 - residuals.dot(&residuals) / deviations.dot(&deviations)
    }

    fn quadratic(&self, x: &Array2<f64>) -> Array1<f64> {
        x.dot(&self.coefficients)
            + &x.column(0) * &x.column(1)
            + x.column(3).mapv(|value| value * value)
    }
}

#[track_caller]
fn require_close<'a>(found: impl IntoIterator<Item = &'a f64>, expected: &[f64]) {
    let found: Vec<f64> = found.into_iter().copied().collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-12, "{found} {expected}");
    }
}

#[test]
fn permutation_importances() {
    let values = reference("inspection");
    let model = Model::new(&values);
    let permutations: Vec<Vec<usize>> = read(&values["permutations"]);
    let score = |x: &Array2<f64>| Ok::<_, String>(model.r2(x));
    let found = permutation_importance_by(&model.x, &permutations, score).unwrap();
    let expected: Vec<Vec<f64>> = read(&values["importances"]);
    require_close(&found.drops, &expected.concat());
    require_close(&found.mean(), &read::<Vec<f64>>(&values["mean"]));
    require_close(&found.std(), &read::<Vec<f64>>(&values["std"]));
}

#[test]
fn partial_dependences() {
    let values = reference("inspection");
    let model = Model::new(&values);
    let predict = |x: &Array2<f64>| Ok::<_, String>(model.quadratic(x));
    for case in values["dependence"].as_array().unwrap() {
        let column: usize = read(&case["column"]);
        let (shares, points) = (read(&case["shares"]), read(&case["points"]));
        let points = grid(&model.x.column(column), shares, points).unwrap();
        require_close(&points, &read::<Vec<f64>>(&case["grid"]));
        let found = partial_dependence(&model.x, column, &points, predict).unwrap();
        require_close(&found.grid, &points);
        require_close(&found.average(), &read::<Vec<f64>>(&case["average"]));
        let individual: Vec<Vec<f64>> = read(&case["individual"]);
        require_close(&found.individual, &individual.concat());
    }
}
