"""The tables of sklearn_mlp.py, each with five folds: four of scikit-learn's data sets and a generated one with gaps and
text. Both sides train on the same rows, which the Rust side reads from the files written here."""
import csv
import functools
import json
import os

import numpy
from sklearn import datasets
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDS = 5


def mixed():
    """1000 rows of six numbers, one in twelve of them missing, and two words; the class depends on numbers, on words
    and on both together, with noise."""
    random, rows = numpy.random.default_rng(7), 1000
    numbers = random.normal(size=(rows, 6))
    colours, sizes = ["black", "blue", "green", "red"], ["large", "medium", "small", "tiny", "vast"]
    colour, size = random.integers(len(colours), size=rows), random.integers(len(sizes), size=rows)
    logit = 1.5 * numbers[:, 0] - numbers[:, 1] * numbers[:, 2] + numpy.array([-1, 0, 0.5, 1])[colour]
    logit += numpy.array([1, 0.5, -0.5, -1, 0])[size] * numbers[:, 3]
    classes = (random.random(rows) < 1 / (1 + numpy.exp(-2 * logit))).astype(int)
    numbers = numbers * [1, 50, 0.02, 7, 1000, 3] + [0, 200, 1, -4, 5000, 10]
    numbers[random.random(numbers.shape) < 1 / 12] = numpy.nan
    table = numpy.empty((rows, 8), object)
    table[:, :6], table[:, 6], table[:, 7] = numbers, numpy.array(colours)[colour], numpy.array(sizes)[size]
    return table, classes


def mixed_transformer():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", numbers, slice(0, 6)), ("words", words, [6, 7])])


def bundled(load):
    return lambda: load(return_X_y=True)


# name: rows and targets, whether those are values, what is fitted on each fold's training rows
TABLES = {
    "breast_cancer": (bundled(datasets.load_breast_cancer), False, StandardScaler),
    "wine": (bundled(datasets.load_wine), False, StandardScaler),
    "diabetes": (bundled(datasets.load_diabetes), True, StandardScaler),
    "digits": (bundled(datasets.load_digits), False, StandardScaler),
    "mixed": (mixed, False, mixed_transformer),
}


@functools.cache
def folds(name):
    """The rows that each fold trains and tests on."""
    load, values, _ = TABLES[name]
    splits = (KFold if values else StratifiedKFold)(FOLDS, shuffle=True, random_state=0)
    return list(splits.split(*load()))


@functools.cache
def prepared(name, dtype):
    """What each fold trains and is tested on: x and y, x and y."""
    load, values, transformer = TABLES[name]
    x, y = load()
    parts = []
    for train, test in folds(name):
        fitted = transformer().fit(x[train])
        target = (y - y[train].mean()) / y[train].std() if values else y
        fold = []
        for rows in (train, test):
            fold.append(fitted.transform(x[rows]).astype(dtype))
            fold.append(target[rows].astype(dtype) if values else target[rows])
        parts.append(fold)
    return parts


def write(name, folder):
    """The table as it is or, with text, as numbers, one file for each fold; and folds.json, which names the files."""
    load, values, transformer = TABLES[name]
    x, y = load()
    raw, described = transformer is StandardScaler, []
    if raw:
        write_csv(folder, "table.csv", x, y)
    for number, (train, test) in enumerate(folds(name)):
        file = "table.csv" if raw else f"fold{number}.csv"
        if not raw:
            write_csv(folder, file, transformer().fit(x[train]).transform(x), y)
        rows = {"train": train.tolist(), "test": test.tolist()}
        described.append({"file": file, "standardize": raw} | rows)
    with open(os.path.join(folder, "folds.json"), "w") as file:
        json.dump({"values": values, "folds": described}, file)


def write_csv(folder, name, x, y):
    with open(os.path.join(folder, name), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"x{column}" for column in range(x.shape[1])] + ["target"])
        writer.writerows([*row, target] for row, target in zip(x.tolist(), y.tolist()))
