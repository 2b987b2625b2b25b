"""Reference values for tests/pipeline_sklearn.rs: scikit-learn's ColumnTransformer on a mixed table with gaps.

    python pipeline.py

writes pipeline.csv, the table, of which the first 60 rows are the training rows, and pipeline.json. Made with
scikit-learn 1.9.1, NumPy 2.4.6. The table is invented.
"""

import json
import warnings

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

# more quantiles than rows: one for each row
warnings.filterwarnings("ignore", message="n_quantiles")

TRAIN = 60
rng = np.random.default_rng(1)
rows = 80
age = rng.integers(18, 70, rows).astype(float)
income = np.round(np.exp(rng.normal(10, 1, rows)), 2)
rooms = rng.integers(1, 6, rows).astype(float)
weight = np.where(rng.random(rows) < 0.3, 70.0, np.round(rng.normal(75, 12, rows), 3))
same = np.full(rows, 4.25)
city = rng.choice(["Oslo", "Rome", "Bonn", "Åre", "Zürich"], rows, p=[0.4, 0.3, 0.1, 0.1, 0.1]).astype(object)
size = rng.choice(["S", "M", "L", "XL"], rows).astype(object)
# in the test rows alone
city[65], city[70] = "Lima", "Lima"
for values, share in [(age, 0.2), (income, 0.1), (weight, 0.15), (city, 0.1)]:
    for i in np.flatnonzero(rng.random(rows) < share):
        values[i] = np.nan if values.dtype == float else None
# a gap in the test rows alone
rooms[77] = np.nan

names = ["age", "income", "rooms", "weight", "same", "city", "size"]
columns = [age, income, rooms, weight, same, city, size]


def text(value):
    return "" if value is None or value != value else str(value)


with open("pipeline.csv", "w") as file:
    file.write(",".join(names) + "\n")
    for row in zip(*columns):
        file.write(",".join(text(value) for value in row) + "\n")

table = np.empty((rows, len(names)), dtype=object)
for i, values in enumerate(columns):
    table[:, i] = values
train, test = table[:TRAIN], table[TRAIN:]


def numbers(impute, scale, indicator=False):
    """The transformers of each column of numbers."""
    parts = []
    for i, name in enumerate(names[:5]):
        parts.append((name, make_pipeline(impute(), scale()), [i]))
        if indicator and np.isnan(columns[i][:TRAIN]).any():
            parts.append((f"gaps in {name}", MissingIndicator(features="all"), [i]))
    return parts


def categories(impute, encode):
    return [(names[i], make_pipeline(impute(), encode()), [i]) for i in (5, 6)]


def imputer(strategy, **settings):
    return lambda: SimpleImputer(strategy=strategy, **settings)


# None marks a missing category
most_frequent = imputer("most_frequent", missing_values=None)
unknown = imputer("constant", missing_values=None, fill_value="unknown")
one_hot = lambda: OneHotEncoder(handle_unknown="ignore", sparse_output=False)
ordinal = lambda: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
quantile = lambda n, output: (
    lambda: QuantileTransformer(n_quantiles=n, output_distribution=output, subsample=None)
)

cases = {
    "default": numbers(imputer("median"), StandardScaler) + categories(most_frequent, one_hot),
    "mean, min-max, indicator, unknown": numbers(imputer("mean"), lambda: MinMaxScaler((-1, 2)), True)
    + categories(unknown, one_hot),
    "constant, robust, ordinal": numbers(imputer("constant", fill_value=7.5), RobustScaler)
    + categories(most_frequent, ordinal),
    "most frequent, robust in 10 to 80 %": numbers(
        imputer("most_frequent"), lambda: RobustScaler(quantile_range=(10, 80))
    )
    + categories(most_frequent, one_hot),
    "normal quantiles": numbers(imputer("median"), quantile(1000, "normal"))
    + categories(most_frequent, one_hot),
    "17 normal quantiles": numbers(imputer("mean"), quantile(17, "normal"))
    + categories(most_frequent, one_hot),
    "10 uniform quantiles": numbers(imputer("median"), quantile(10, "uniform"))
    + categories(most_frequent, one_hot),
}

found = {}
for name, parts in cases.items():
    transformer = ColumnTransformer(parts).fit(train)
    z = transformer.transform(test)
    found[name] = {"test": z.astype(float).tolist(), "train": transformer.transform(train).astype(float).tolist()}
    # the numbers back, in the order of the table
    back = []
    for column in names[:5]:
        part = transformer.output_indices_[column]
        back.append(transformer.named_transformers_[column][-1].inverse_transform(z[:, part].astype(float))[:, 0].tolist())
    found[name]["inverse"] = back

transformer = make_pipeline(ColumnTransformer(cases["default"]), PCA(4, svd_solver="full")).fit(train)
found["4 principal components"] = {
    "test": transformer.transform(test).tolist(),
    "train": transformer.transform(train).tolist(),
}

transformer = ColumnTransformer(categories(unknown, one_hot)).fit(train)
encoder = transformer.named_transformers_["city"][-1]
found["names"] = encoder.get_feature_names_out(["city"]).tolist()

with open("pipeline.json", "w") as file:
    json.dump(found, file)
    file.write("\n")
