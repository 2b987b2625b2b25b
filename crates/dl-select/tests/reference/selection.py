"""Writes selection.json: folds, searches and inspections by scikit-learn.

    python selection.py

Made with scikit-learn 1.9.1, NumPy 2.4.6.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import (
    GroupKFold,
    HalvingRandomSearchCV,
    KFold,
    ParameterGrid,
    StratifiedKFold,
    TimeSeriesSplit,
    learning_curve,
)

rng = np.random.default_rng(0)


def indices(folds):
    return [{"train": train.tolist(), "test": test.tolist()} for train, test in folds]


def k_fold():
    cases = []
    for rows, folds in [(10, 2), (10, 3), (11, 4), (7, 7)]:
        split = KFold(folds).split(np.zeros(rows))
        cases.append({"rows": rows, "folds": folds, "splits": indices(split)})
    return cases


def stratified():
    cases = []
    for classes, rows, folds in [(2, 20, 3), (3, 40, 5), (4, 60, 4), (3, 33, 2)]:
        labels = rng.permutation(np.arange(rows) % classes)
        split = StratifiedKFold(folds).split(np.zeros(rows), labels)
        cases.append({"labels": labels.tolist(), "folds": folds, "splits": indices(split)})
    # classes of very different sizes, the first row not of the first class
    labels = np.array([2] * 4 + [0] * 19 + [1] * 7)
    split = StratifiedKFold(4).split(np.zeros(30), labels)
    cases.append({"labels": labels.tolist(), "folds": 4, "splits": indices(split)})
    return cases


def grouped():
    cases = []
    for groups, rows, folds in [(4, 12, 2), (9, 40, 3), (15, 60, 5), (5, 50, 5)]:
        of_row = np.concatenate([np.arange(groups), rng.integers(0, groups, rows - groups)])
        split = GroupKFold(folds).split(np.zeros(rows), groups=of_row)
        cases.append({"groups": of_row.tolist(), "folds": folds, "splits": indices(split)})
    return cases


def by_time():
    cases = []
    settings = [
        (12, {"n_splits": 3}),
        (10, {"n_splits": 4}),
        (15, {"n_splits": 3, "test_size": 2}),
        (15, {"n_splits": 3, "test_size": 2, "gap": 3}),
        (20, {"n_splits": 4, "max_train_size": 5}),
        (23, {"n_splits": 5, "max_train_size": 6, "gap": 1, "test_size": 3}),
    ]
    for rows, chosen in settings:
        split = TimeSeriesSplit(**chosen).split(np.zeros(rows))
        cases.append({"rows": rows, "settings": chosen, "splits": indices(split)})
    return cases


def grid():
    space = {"width": [16, 32], "activation": ["relu", "tanh", "gelu"], "depth": [1, 2, 3]}
    return {"space": space, "points": list(ParameterGrid(space))}


class Budgeted(BaseEstimator):
    """Scores its own setting `a`, so that the best are known."""

    def __init__(self, a=0, budget=1):
        self.a, self.budget = a, budget

    def fit(self, x, y=None):
        return self

    def score(self, x, y=None):
        return self.a


def halving():
    cases = []
    settings = [
        {"max_resources": 27},
        {"max_resources": 100},
        {"max_resources": 100, "factor": 2, "min_resources": 5},
        {"max_resources": 40, "n_candidates": 30, "min_resources": 4},
        {"max_resources": 40, "n_candidates": 30, "min_resources": "exhaust", "factor": 2},
        {"max_resources": 1000, "n_candidates": 20, "min_resources": "exhaust"},
        {"max_resources": 20, "n_candidates": 50, "min_resources": 5, "aggressive_elimination": True},
        {"max_resources": 9, "n_candidates": 2, "min_resources": 1, "aggressive_elimination": True},
        {"max_resources": 10, "n_candidates": 1, "min_resources": 10},
    ]
    x = np.zeros((10, 1))
    for chosen in settings:
        search = HalvingRandomSearchCV(
            Budgeted(),
            {"a": list(range(2000))},
            resource="budget",
            cv=2,
            refit=False,
            random_state=0,
            **chosen,
        ).fit(x)
        rungs = list(zip(map(int, search.n_candidates_), map(int, search.n_resources_)))
        cases.append({"settings": chosen, "rungs": rungs})
    return cases


def sizes():
    cases = []
    for shares, rows in [([0.1, 0.325, 0.55, 0.775, 1.0], 100), ([0.01, 0.02, 0.5, 0.99], 30)]:
        x = np.zeros((rows, 1))
        folds = [(np.arange(rows - 5), np.arange(rows - 5, rows))]
        found, *_ = learning_curve(Budgeted(), x, None, train_sizes=np.array(shares), cv=folds)
        cases.append({"shares": shares, "rows": rows - 5, "sizes": found.tolist()})
    return cases


def inspection():
    x = rng.normal(size=(25, 4))
    # a column with few values, and one with ties
    x[:, 2] = rng.integers(0, 3, 25)
    x[:, 3] = np.round(x[:, 3], 1)
    y = 2 * x[:, 0] - x[:, 1] + 0.5 * x[:, 2] + rng.normal(size=25)
    model = LinearRegression().fit(x, y)
    result = permutation_importance(model, x, y, n_repeats=4, random_state=3)
    # scikit-learn shuffles the rows again for each repetition, with the same generator for each column
    orders, order, effective = [], np.arange(25), np.arange(25)
    seed = np.random.RandomState(3).randint(np.iinfo(np.int32).max + 1)
    shuffling = np.random.RandomState(seed)
    for _ in range(4):
        shuffling.shuffle(order)
        effective = effective[order]
        orders.append(effective.tolist())
    first = np.array([x[orders[0], 0]]).T
    check = np.concatenate([first, x[:, 1:]], axis=1)
    drop = r2_score(y, model.predict(x)) - r2_score(y, model.predict(check))
    assert abs(drop - result.importances[0, 0]) < 1e-12, "these are not its permutations"

    class Quadratic(BaseEstimator):
        """Not additive, so that rows differ in more than a constant."""

        _estimator_type = "regressor"

        def fit(self, x, y):
            self.fitted_ = True
            return self

        def predict(self, x):
            return x @ model.coef_ + x[:, 0] * x[:, 1] + x[:, 3] ** 2

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.estimator_type = "regressor"
            return tags

    dependence = []
    for column, points, shares in [(0, 10, (0.05, 0.95)), (1, 25, (0.1, 0.8)), (2, 10, (0.05, 0.95)), (3, 7, (0.0, 1.0))]:
        found = partial_dependence(
            Quadratic().fit(x, y),
            x,
            [column],
            percentiles=shares,
            grid_resolution=points,
            method="brute",
            kind="both",
        )
        dependence.append(
            {
                "column": column,
                "points": points,
                "shares": shares,
                "grid": found["grid_values"][0].tolist(),
                "average": found["average"][0].tolist(),
                "individual": found["individual"][0].tolist(),
            }
        )
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "coefficients": model.coef_.tolist(),
        "intercept": model.intercept_,
        "permutations": orders,
        "importances": result.importances.tolist(),
        "mean": result.importances_mean.tolist(),
        "std": result.importances_std.tolist(),
        "dependence": dependence,
    }


values = {
    "scikit-learn": sklearn.__version__,
    "k_fold": k_fold(),
    "stratified": stratified(),
    "grouped": grouped(),
    "by_time": by_time(),
    "grid": grid(),
    "halving": halving(),
    "sizes": sizes(),
    "inspection": inspection(),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(values) + "\n")
